# SPDX-License-Identifier: Apache-2.0
"""What `surmax mutate` prints and its exit code; tests/tb/mutate runs real mutants."""

import json

import pytest
from surmax.tb.mutate.mutants import Mutant
from surmax.tb.mutate.result import EQUIVALENT, KILLED, SURVIVED, MutantsResult, Verdict

from surmax.commands.verify import mutate

BIT = Mutant(1, "inv", "part", "$and$part.v:7$3", "Y", 2, None, "both", 2, ("part.v:7.3-7.9",))


def verdicts(*statuses):
    return tuple(
        Verdict("hccs_stream", BIT, "0123", status, "volume run" * (status == KILLED), "seen")
        for status in statuses
    )


@pytest.fixture
def given(monkeypatch):
    """Make the command find these statuses; what it asked for is in the list returned."""

    def give(*statuses):
        asked = []

        def run_mutants(build, count, seed, **options):
            asked.append((build, count, seed, options))
            return MutantsResult(build.describe(), seed, verdicts(*statuses))

        monkeypatch.setattr(mutate, "run_mutants", run_mutants)
        return asked

    return give


def test_survivors_have_their_place_and_fail(surmax, given):
    asked = given(*[KILLED] * 50, EQUIVALENT, SURVIVED)
    done = surmax("mutate", "hccs", "--mutants", 52, "--seed", 7, check=False)
    assert done.returncode == 1
    ((build, count, seed, options),) = asked
    assert (build.lanes, build.heads, count, seed) == (4, 2, 52, 7)
    assert options["effort"].scores == 100_000
    for text in ("part", "both[2] at and Y[2], line 7", "inverted", "0123", "50", "volume run"):
        assert text in done.stdout
    assert "98.0 % killed of 51 mutants that are not equivalent" in done.stdout
    assert "seed 7" in done.stdout


@pytest.mark.parametrize(("least", "code"), [(99, 1), (98, 0)])
def test_least(surmax, given, least, code):
    given(*[KILLED] * 50, SURVIVED)
    assert surmax("mutate", "hccs", "--least", least, check=False).returncode == code


def test_json(surmax, given):
    given(*[KILLED] * 100, EQUIVALENT)
    document = json.loads(surmax("mutate", "hccs", "--json").stdout)
    assert (document["killed"], document["equivalent"], document["survived"]) == (100, 1, 0)
    assert document["percent_killed"] == 100
    assert document["verdicts"][0]["place"] == "both[2] at and Y[2], line 7"
