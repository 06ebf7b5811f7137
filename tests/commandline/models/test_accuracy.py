# SPDX-License-Identifier: Apache-2.0
import json
from importlib import import_module

import pytest
from helpers.repository import DOCS
from surmax.golden import HccsConstants, HccsHead, load_constants
from surmax.train.experiments.language import arms
from surmax.train.experiments.language.settings import WIDE
from surmax.train.experiments.records import PARTS, Store

from surmax.pages.accuracy import draw_parts, page


@pytest.fixture
def kept(tmp_path):
    """Keep made-up figures of three arms, two seeds each, where the command looks for them."""
    store = Store(tmp_path / "build" / "accuracy", "surmax.train.experiments.language")
    for at, arm in enumerate(arms()[1:4]):
        for seed in (1, 2):
            metrics = {"perplexity": 17.0 + at + seed, "row_sum_mean": 1.0}
            store.keep(arm, seed, metrics, {"constants": [[0, 0]]}, 5)


def test_kept_results_make_the_page(surmax, tmp_path, kept):
    (tmp_path / "docs").mkdir()
    done = surmax("accuracy", "language", "--seeds", 2, "--kept-only", "-o", "docs/accuracy.md")
    assert "| HCCS per head | exact | 20.50 ± 0.5 |" in done.stdout
    text = (tmp_path / "docs" / "accuracy.md").read_text()
    assert "stands in for those of the papers" in text
    assert "| softmax of int8 scores |  | 19.50 ± 0.5 |" in text
    drawing = (tmp_path / "docs" / "figures" / "accuracy-language.svg").read_text()
    assert drawing == (tmp_path / "build" / "accuracy" / "accuracy-language.svg").read_text()
    document = json.loads((tmp_path / "build" / "accuracy" / "accuracy.json").read_text())
    assert json.loads((tmp_path / "docs" / "accuracy.json").read_text()) == document
    assert document["format"] == "surmax-accuracy"
    assert len(document["records"]) == 6
    again = surmax("accuracy", "language", "--seeds", 2, "--kept-only", "--json")
    assert json.loads(again.stdout) == document


def test_only_what_is_missing_is_measured(surmax, tmp_path, kept, monkeypatch):
    asked = []

    def measure(arms, seed, keep, say, device, weights):
        asked.append(([arm.name for arm in arms], seed, device))
        keep(arms[0], {"perplexity": 30.0}, {"constants": [[0, 2, 0.5, 1000, 20, 40]]}, 1)
        raise KeyboardInterrupt

    monkeypatch.setattr("surmax.train.experiments.language.measure", measure)
    options = ("accuracy", "language", "--arms", "softmax, hccs-layer,hccs-global")
    done = surmax(*options, check=False)
    assert done.returncode == 130
    assert "2 of 3 arms to measure" in done.stderr
    written = load_constants(tmp_path / "build" / "accuracy" / "constants-hccs-layer-1.json")
    assert written.heads == (HccsHead(0, 2, 0.5, HccsConstants(1000, 20, 40)),)
    assert (written.config, written.length) == (WIDE, 256)
    surmax(*options, check=False)
    assert asked == [(["hccs-layer", "hccs-global"], 1, "cpu"), (["hccs-global"], 1, "cpu")]


def test_arms_are_listed(surmax):
    done = surmax("accuracy", "language", "--arms", "list", "--long")
    assert "hccs-learned-more" in done.stdout
    assert "hccs-learned-more" not in surmax("accuracy", "language", "--arms", "list").stdout


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("poetry",), "'poetry' is not one of 'language', 'sentiment', 'scratch', 'all'"),
        (("language", "--seeds", "0"), "'--seeds': 0 is not in the range 1<=x<=100"),
        (("language", "--arms", "relu"), "arm must be one of hccs-clb"),
        (("language", "--tokens", "10"), "tokens must be 256 to 40000"),
        (("language", "--device", "tpu"), "'--device': 'tpu' is not one of 'cpu', 'cuda'"),
        (("language", "-o", "nowhere/a.md"), "folder nowhere is not there"),
    ],
)
def test_refusals(surmax, tmp_path, arguments, line):
    done = surmax("accuracy", *arguments, check=False)
    assert done.returncode == 2
    assert line in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_the_page_is_made_of_its_figures():
    """docs/accuracy.md and its drawings are what docs/accuracy.json gives."""
    document = json.loads((DOCS / "accuracy.json").read_text())
    parts = {one["part"] for one in document["records"]}
    modules = {
        part: import_module(f"surmax.train.experiments.{part}") for part in PARTS if part in parts
    }
    assert (DOCS / "accuracy.md").read_text() == page(document, modules)
    for name, text in draw_parts(document, modules).items():
        assert (DOCS / "figures" / f"{name}.svg").read_text() == text
