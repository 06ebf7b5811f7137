# SPDX-License-Identifier: Apache-2.0
"""cocotb tests of the identity unit's stream top."""

import numpy as np
from surmax.tb.benches.shared import PLAN, bench_test, check_coverage, generator
from surmax.tb.benches.stream_tb import StreamTB
from surmax.tb.core.beats import plain_beats, random_beats

LANES = PLAN.build.lanes


@bench_test(StreamTB)
async def every_score(bench):
    """Send every score through every lane."""
    scores = (np.arange(256)[:, None] + np.arange(LANES)).astype(np.uint8)
    await bench.stream(plain_beats(scores, 0))


@bench_test(StreamTB, each_seed=True)
async def random_streams(bench, seed):
    """Send random beats under random pauses."""
    rng = generator(seed)
    beats = random_beats(rng, PLAN.beats, LANES, 1)
    await bench.stream(beats, rng=rng, gap=0.2, stall=0.3)


@bench_test(StreamTB, stage=1)
async def coverage(bench):
    """Check that coverage is full."""
    check_coverage()
