# SPDX-License-Identifier: Apache-2.0
"""cocotb tests of the stream tops of row units about scores: what each law finds hard.

surmax.tb.rows.stream runs them together with its own.
"""

import math

import numpy as np
from surmax.golden.recorded.rows import LENGTHS, recorded_heads
from surmax.tb.benches.shared import MODEL, PLAN, bench_test, generator
from surmax.tb.benches.stream_tb import StreamTB
from surmax.tb.core.beats import join
from surmax.tb.rows.stimulus import ADVERSARIAL, make_row, random_scores, stairs

BUILD = PLAN.build
LANES, HEADS, LONGEST = BUILD.lanes, BUILD.heads, BUILD.max_beats
POSITIONS = BUILD.max_length
LOADABLE = MODEL.loadable
TURNS = len(PLAN.pool) if LOADABLE else 1


@bench_test(StreamTB)
async def adversarial_rows(bench):
    """Rows that are hard on maximum, clamp or sum, of all lengths, ragged ones among them."""
    rng = generator(1)
    lengths = {1, LANES - 1, LANES, LANES + 1, 2 * LANES, 32, 64, 128, POSITIONS - 1, POSITIONS}
    lengths = sorted(n for n in lengths if 1 <= n <= POSITIONS)
    for turn in range(min(TURNS, 4)):
        await bench.load(PLAN.heads(turn))
        rows = [
            make_row(shape(length), int(rng.integers(HEADS)), LANES)
            for length in lengths
            for shape in ADVERSARIAL.values()
        ]
        order = rng.permutation(len(rows))
        await bench.stream(join([rows[i] for i in order]), rng=rng, stall=0.3 * (turn % 2))


@bench_test(StreamTB)
async def every_length(bench):
    """Rows of every number of positions (of a long unit: a sample), back to back, mixed heads."""
    rng = generator(2)
    lengths = rng.permutation(np.arange(1, POSITIONS + 1))[:100]
    rows = [make_row(random_scores(rng, n), int(rng.integers(HEADS)), LANES) for n in lengths]
    await bench.stream(join(rows))


@bench_test(StreamTB)
async def plateaus_and_steps(bench):
    """Equal scores that rise at once by every step up to 40: a large sum, then another maximum."""
    rng = generator(16)
    rows = []
    for step in rng.permutation(np.arange(1, 41)).tolist():
        # At the last beat, so that the sum is as large as can be, or anywhere.
        place = POSITIONS - LANES if step % 2 else int(rng.integers(POSITIONS))
        row = stairs(rng, POSITIONS, place, step)
        rows.append(make_row(row, int(rng.integers(HEADS)), LANES))
    await bench.stream(join(rows))


@bench_test(StreamTB)
async def masks(bench):
    """Every lane alone, all but one, none, all, in each of two beats of a row."""
    rng = generator(3)
    one = np.eye(LANES, dtype=bool)
    masks = [*one, *~one, np.zeros(LANES, bool), np.ones(LANES, bool)]
    rows = []
    for mask in masks:
        for other in (False, True):
            both = np.stack([mask, np.full(LANES, other)])[:LONGEST]
            for parts in (both, both[::-1]):
                scores = random_scores(rng, parts.size)
                rows.append(make_row(scores, int(rng.integers(HEADS)), LANES, parts.reshape(-1)))
    await bench.stream(join(rows), rng=rng, stall=0.2)


@bench_test(StreamTB)
async def extreme_sums(bench):
    """Each content of a head: longest rows with all scores at the maximum, and single scores."""
    rng = generator(4)
    alone = np.arange(POSITIONS) != POSITIONS // 2
    for turn in range(TURNS):
        await bench.load(PLAN.heads(turn))
        rows = []
        for head in range(min(HEADS, 4)):
            rows += [make_row(np.full(POSITIONS, 9), head, LANES)]
            rows += [make_row(random_scores(rng, POSITIONS), head, LANES, alone)]
            for bend in MODEL.bends(bench.contents[head]):
                # The maximum and otherwise scores around the bend.
                near = rng.integers(-2, 3, POSITIONS) + bend
                near[0] = 0
                rows += [make_row(np.clip(127 - near, -128, 127), head, LANES)]
        await bench.stream(join(rows))


@bench_test(StreamTB, when=POSITIONS > 1)
async def every_distance(bench):
    """Each content of a head: all distances from the maximum, 0 to 255, in any order."""
    rng = generator(14)
    for turn in range(TURNS):
        await bench.load(PLAN.heads(turn))
        rows = []
        for head in range(1 if LOADABLE else HEADS):
            distances = rng.permutation(256)
            for first in range(0, 256, POSITIONS - 1):
                some = distances[first : first + POSITIONS - 1]
                scores = np.insert(127 - some, rng.integers(len(some) + 1), 127)
                rows.append(make_row(scores, head, LANES))
        await bench.stream(join(rows))


@bench_test(StreamTB, when=min(LENGTHS) <= POSITIONS)
async def recorded_rows(bench):
    """Scores of real models with their masks: recorded head k goes through head k, in turns."""
    rng = generator(15)
    length = max(one for one in LENGTHS if one <= POSITIONS)
    heads = recorded_heads()
    wanted = math.ceil(PLAN.beats * LANES / length / len(heads))
    rows = [
        make_row(scores, index % HEADS, LANES, mask)
        for index, found in enumerate(one.rows(length) for one in heads)
        for scores, mask in zip(found.scores[:wanted], found.mask, strict=False)
    ]
    await bench.stream(join([rows[i] for i in rng.permutation(len(rows))]), rng=rng, stall=0.1)
