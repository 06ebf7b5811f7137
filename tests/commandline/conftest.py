# SPDX-License-Identifier: Apache-2.0
import sys
from types import SimpleNamespace

import pytest

from surmax.__main__ import main


@pytest.fixture
def surmax(tmp_path, monkeypatch, capsys):
    """Run the command in `tmp_path`, in this process: its exit code and what it wrote."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, check=True):
        monkeypatch.setattr(sys, "argv", ["surmax", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        written = capsys.readouterr()
        code = end.value.code or 0
        assert not (check and code), written.err
        return SimpleNamespace(returncode=code, stdout=written.out, stderr=written.err)

    return run
