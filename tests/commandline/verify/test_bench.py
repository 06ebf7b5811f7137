# SPDX-License-Identifier: Apache-2.0
import sys

import pytest

from surmax.commands.verify.bench import golden_rates


def test_golden_hccs_stands_beside_scipys_softmax():
    pytest.importorskip("scipy")
    *modes, scipy = golden_rates(count=64, repeats=2)
    assert len(modes) == 5
    assert scipy["what"] == "scipy softmax, n = 128"
    for row in modes:
        assert row["of_scipy"] == pytest.approx(row["figure"] / scipy["figure"])
        assert row["figure"] == pytest.approx(128 * row["rows_per_second"])


def test_without_scipy_its_row_is_left_out_and_said_so(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    rows = golden_rates(count=16, repeats=1)
    assert len(rows) == 5
    assert not any("of_scipy" in row for row in rows)
    assert "scipy is not installed: its softmax is left out" in capsys.readouterr().err
