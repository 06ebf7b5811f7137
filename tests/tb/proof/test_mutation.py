# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest
from surmax.tb.consmax import faults
from surmax.tb.hccs import faults as faults_hccs
from surmax.tb.proof.mutation import MutationError, faulty_verilog, run_mutations
from surmax.tb.run.regression import run_benches
from surmax.tb.run.simulators import available
from surmax.tb.softermax import faults as faults_softermax
from surmax.tb.softmax import faults as faults_softmax
from surmax.tb.volume.run import run_volume

UNITS = {
    "consmax": (faults.FAULTS, 12),
    "hccs": (faults_hccs.FAULTS, 30),
    "softmax": (faults_softmax.FAULTS, 25),
    "softermax": (faults_softermax.FAULTS, 25),
}
BY_NAME = {fault.name: fault for fault in faults.FAULTS}
PROTOCOL = (
    "payload changes in a stall",
    "beat lost in a stall",
    "beat taken twice in a stall",
    "TLAST of the next beat",
    "valid waits for ready",
    "reset leaves beats in",
)

needs_verilator = pytest.mark.skipif(
    "verilator" not in available(), reason="Verilator or its C++ compiler is missing"
)


@needs_verilator
@pytest.mark.parametrize("unit", UNITS)
def test_every_fault_is_killed(unit, sim_folder):
    planted, least = UNITS[unit]
    assert len({fault.name for fault in planted}) == len(planted) >= least
    seen = []
    results = run_mutations(planted, sim_folder, progress=seen.append)
    assert seen == results
    assert [result.fault for result in results] == [fault.name for fault in planted]
    assert [result.fault for result in results if result.killed_by is None] == []


@needs_verilator
@pytest.mark.parametrize("unit", UNITS)
def test_the_right_units_survive(unit, sim_folder):
    planted, _ = UNITS[unit]
    for build in {str(fault.unit): fault.build() for fault in planted}.values():
        assert run_volume(build, 20_000, folder=sim_folder, workers=1, optimise=False).passed


@pytest.mark.skipif("icarus" not in available(), reason="Icarus Verilog is missing")
@pytest.mark.parametrize("name", PROTOCOL)
def test_cocotb_kills_protocol_faults_too(name, sim_folder):
    fault = BY_NAME[name]
    result = run_benches(
        fault.build(),
        "icarus",
        folder=sim_folder,
        text=faulty_verilog(fault),
        seeds=(1,),
        beats=200,
        tests="random|reset|valid",
        wave=True,  # at once: the run that would only make them is saved
    )
    assert not all(test.passed for test in result.tests)


def test_a_fault_that_is_not_there_is_an_error():
    fault = faults.FAULTS[0]
    with pytest.raises(MutationError, match=r"is in consmax_lane\.py 0 times"):
        faulty_verilog(replace(fault, old="no such text"))
    with pytest.raises(MutationError, match="changes nothing"):
        faulty_verilog(replace(fault, new=fault.old))
    with pytest.raises(MutationError, match="NameError"):
        faulty_verilog(replace(fault, new="no_such_name"))
