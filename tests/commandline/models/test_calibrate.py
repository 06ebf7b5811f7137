# SPDX-License-Identifier: Apache-2.0
import json

import numpy as np
import pytest
from surmax.calibrate import plan as calibration
from surmax.calibrate.score_file import save_scores
from surmax.golden import HCCS_PRESETS, HccsConfig, load_constants
from surmax.golden.recorded.rows import recorded_heads


def write_scores(path, heads):
    """Write recorded rows of both lengths."""
    rows = {n: np.stack([one.rows(n, "calibration").scores for one in heads]) for n in (64, 256)}
    save_scores(
        path,
        rows,
        scale=[one.scale for one in heads],
        places=[(one.layer, one.head) for one in heads],
        about={"model": heads[0].model},
    )


@pytest.fixture
def scores(tmp_path):
    """Scores of six heads of MiniLM."""
    write_scores(tmp_path / "scores.npz", recorded_heads()[:6])
    return "scores.npz"


def test_hccs_constants_of_every_head(surmax, tmp_path, scores):
    options = ("--scores", scores, "--length", 64, "-o", "c.json", "--compare", "--json")
    told = json.loads(surmax("calibrate", *options).stdout)
    found = load_constants(tmp_path / "c.json", "hccs")
    assert (found.config, found.length, found.masked) == (HCCS_PRESETS["div"], 64, True)
    heads = recorded_heads()[:6]
    assert [(one.layer, one.head) for one in found.heads] == [(o.layer, o.head) for o in heads]
    for one, row in zip(found.heads, told["heads"], strict=True):
        assert {"B": row["B"], "S": row["S"], "Dmax": row["Dmax"]} == vars(one.constants)
        assert row["proven"]
    means = told["means"]
    assert means["head"] <= means["layer"] <= means["global"]
    assert told["scores"]["model"] == heads[0].model
    assert list(tmp_path.glob(".*")) == []
    again = json.loads(surmax("calibrate", *options).stdout)
    assert again["heads"] == told["heads"]


def test_long_rows_and_wide_sums(surmax, tmp_path, scores):
    surmax("calibrate", "--scores", scores, "-o", "c.json", "--rows", 16)
    found = load_constants(tmp_path / "c.json", "hccs")
    # Fitted to rows of 256, as elaborate does.
    assert (found.length, found.config.min_sum) == (256, 32)
    options = ("--preset", "nearest", "--sum-bits", 20, "--max-length", 512, "--whole-rows")
    surmax("calibrate", "--scores", scores, "--length", 64, "-o", "w.json", *options[:-1])
    found = load_constants(tmp_path / "w.json", "hccs")
    assert found.config == HccsConfig(rounding="nearest", sum_bits=20)
    assert found.length == 512
    done = surmax("calibrate", "--scores", scores, *options, check=False)
    assert "constants without masks are for whole rows of 512 only" in done.stderr


def test_heads_of_one_layer_go_into_a_unit(surmax, tmp_path, scores):
    surmax("calibrate", "--scores", scores, "--length", 64, "--layer", 3, "-o", "c.json")
    found = load_constants(tmp_path / "c.json", "hccs")
    assert [(one.layer, one.head) for one in found.heads] == [(3, 0), (3, 9)]
    options = ("--constants", "c.json", "--storage", "constant", "--lanes", 4)
    assert "2 heads, rows up to 64" in surmax("elaborate", "hccs", *options).stdout


def test_consmax_tables_of_every_head(surmax, tmp_path, scores):
    done = surmax("calibrate", "--scores", scores, "--unit", "consmax", "-o", "t.json")
    assert "wrong codes" in done.stdout
    assert len(load_constants(tmp_path / "t.json", "consmax").heads) == 6


def test_an_interrupted_run_goes_on(surmax, tmp_path, scores, monkeypatch):
    options = ("--scores", scores, "--length", 64, "-o", "c.json")
    surmax("calibrate", *options)
    whole = (tmp_path / "c.json").read_bytes()
    (tmp_path / "c.json").unlink()
    fitted = []
    fit = calibration.HccsPlan.fit

    def some(self, heads):
        if len(fitted) == 4:
            raise KeyboardInterrupt
        fitted.append(heads)
        return fit(self, heads)

    monkeypatch.setattr(calibration.HccsPlan, "fit", some)
    done = surmax("calibrate", *options, check=False)
    assert done.returncode == 130
    assert not (tmp_path / "c.json").exists()
    assert (tmp_path / ".c.json.kept").exists()
    fitted.clear()
    done = surmax("calibrate", *options)
    assert "4 results are kept from a run that was interrupted" in done.stderr
    assert len(fitted) == 2
    assert (tmp_path / "c.json").read_bytes() == whole
    assert not (tmp_path / ".c.json.kept").exists()


@pytest.mark.parametrize("unit", ["hccs", "consmax"])
def test_a_drawing_of_every_head(surmax, tmp_path, unit):
    pytest.importorskip("matplotlib")
    heads = recorded_heads()[2:4]
    write_scores(tmp_path / "two.npz", heads)
    options = ("--unit", unit, "--length", 64, "--rows", 20, "--plots", "plots")
    surmax("calibrate", "--scores", "two.npz", *options)
    names = sorted(path.name for path in (tmp_path / "plots").iterdir())
    assert names == sorted(f"layer-{one.layer}-head-{one.head}.svg" for one in heads)
    text = (tmp_path / "plots" / names[0]).read_text()
    assert "softmax grey" in text
    assert ("HCCS" if unit == "hccs" else "ConSmax") in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "one of --scores FILE and --model NAME is needed"),
        (("--scores", "x", "--model", "minilm"), "and only one"),
        (("--scores", "nothing.npz"), "scores nothing.npz: No such file"),
        (("--scores", "scores.npz", "--unit", "softmax"), "'softmax' is not one of"),
        (
            ("--scores", "scores.npz", "--granularity", "row"),
            "'--granularity': 'row' is not one of 'head'",
        ),
        (
            ("--scores", "scores.npz", "--objective", "l2"),
            "'--objective': 'l2' is not one of 'kl', 'tv'",
        ),
        (("--scores", "scores.npz", "--form", "u8"), "'--form': 'u8' is not one of 'int16', 'own'"),
        (
            ("--scores", "scores.npz", "--length", 32),
            "length must be one that the scores have, 64, 256, not 32",
        ),
        (
            ("--scores", "scores.npz", "--layer", 7),
            "layer must be one that the scores have, 0, 1, 2, 3",
        ),
        (("--scores", "scores.npz", "--max-length", 64), "max_length must be 256 to 4096"),
        (
            ("--scores", "scores.npz", "--mantissa-bits", 9),
            "--mantissa-bits is an option of unit consmax",
        ),
        (
            ("--scores", "scores.npz", "--unit", "consmax", "--weighted"),
            "--weighted is an option of unit hccs",
        ),
        (("--scores", "scores.npz", "--weighted"), "has no weights"),
        (("--scores", "scores.npz", "--choose-scale"), "for real scores only"),
        (("--scores", "scores.npz", "--min-sum", 256), "at most 2**sum_bits|min_sum = 256"),
        (("--scores", "scores.npz", "-o", "no/c.json"), "folder no is not there"),
        (("--model", "gpt"), "'--model': 'gpt' is not one of 'minilm', 'smollm2'"),
        (("--model", "minilm", "--data", "no.txt"), "no.txt: No such file"),
        (("--model", "minilm", "--length", 8, "--length", 513), "length must be 4 to 512"),
    ],
)
def test_what_cannot_be_is_one_line(surmax, scores, tmp_path, options, message):
    done = surmax("calibrate", *options, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 or done.stderr.splitlines()[-1].startswith("surmax:")
    assert any(part in done.stderr for part in message.split("|"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scores.npz"]
