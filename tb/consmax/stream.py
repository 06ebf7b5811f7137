# SPDX-License-Identifier: Apache-2.0
"""cocotb tests of the ConSmax stream top; the same ones run in every simulator."""

import math

import numpy as np
from surmax.golden.recorded.rows import recorded_heads
from surmax.tb.benches.shared import COVERAGE, MODEL, PLAN, bench_test, check_coverage, generator
from surmax.tb.benches.stream_tb import StreamTB
from surmax.tb.consmax.coverage import ROLES
from surmax.tb.core.beats import Beats, join, plain_beats, random_beats

BUILD = PLAN.build
LANES, HEADS, LATENCY = BUILD.lanes, BUILD.heads, BUILD.stages
LOADABLE = MODEL.loadable
ALL_CODES = np.arange(256, dtype=np.uint8)
# Share of the beats, and with it the probability of a pause of the source and of the sink in a
# cycle. The slow ones are short: an idle cycle costs as much as a busy one.
RATES = (
    (0.35, 0.0, 0.0),
    (0.2, 0.0, 0.5),
    (0.15, 0.5, 0.0),
    (0.2, 0.3, 0.3),
    (0.05, 0.0, 0.8),
    (0.05, 0.8, 0.0),
)
TURNS = len(PLAN.pool) if LOADABLE else 1


def wide_heads(bench):
    """Return the heads that are in 16-bit mode now."""
    return [h for h, tables in enumerate(bench.contents) if tables.config.score_bits == 16]


@bench_test(StreamTB)
async def all_codes_in_every_lane(bench):
    """Every byte on every lane, a different one on each, for every table content."""
    for turn in range(TURNS):
        await bench.load(PLAN.heads(turn))
        scores = ALL_CODES[:, None] + 37 * np.arange(LANES, dtype=np.uint8)
        for head in range(min(HEADS, 4)):
            await bench.stream(plain_beats(scores, head))


@bench_test(StreamTB, when=BUILD.config.score_bits == 16)
async def all_wide_scores(bench):
    """All 65 536 scores in 16-bit mode through every pair of lanes, or a sample of them."""
    count, pairs = 65536, LANES // 2
    for turn in range(TURNS):
        await bench.load(PLAN.heads(turn))
        heads = wide_heads(bench)
        if not heads:
            continue
        words = np.arange(0, count, 1 if PLAN.exhaustive else 53, dtype=np.int64)
        words = (words[:, None] + 7919 * np.arange(pairs)).astype("<u2")
        await bench.stream(plain_beats(words.view(np.uint8), heads[0]))
        if PLAN.exhaustive:
            return


@bench_test(StreamTB, each_seed=True)
async def random_streams(bench, seed):
    """Random scores, masks, heads and rows under random pauses of the source and the sink."""
    rng = generator(seed)
    for turn, (share, gap, stall) in enumerate(RATES, start=seed):
        await bench.load(PLAN.heads(turn))
        beats = random_beats(rng, math.ceil(share * PLAN.beats), LANES, HEADS)
        await bench.stream(beats, rng=rng, gap=gap, stall=stall)


@bench_test(StreamTB, when=BUILD.config.score_bits == 8)
async def recorded_scores(bench):
    """Scores of real models with their masks: recorded head k goes through head k, in turns."""
    heads = recorded_heads()
    each = math.ceil(PLAN.beats / len(heads))
    parts = []
    for index, one in enumerate(heads):
        rows = one.rows(64)
        count = min(each, rows.scores.size // LANES)
        scores, mask = (
            part.reshape(-1)[: count * LANES].reshape(count, LANES)
            for part in (rows.scores.view(np.uint8), rows.mask)
        )
        parts.append(plain_beats(scores, index % HEADS))
        parts[-1].mask[:] = mask
    await bench.stream(join(parts), rng=generator(12), stall=0.1)


@bench_test(StreamTB)
async def latency_and_throughput(bench):
    """Without stalls: the first output after the stated latency, then a beat a cycle."""
    rng = generator(1)
    for count in (1, 2, 200):
        await bench.stream(random_beats(rng, count, LANES, HEADS))
        assert bench.trace.latency == LATENCY, f"latency {bench.trace.latency}, {LATENCY} is stated"
        assert bench.trace.span == count - 1, (
            f"{count} beats came out in {bench.trace.span + 1} cycles"
        )


@bench_test(StreamTB)
async def valid_does_not_wait_for_ready(bench):
    """With the sink never ready the pipeline fills up and offers its first beat."""
    offered, taken = await bench.fill(random_beats(generator(11), 30, LANES, HEADS), LATENCY + 4)
    assert offered == LATENCY, "m_valid stays low while m_ready is low"
    assert taken == LATENCY, f"{taken} beats taken in while the sink rests, {LATENCY} fit"
    await bench.reset()


@bench_test(StreamTB, when=LOADABLE and HEADS > 1)
async def load_another_head_in_mid_stream(bench):
    """While beats of the other heads flow, one head gets new tables, then joins in."""
    rng = generator(2)
    for head in range(min(HEADS, 4)):
        before = list(bench.contents)
        after = list(before)
        after[head] = PLAN.after(before[head])
        writes = MODEL.writes(head, after[head])
        rng.shuffle(writes)
        others = random_beats(rng, len(writes) + 20, LANES, HEADS - 1)
        others.heads[:] += others.heads >= head
        bench.contents = after
        await bench.stream(
            others + random_beats(rng, 100, LANES, HEADS),
            rng=rng,
            stall=0.3 * (head % 2),
            writes=writes,
            barrier=len(others),
            before=before,
        )
        COVERAGE.event("table load in mid-stream")


@bench_test(StreamTB, when=LOADABLE and HEADS == 1)
async def load_between_rows(bench):
    """The only head gets new tables between two rows, with no idle cycle more than the load."""
    rng = generator(3)
    for turn in range(1, TURNS + 1):
        await bench.stream(random_beats(rng, 50, LANES, 1))
        bench.contents = PLAN.heads(turn)
        second = random_beats(rng, 50, LANES, 1)
        await bench.stream(second, writes=MODEL.writes(0, bench.contents[0]))
        COVERAGE.event("table load in mid-stream")


@bench_test(StreamTB)
async def reset_in_mid_row(bench):
    """Reset drops what is in flight; afterwards the unit works on, with the tables it had."""
    rng = generator(4)
    for stop in (0, 1, 7, 20):
        beats = random_beats(rng, 60, LANES, HEADS)
        beats.last[:] = False
        await bench.stream(beats, rng=rng, stall=0.4, stop=(0, stop))
        await bench.reset(1 + stop % 2)
        COVERAGE.event("reset in mid-row")
        await bench.stream(random_beats(rng, 30, LANES, HEADS))


@bench_test(StreamTB)
async def masks(bench):
    """Masked lanes give exactly 0, whatever their score; every lane alone, none, all."""
    rng = generator(5)
    one = np.eye(LANES, dtype=bool)
    mask = np.concatenate([one, ~one, np.zeros((4, LANES), bool), np.ones((4, LANES), bool)])
    for turn in range(TURNS):
        await bench.load(PLAN.heads(turn))
        for head in range(min(HEADS, 4)):
            beats = loud_beats(bench, rng, len(mask), head)
            beats.mask[:] = mask
            await bench.stream(beats, rng=rng, stall=0.2)


@bench_test(StreamTB)
async def saturation(bench):
    """Scores whose code is the largest one, and the codes around the step to it."""
    rng = generator(6)
    for turn in range(TURNS):
        await bench.load(PLAN.heads(turn))
        for head in range(min(HEADS, 4)):
            await bench.stream(loud_beats(bench, rng, 40, head), rng=rng, stall=0.2)


@bench_test(StreamTB, when=HEADS > 1)
async def another_head_every_beat(bench):
    """No two neighbouring beats use the same head."""
    rng = generator(7)
    for stall in (0.0, 0.4):
        beats = random_beats(rng, 300, LANES, HEADS)
        steps = rng.integers(1, HEADS, len(beats)) if HEADS > 2 else np.ones(len(beats), int)
        beats.heads[:] = np.cumsum(steps) % HEADS
        await bench.stream(beats, rng=rng, stall=stall)


@bench_test(StreamTB, when=HEADS & (HEADS - 1) != 0)
async def head_index_past_the_last(bench):
    """An index without a head counts as the last head, and harms no other beat."""
    rng = generator(10)
    await bench.stream(random_beats(rng, 200, LANES, bench.all_indices()), rng=rng, stall=0.3)


@bench_test(StreamTB, when=len(COVERAGE.roles) == len(ROLES) and HEADS > 1)
async def another_mode_every_beat(bench):
    """8-bit and 16-bit beats take turns."""
    rng = generator(8)
    for turn in range(TURNS):
        await bench.load(PLAN.heads(turn))
        wide = wide_heads(bench)
        narrow = [h for h in range(HEADS) if h not in wide]
        beats = random_beats(rng, 200, LANES, HEADS)
        beats.heads[0::2] = rng.choice(wide, 100)
        beats.heads[1::2] = rng.choice(narrow, 100)
        await bench.stream(beats, rng=rng, stall=0.3 * (turn % 2))


@bench_test(StreamTB, stage=1)
async def coverage(bench):
    """The declared coverage is full; what the tests before left open is aimed at first."""
    rng = generator(9, *PLAN.seeds)
    sent = 0
    for turn in range(40):
        if not COVERAGE.missing() or sent >= 16 * PLAN.beats:
            break
        await bench.load(PLAN.heads(turn))
        beats = random_beats(rng, min(PLAN.beats, 4096), LANES, HEADS)
        aim(bench, rng, beats)
        await bench.stream(beats, rng=rng, gap=0.05, stall=0.5)
        sent += len(beats)
    check_coverage()


def aim(bench, rng, beats: Beats):
    """Replace most codes of `beats` by codes that still miss a bin in their role."""
    wide = np.isin(beats.heads, wide_heads(bench))
    for role in COVERAGE.roles:
        codes = COVERAGE.missing_codes(role)
        if not codes.size:
            continue
        rows = np.nonzero(wide != (role == ROLES[0]))[0]
        first, step = {ROLES[0]: (0, 1), ROLES[1]: (0, 2), ROLES[2]: (1, 2)}[role]
        lanes = np.arange(first, LANES, step)
        beats.scores[np.ix_(rows, lanes)] = rng.choice(codes, (len(rows), len(lanes)))


def loud_beats(bench, rng, count, head) -> Beats:
    """Return beats of one head, most of them with the largest codes that it has."""
    tables = bench.contents[head]
    step = 2 if tables.config.score_bits == 16 else 1
    order = np.argsort(tables.codes, kind="stable")
    loud = order[-max(len(order) // 8, 1) :] - len(order) // 2
    around = np.searchsorted(tables.codes[order], tables.config.max_code)
    edge = order[max(around - 4, 0) : around + 4] - len(order) // 2
    values = rng.choice(np.concatenate([loud, np.repeat(edge, 8)]), (count, LANES // step))
    scores = values.astype("<i2" if step == 2 else np.int8).view(np.uint8)
    return plain_beats(scores.reshape(count, LANES), head)
