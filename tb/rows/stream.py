# SPDX-License-Identifier: Apache-2.0
"""cocotb tests of the stream tops of row units; the same ones run in every simulator."""

import math

import numpy as np
from surmax.tb.benches.shared import (
    COVERAGE,
    MODEL,
    PLAN,
    bench_test,
    check_coverage,
    generator,
    record,
)
from surmax.tb.benches.stream_tb import StreamTB
from surmax.tb.core.beats import join
from surmax.tb.core.coverage import STALLS
from surmax.tb.rows.cutting import find_rows
from surmax.tb.rows.stimulus import endless_row, make_row, random_rows, random_scores

# cocotb runs every test that this module names.
from surmax.tb.rows.stream_scores import (  # noqa: F401
    adversarial_rows,
    every_distance,
    every_length,
    extreme_sums,
    masks,
    plateaus_and_steps,
    recorded_rows,
)

BUILD = PLAN.build
LANES, HEADS, LONGEST = BUILD.lanes, BUILD.heads, BUILD.max_beats
LOADABLE = MODEL.loadable
# No buffer of the unit still has room when the sink has rested for so long.
FULL = 4 * LONGEST + BUILD.latency(LONGEST)
# Share of the beats; probability of a pause of the source and of the sink; cycles of the latter.
RATES = (
    (0.3, 0.0, 0.0, 1),
    (0.2, 0.0, 0.5, 1),
    (0.15, 0.5, 0.0, 1),
    (0.2, 0.3, 0.3, 1),
    (0.1, 0.1, 0.5, FULL),
    (0.05, 0.8, 0.0, 1),
)
# What brings about each stall state of a whole row: pause of the source, of the sink, its cycles in
# turns. A sink that rests for short or long holds one row at the input each time, and lets whole
# rows pass in between.
AIMS = {
    STALLS[0]: (0.9, 0.0, (1,)),
    STALLS[1]: (0.0, 0.5, (2, LONGEST + 1, 2 * LONGEST + 1, FULL)),
    STALLS[2]: (0.9, 0.5, (1,)),
    STALLS[3]: (0.0, 0.5, (1, LONGEST + 1)),
}


def some_rows(rng, count, heads=HEADS, **options):
    """Return random rows for this unit."""
    return random_rows(rng, count, LANES, LONGEST, heads, **options)


def some_lengths():
    """Return row lengths in beats: all of a short unit, those that differ in kind of a long one."""
    every = range(1, LONGEST + 1)
    return every if LONGEST <= 8 else (1, 2, 3, LONGEST // 2, LONGEST - 1, LONGEST)


@bench_test(StreamTB, each_seed=True)
async def random_streams(bench, seed):
    """Random rows, lengths, heads, masks and constants under random pauses on both sides."""
    rng = generator(seed)
    for turn, (share, gap, stall, burst) in enumerate(RATES, start=seed):
        await bench.load(PLAN.heads(turn))
        rows = some_rows(rng, math.ceil(share * PLAN.beats))
        await bench.stream(rows, rng=rng, gap=gap, stall=stall, burst=burst)


@bench_test(StreamTB)
async def latency_and_throughput(bench):
    """Without stalls: the latency that the build states, and rows as fast as it states."""
    rng = generator(5)
    # Serial dividers side by side take rows in turns: a whole number of turns.
    rounds = 8 * MODEL.turns
    for beats in some_lengths():
        stated, latency = BUILD.interval(beats), BUILD.latency(beats)
        row = make_row(random_scores(rng, beats * LANES), int(rng.integers(HEADS)), LANES)
        await bench.stream(row)
        assert bench.trace.latency == latency, (
            f"latency of a row of {beats} beats is {bench.trace.latency}, {latency} is stated"
        )
        # The buffers in front of a divider have to be full before its rate shows.
        warm = rounds * math.ceil((3 * LONGEST + latency) / beats / rounds)
        await bench.stream(join([row] * (warm + rounds)))
        ends = np.array(bench.trace.taken)[beats - 1 :: beats]
        interval = float(ends[-1] - ends[-1 - rounds]) / rounds
        record(
            event="throughput",
            beats=beats,
            positions=beats * LANES,
            latency=bench.trace.latency,
            cycles_per_row=interval,
            stated=stated,
        )
        assert math.isclose(interval, stated), (
            f"a row of {beats} beats takes {interval} cycles, {stated} are stated"
        )


@bench_test(StreamTB)
async def throughput_of_mixed_rows(bench):
    """Rows of all lengths back to back: a beat a cycle, or what the unit allows."""
    rng = generator(6)
    rows = some_rows(rng, max(300, 6 * LONGEST), overlong=0.0)
    await bench.stream(rows)
    kept = find_rows(rows.last, LONGEST).kept.tolist()
    bound = MODEL.cycles(kept)
    span = bench.trace.taken[-1] - bench.trace.accepted[0]
    assert span <= bound, f"{len(kept)} rows took {span} cycles, {bound} are allowed"
    if MODEL.flows:
        steps = np.diff(bench.trace.accepted)
        assert (steps == 1).all(), f"the input was held at beat {int(np.argmax(steps != 1)) + 1}"


@bench_test(StreamTB)
async def valid_does_not_wait_for_ready(bench):
    """With the sink never ready the unit offers its first beat all the same, and fills up."""
    rng = generator(7)
    for beats in some_lengths():
        row = make_row(random_scores(rng, beats * LANES), 0, LANES)
        offered, taken = await bench.fill(row, beats + BUILD.latency(beats))
        assert offered == BUILD.latency(beats), "m_valid stays low while m_ready is low"
        assert taken == beats, f"{taken} of {beats} beats of a row taken in while the sink rests"
        await bench.reset()


@bench_test(StreamTB, when=LOADABLE)
async def load_in_mid_stream(bench):
    """A head gets other constants as soon as its last row is out, while other heads' rows flow."""
    rng = generator(8)
    for head in range(min(HEADS, 4)):
        for stall in (0.0, 0.4):
            before = list(bench.contents)
            after = list(before)
            after[head] = PLAN.after(before[head])
            first = some_rows(rng, 12 * LONGEST)
            found = find_rows(first.last, LONGEST)
            own = first.heads[found.begin] == head
            out = int((found.place + found.kept)[own].max(initial=0))
            parts = [first]
            if HEADS > 1:
                others = some_rows(rng, 12 * LONGEST, HEADS - 1)
                others.heads[:] += others.heads >= head
                parts.append(others)
            barrier = sum(len(part) for part in parts)
            parts.append(some_rows(rng, 12 * LONGEST))
            # Others first, which the last one replaces.
            contents = [*PLAN.pool[:3], after[head]]
            bench.contents = after
            await bench.stream(
                join(parts),
                rng=rng,
                stall=stall,
                writes=[write for one in contents for write in MODEL.writes(head, one)],
                after=out,
                barrier=barrier,
                before=before,
            )
            COVERAGE.event("load in mid-stream")


async def reset_and_go_on(bench, rng, phase, cycles):
    """Reset for 1 or 2 cycles; afterwards the unit works on, with the constants it had."""
    await bench.reset(1 + cycles % 2)
    COVERAGE.event(f"reset while {phase}")
    await bench.stream(some_rows(rng, 2 * LONGEST), rng=rng, stall=0.2)


@bench_test(StreamTB)
async def reset_in_mid_row(bench):
    """Reset drops what is in flight, in whichever phase it is."""
    rng = generator(9)
    for beats in sorted({1, min(3, LONGEST), LONGEST}):
        row = make_row(random_scores(rng, beats * LANES), HEADS - 1, LANES)
        for sent in sorted({1, beats // 2, beats - 1} - {0, beats}):
            await bench.stream(row, stop=(sent, 0))
            await reset_and_go_on(bench, rng, "receiving", sent)
        wait = BUILD.latency(beats) - beats
        for cycles in range(0, wait, max(1, wait // 6)):
            await bench.stream(row, stop=(beats, 0))
            assert not await bench.rest(cycles), "m_valid is set too early"
            await reset_and_go_on(bench, rng, "waiting", cycles)
        await bench.fill(row, 2 * beats + BUILD.latency(beats))
        await reset_and_go_on(bench, rng, "sending", beats)
        for taken in sorted({1, beats - 1} - {0, beats}):
            await bench.stream(row, stop=(beats, taken))
            await reset_and_go_on(bench, rng, "sending", taken)
    endless = endless_row(rng, LONGEST + 2, LANES)
    await bench.stream(endless, stop=(LONGEST + 1, 0))
    await reset_and_go_on(bench, rng, "dropping", 0)
    for stop in (1, 5, 20):
        await bench.stream(some_rows(rng, 30 + 8 * LONGEST), rng=rng, stall=0.4, stop=(0, stop))
        await reset_and_go_on(bench, rng, "sending", stop)


@bench_test(StreamTB)
async def overlong_rows(bench):
    """Rows that are too long are cut, reported, and harm no other row; alone and in sequence."""
    rng = generator(10)
    for beats in (LONGEST + 1, LONGEST + 2, 2 * LONGEST, 3 * LONGEST + 1):
        for head in range(min(HEADS, 2)):
            row = make_row(random_scores(rng, beats * LANES), head, LANES)
            await bench.stream(row)
            await bench.stream(join([row, row, some_rows(rng, 2 * LONGEST), row]), rng=rng, gap=0.1)
    for stall in (0.0, 0.5):
        await bench.stream(some_rows(rng, 20 * LONGEST, overlong=0.6), rng=rng, stall=stall)
    # The rest of a row that has no end: its cut part comes out all the same.
    row = endless_row(rng, 2 * LONGEST, LANES)
    await bench.stream(row)
    row.last[-1] = True
    await bench.reset()
    await bench.stream(join([row, some_rows(rng, 20)]))


@bench_test(StreamTB, when=HEADS > 1)
async def another_head_every_row(bench):
    """No two neighbouring rows use the same head, all lengths, back to back."""
    rng = generator(11)
    for stall in (0.0, 0.4):
        rows = []
        for row in range(60):
            beats = int(rng.integers(1, LONGEST + 1))
            rows.append(make_row(random_scores(rng, beats * LANES), row % HEADS, LANES))
        await bench.stream(join(rows), rng=rng, stall=stall)


@bench_test(StreamTB, when=HEADS & (HEADS - 1) != 0)
async def head_index_past_the_last(bench):
    """An index without a head counts as the last head, and harms no other row."""
    rng = generator(13)
    await bench.stream(some_rows(rng, 30 * LONGEST, bench.all_indices()), rng=rng, stall=0.3)


@bench_test(StreamTB, stage=1)
async def coverage(bench):
    """The declared coverage is full; what the tests before left open is aimed at first."""
    rng = generator(12, *PLAN.seeds)
    sent = 0
    for turn in range(40):
        for stall, (gap, rest, bursts) in AIMS.items():
            kinds = COVERAGE.wanted(stall)
            if not kinds or sent >= 16 * PLAN.beats:
                continue
            await bench.load(PLAN.heads(turn))
            rows = some_rows(rng, min(PLAN.beats, 256 + 16 * LONGEST), kinds=kinds)
            burst = bursts[turn % len(bursts)]
            await bench.stream(rows, rng=rng, gap=gap, stall=rest, burst=burst)
            sent += len(rows)
    check_coverage()
