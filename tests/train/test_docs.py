# SPDX-License-Identifier: Apache-2.0
"""The Python in docs/training.md is run."""

import re

import pytest
from helpers.repository import DOCS

TEXT = (DOCS / "training.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_python_runs(number, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(compile(BLOCKS[number], f"block {number}", "exec"), {"__name__": "block"})
    assert number == 1 or capsys.readouterr().out
