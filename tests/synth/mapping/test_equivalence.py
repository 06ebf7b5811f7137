# SPDX-License-Identifier: Apache-2.0
"""The mapped netlist computes what the design does, proved with the library's own functions."""

import pytest
from helpers.synth_samples import LANE, REGISTERS
from surmax.rtl.tools.yosys import YosysError, run_yosys
from surmax.synth import resolve_target, synthesise
from surmax.synth.mapping.plain_netlist import clock_gate_models
from surmax.synth.mapping.synthesise import kept_netlist

_BOTH = """
read_verilog -sv design.v
hierarchy -top {top}
proc
flatten
opt_clean
design -stash gold
read_liberty -ignore_miss_func -ignore_miss_data_latch cells.lib
read_verilog -overwrite gate.v
read_verilog netlist.v
hierarchy -top {top}
proc
flatten
opt_clean
design -stash gate
design -copy-from gold -as gold {top}
design -copy-from gate -as gate {top}
miter -equiv -flatten -make_assert gold gate miter
hierarchy -top miter
"""


def prove(
    design, top, target, folder, cache, *, ending, clock_gating=True, period_ns=None, spoil=None
):
    options = {"clock_gating": clock_gating, "period_ns": period_ns, "transistors": False}
    result = synthesise(design, top, target, cache=cache, **options)
    netlist = kept_netlist(result, cache)
    if spoil:
        assert spoil[0] in netlist
        netlist = netlist.replace(*spoil, 1)
    files = {
        "design.v": design,
        "netlist.v": netlist,
        "cells.lib": target.library.area_text,
        "gate.v": clock_gate_models(target.library),
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    run_yosys(_BOTH.format(top=top) + ending, folder)
    return result


@pytest.fixture(params=["generic", "sky130"])
def target(request):
    if request.param == "sky130":
        return request.getfixturevalue("sky130")
    return resolve_target("generic")


def test_read_and_product_are_equal(target, tmp_path, cache):
    result = prove(LANE, "lane", target, tmp_path, cache, ending="sat -verify -prove-asserts\n")
    assert target.library.full_adder.cell in result.total.cells


def test_gates_for_a_period_are_equal(sky130, tmp_path, cache):
    ending = "sat -verify -prove-asserts\n"
    result = prove(LANE, "lane", sky130, tmp_path, cache, ending=ending, period_ns=1.5)
    assert result.recipe == "gates, for delay, sized"


def test_the_proof_can_fail(tmp_path, cache):
    with pytest.raises(YosysError, match="proof did fail"):
        prove(
            LANE,
            "lane",
            resolve_target("generic"),
            tmp_path,
            cache,
            ending="sat -verify -prove-asserts\n",
            spoil=("NAND2 ", "NOR2 "),
        )


@pytest.mark.parametrize("clock_gating", [True, False])
def test_state_is_equal_for_eight_half_cycles(target, clock_gating, tmp_path, cache):
    ending = "clk2fflogic\nopt -fast\n"
    ending += "sat -verify -prove-asserts -set-init-zero -set-at 1 in_clk 0 -seq 8\n"
    result = prove(
        REGISTERS, "registers", target, tmp_path, cache, ending=ending, clock_gating=clock_gating
    )
    assert result.clock_gating == clock_gating
