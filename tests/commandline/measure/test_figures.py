# SPDX-License-Identifier: Apache-2.0
import re
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from helpers.repository import DOCS
from surmax.golden import InputError

from surmax.commands.measure.figures import figures

FIGURES = DOCS / "figures"
NAMES = {"flow.svg", "consmax.svg", "hccs.svg", "hccs-row-sum.svg", "hccs-error.svg"}


def draw(folder):
    done = CliRunner().invoke(figures, ["-o", str(folder)], catch_exceptions=False)
    assert done.exit_code == 0
    assert sorted(done.stdout.splitlines()) == sorted(map(str, folder.iterdir()))
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    pytest.importorskip("matplotlib")
    return draw(tmp_path_factory.mktemp("figures") / "new")


def test_every_figure_is_small_and_says_no_date(drawn):
    assert set(drawn) == NAMES
    for text in drawn.values():
        assert len(text) < 150_000
        assert "dc:date" not in text


def test_drawing_again_gives_the_same_bytes(drawn, tmp_path):
    assert draw(tmp_path) == drawn


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_figures_in_docs_are_what_the_command_draws(drawn, name):
    def curves(text):
        paths = re.findall(r' d="([^"]*)"', text)
        return np.array([float(v) for path in paths for v in re.findall(r"-?\d+\.?\d*", path)])

    def labels(text):
        return re.findall(r"<text[^>]*>([^<]*)</text>", text)

    kept = (FIGURES / name).read_text()
    assert labels(kept) == labels(drawn[name])
    np.testing.assert_allclose(curves(kept), curves(drawn[name]), atol=0.01)


def test_what_is_drawn_is_named(drawn):
    for name, parts in {
        "flow.svg": ("golden", "integer NumPy: the law", "aie check", "report, sweep"),
        "consmax.svg": ("scale 0.02", "scale 0.1", "score q, codes", "output, full scale = 1"),
        "hccs.svg": ("softmax", "HCCS, s/Z", "scale 0.08: B 508", "codes", "probability"),
        "hccs-row-sum.svg": ("div, nearest", "clb2", "div16", "row length n, positions", "1024"),
        "hccs-error.svg": ("clb1", "div16, 15 bits, nearest", "largest error, full scale = 1"),
    }.items():
        for part in parts:
            assert part in drawn[name], part


def test_without_matplotlib_it_is_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"matplotlib is not installed: .*surmax\[report\]"):
        CliRunner().invoke(figures, ["-o", str(tmp_path / "new")], catch_exceptions=False)
    assert not list(tmp_path.iterdir())


def test_a_file_in_place_of_the_folder(tmp_path):
    pytest.importorskip("matplotlib")
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(figures, ["-o", str(tmp_path / "file")])
    assert done.exit_code == 2
    assert "is a file" in done.output
