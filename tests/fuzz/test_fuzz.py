# SPDX-License-Identifier: Apache-2.0
"""Hostile cases by the thousand.

$SURMAX_FUZZ_SEED is the seed of the cases; without it the short run has one of its own, so that it
is the same everywhere, and the soak a new one each time.
"""

import os
import secrets
import subprocess
import sys

import pytest
from helpers.repository import ROOT

SEED = 20261128


def fuzz(cases, default_seed):
    """Run that many cases; print what they found."""
    seed = os.environ.get("SURMAX_FUZZ_SEED", str(default_seed))
    # Another interpreter: it forks, which a process with threads, as pytest's, must not.
    command = [sys.executable, "-m", "fuzz.run", "--seed", seed, "--cases", str(cases)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    print(done.stdout[-20_000:], done.stderr[-5_000:])
    assert done.returncode == 0, f"seed {seed} breaks rules (see the output)"


@pytest.mark.timeout(1200)
def test_a_thousand_cases():
    fuzz(1_000, SEED)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_ten_thousand_new_cases():
    fuzz(10_000, secrets.randbelow(1 << 32))
