# SPDX-License-Identifier: Apache-2.0
"""Whole units as mapped, clock gates and all, through the volume run."""

import pytest
from surmax.golden import (
    CONSMAX_PRESETS,
    HCCS_PRESETS,
    SOFTERMAX_PRESETS,
    SOFTMAX_PRESETS,
    InputError,
)
from surmax.rtl import ConsmaxBuild, HccsBuild, SoftermaxBuild, SoftmaxBuild, verilog
from surmax.synth import plain_netlist, resolve_target, synthesise
from surmax.synth.mapping.synthesise import kept_netlist
from surmax.tb.volume.run import run_volume

DIV = HccsBuild(HCCS_PRESETS["div"], lanes=2, max_length=8, heads=2, adders="cells")
CLB = HccsBuild(HCCS_PRESETS["clb"], lanes=2, max_length=8, adders="cells")
SMALL = ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=2, heads=2, adders="cells")
SOFTMAX = SoftmaxBuild(SOFTMAX_PRESETS["u8"], lanes=2, max_length=8, heads=2, adders="cells")
SOFTERMAX = SoftermaxBuild(SOFTERMAX_PRESETS["paper"], lanes=2, max_length=8, adders="cells")


def mapped(build, target, cache):
    """The build as cells: all that is asked of it here is its netlist."""
    text = verilog(build)
    return synthesise(text, build.top_module, target, cache=cache, parts={}, transistors=False)


@pytest.mark.parametrize(
    ("build", "name"),
    [
        (DIV, "generic"),
        (CLB, "sky130"),
        (SMALL, "generic"),
        (SOFTMAX, "sky130"),
        (SOFTERMAX, "generic"),
    ],
)
def test_the_netlist_passes_the_volume_run(build, name, cache, sim_folder, request):
    target = request.getfixturevalue("sky130") if name == "sky130" else resolve_target(name)
    result = mapped(build, target, cache)
    assert result.clock_gating
    text = plain_netlist(result, target, cache=cache)
    volume = run_volume(build, 50_000, folder=sim_folder, text=text, optimise=False, workers=1)
    assert volume.passed, volume
    assert volume.scores >= 50_000


def test_a_wrong_gate_is_found(cache, sim_folder, monkeypatch):
    target = resolve_target("generic")
    result = mapped(DIV, target, cache)
    text = kept_netlist(result, cache)
    place = text.rindex("XNOR2 ")
    spoilt = text[:place] + "XOR2 " + text[place + 6 :]
    module = "surmax.synth.mapping.plain_netlist"
    monkeypatch.setattr(f"{module}.kept_netlist", lambda result, cache: spoilt)
    netlist = plain_netlist(result, target, cache=cache)
    volume = run_volume(DIV, 50_000, folder=sim_folder, text=netlist, optimise=False, workers=1)
    assert not volume.passed


def test_an_fpga_has_none(cache, tmp_path):
    text = "module top (input a, output b); assign b = ~a; endmodule"
    for name, message in (("ice40", "needs a cell library"), ("generic", "must be there")):
        target = resolve_target(name)
        result = synthesise(text, "top", target, cache=cache)
        with pytest.raises(InputError, match=message):
            plain_netlist(result, target, cache=tmp_path / "empty")
