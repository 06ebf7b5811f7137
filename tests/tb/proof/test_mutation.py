# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest
from surmax.golden import unit_entry, unit_names
from surmax.tb.proof.mutation import MutationError, faulty_verilog, run_mutations
from surmax.tb.run.regression import run_benches
from surmax.tb.run.simulators import available
from surmax.tb.volume.run import run_volume

# The least number of faults of each unit.
LEAST = {"consmax": 25, "hccs": 35, "softmax": 29, "softermax": 29}
FAULTS = {unit: unit_entry("tb", unit).faults() for unit in unit_names()}
BY_NAME = {fault.name: fault for fault in FAULTS["consmax"]}
PROTOCOL = (
    "payload changes in a stall",
    "beat lost in a stall",
    "beat taken twice in a stall",
    "TLAST of the next beat",
    "valid waits for ready",
    "reset leaves beats in",
    "loads without valid",
)

needs_verilator = pytest.mark.skipif(
    "verilator" not in available(), reason="Verilator or its C++ compiler is missing"
)


@pytest.mark.parametrize("unit", FAULTS)
def test_every_fault_can_be_planted(unit):
    """Fails in seconds when a module or a signal has another name."""
    planted = FAULTS[unit]
    assert len({faulty_verilog(fault) for fault in planted}) == len(planted)


@needs_verilator
@pytest.mark.parametrize("unit", FAULTS)
def test_every_fault_is_killed(unit, sim_folder):
    planted = FAULTS[unit]
    assert len({fault.name for fault in planted}) == len(planted) >= LEAST.get(unit, 1)
    seen = []
    results = run_mutations(planted, sim_folder, progress=seen.append)
    assert seen == results
    assert [result.fault for result in results] == [fault.name for fault in planted]
    assert [result.fault for result in results if result.killed_by is None] == []


@needs_verilator
@pytest.mark.parametrize("unit", FAULTS)
def test_the_right_units_survive(unit, sim_folder):
    planted = FAULTS[unit]
    for build in {str(fault.build): fault.build for fault in planted}.values():
        assert run_volume(build, 20_000, folder=sim_folder, workers=1, optimise=False).passed


@pytest.mark.skipif("icarus" not in available(), reason="Icarus Verilog is missing")
@pytest.mark.parametrize("name", PROTOCOL)
def test_cocotb_kills_protocol_faults_too(name, sim_folder):
    fault = BY_NAME[name]
    result = run_benches(
        fault.build,
        "icarus",
        folder=sim_folder,
        text=faulty_verilog(fault),
        seeds=(1,),
        beats=200,
        tests="random|reset|valid",
        wave=True,  # at once: the run that would only make them is saved
    )
    assert not all(test.passed for test in result.tests)


def test_a_fault_that_cannot_be_planted_is_an_error():
    fault = BY_NAME["wrong shift"]
    for changes, message in (
        ({"module": "consmax_slice"}, "module must be one of consmax_lane, .*not 'consmax_slice'"),
        ({"signal": "shift"}, "signal must be one of .*shift0_r.*, not 'shift'"),
        ({"signal": "read_low0/enable"}, "pin must be one of .*, not 'read_low0/enable'"),
        ({"wrong": "shifft >> 1"}, "expression must use signals of the module, not 'shifft'"),
        ({"wrong": " right"}, "shift0_r must have a wrong value"),
    ):
        with pytest.raises(MutationError, match=f"fault 'wrong shift': .*{message}"):
            faulty_verilog(replace(fault, **changes))
    twice = replace(fault, also=((fault.signal, "right >> 2"),))
    with pytest.raises(MutationError, match="signal 'shift0_r' must be driven once"):
        faulty_verilog(twice)
