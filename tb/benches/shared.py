# SPDX-License-Identifier: Apache-2.0
"""Parts that all tests of one simulation share: plan, model, coverage, record, decorator."""

import functools
import gc
import json
import os
import time
from importlib import import_module
from pathlib import Path

import cocotb
import numpy as np
from surmax.tb.core.coverage import Coverage
from surmax.tb.core.plan import BenchPlan

# What `import_module` below may reach (surmax.common.digest).
REACHES = ("surmax.tb.*.coverage",)

# The runner hands over one folder: plan.pickle in it is read, records.jsonl is written.
FOLDER = Path(os.environ["SURMAX_BENCH_FOLDER"])
PLAN = BenchPlan.load(FOLDER / "plan.pickle")
MODEL = PLAN.model
COVERAGE: Coverage = import_module(f"{MODEL.benches}.coverage").COVERAGES[PLAN.build.top](PLAN)

# What has been imported stays; scanning it again and again costs some percent of the time.
gc.freeze()
gc.set_threshold(50_000)

CLOCK_NS = 10
# No test takes that many cycles; a test that does is stuck. In simulated time, see also the
# streams' own watch for a deadlock, which names the beat.
_LIMIT_CYCLES = 50_000_000


def record(**fields):
    """Append one line to the record that the runner reads."""
    with (FOLDER / "records.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(fields) + "\n")


def generator(*seed):
    """Return the random generator of a test: the same numbers in every simulator."""
    return np.random.default_rng(seed)


def check_coverage():
    """Record the coverage; raises AssertionError when it is not full."""
    result = COVERAGE.to_json()
    record(event="coverage", **result)
    assert result["full"], (
        f"coverage is not full: {result['met']} of {result['bins']} bins, "
        f"missing {'; '.join(result['missing'][:3])}"
    )


def bench_test(make, *, when=True, each_seed=False, stage=0):
    """Make a cocotb test of a coroutine that takes a test bench.

    Args:
        make: called with the top; returns the bench, which has `start()`, `finish()` and `scores`.
        when: False leaves the test out, because the build lacks what it is about.
        each_seed: run once for every seed of the plan, with `seed` as an argument.
        stage: tests of a later stage run after all of an earlier one.
    """

    def decorate(function):
        if not when:
            # A test that is marked to be skipped runs all the same when a filter names it.
            return function

        @cocotb.test(stage=stage, timeout_time=CLOCK_NS * _LIMIT_CYCLES, timeout_unit="ns")
        @functools.wraps(function)
        async def test(dut, **arguments):
            name = "/".join([function.__name__, *(f"{k}={v}" for k, v in arguments.items())])
            record(event="start", test=name)
            begin = time.perf_counter()
            bench = make(dut)
            message = None
            try:
                await bench.start()
                await function(bench, **arguments)
                await bench.finish()
            except Exception as error:
                message = str(error).splitlines()[0] if str(error) else type(error).__name__
                raise
            finally:
                record(
                    event="end",
                    test=name,
                    scores=bench.scores,
                    seconds=time.perf_counter() - begin,
                    message=message,
                )

        return cocotb.parametrize(seed=list(PLAN.seeds))(test) if each_seed else test

    return decorate
