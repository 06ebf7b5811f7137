# SPDX-License-Identifier: Apache-2.0
"""Simulators for the tests: skipped where one is missing, compared where all are there."""

import pytest
from surmax.tb.run.regression import run_benches
from surmax.tb.run.simulators import SIMULATORS, available


def needs(simulator):
    """Skip the test when the simulator is missing."""
    if simulator not in available():
        pytest.skip(f"{simulator} is missing")


def check_simulators_agree(build, folder):
    """Run the benches of `build` in every simulator; all must count and measure the same."""
    for simulator in SIMULATORS:
        needs(simulator)
    first, second = (
        run_benches(build, simulator, folder=folder, beats=300, seeds=(7,))
        for simulator in SIMULATORS
    )
    assert first.coverage == second.coverage
    assert first.throughput == second.throughput
    assert [test.scores for test in first.tests] == [test.scores for test in second.tests]
