# SPDX-License-Identifier: Apache-2.0
"""cocotb tests of the ConSmax AXI top; the same ones run in every simulator."""

import math

import numpy as np
from surmax.tb.benches.axi_tb import AxiTB
from surmax.tb.benches.register_tb import RegisterTB
from surmax.tb.benches.shared import MODEL, PLAN, bench_test, check_coverage, generator
from surmax.tb.consmax.addresses import ID, table_address
from surmax.tb.core.beats import plain_beats, random_beats

BUILD = PLAN.build
LANES, HEADS = BUILD.lanes, BUILD.heads
LOADABLE = MODEL.loadable
WORD = bytes([0x5A, 0x01, 0, 0])


@bench_test(AxiTB)
async def all_codes_in_every_lane(bench):
    """Every byte on every lane, a different one on each, as one long frame."""
    scores = np.arange(256, dtype=np.uint8)[:, None] + 37 * np.arange(LANES, dtype=np.uint8)
    for head in range(min(HEADS, 2)):
        await bench.stream(plain_beats(scores, head))


@bench_test(AxiTB, each_seed=True)
async def random_frames(bench, seed):
    """Random frames, masks, heads and missing bytes, with pauses in every channel."""
    rng = generator(seed)
    for turn, rate in enumerate((0.0, 0.2, 0.5)):
        bench.pause(rng, rate)
        await bench.load(PLAN.heads(turn + seed))
        # The stock drivers are slow: this test takes a tenth of the beats of the stream bench.
        beats = random_beats(rng, math.ceil(PLAN.beats / 30), LANES, HEADS)
        keep = rng.random(beats.scores.shape) < 0.9
        await bench.stream(beats, keep)


@bench_test(AxiTB)
async def short_last_beat(bench):
    """Frames that end within a beat: the driver sends the missing bytes without TKEEP."""
    rng = generator(1)
    for missing in range(1, LANES):
        beats = random_beats(rng, 3, LANES, HEADS)
        beats.last[:] = [False, False, True]
        beats.heads[:] = beats.heads[0]
        keep = np.ones(beats.scores.shape, dtype=bool)
        keep[-1, LANES - missing :] = False
        await bench.stream(beats, keep)


@bench_test(AxiTB)
async def registers(bench):
    """The read-only registers say what the unit is; other addresses answer SLVERR."""
    known = MODEL.register_map(bench.contents).registers
    rng = generator(2)
    for rate in (0.0, 0.4):
        bench.pause(rng, rate)
        await bench.check_registers(known, (0x10, 0x20, 0x4000, 0x8000, 0x8004, 0xFFFC))
        assert not await bench.write(ID, WORD), "write of a read-only register is answered OKAY"
        assert await bench.read(ID) == (True, known[ID])


def bad_addresses():
    """Return addresses that hold no table word."""
    config = BUILD.config
    good = table_address(0, 0, 0)
    past_tables = good | (config.tables + (config.score_bits == 16)) << 6
    bad = [0x0000, 0x0010, 0x4000, 0x7FFC, past_tables, 0x81C0]
    bad += [good | HEADS << 9] if HEADS < 64 else []
    if config.score_bits == 16:
        bad.append(table_address(0, config.tables, 0) + 4)
    return bad


@bench_test(AxiTB)
async def refused_writes_change_nothing(bench):
    """Bad addresses and parts of words answer SLVERR, and the tables stay as they are."""
    good = table_address(0, 0, 0)
    for address in bad_addresses():
        assert not await bench.write(address, WORD), f"write to {address:#06x} is answered OKAY"
    for data, offset in ((WORD[:1], 0), (WORD[:2], 0), (WORD[:2], 2), (WORD[:3], 1)):
        assert not await bench.write(good + offset, data), f"{len(data)} bytes are answered OKAY"
    if not LOADABLE:
        assert not await bench.write(good, WORD), "write to built-in tables is answered OKAY"
    scores = np.repeat(np.arange(256, dtype=np.uint8)[:, None], LANES, axis=1)
    await bench.stream(plain_beats(scores, 0))


@bench_test(RegisterTB, when=LOADABLE, each_seed=True)
async def every_stored_bit(bench, seed):
    """Heads hold random words and their inverse in turns; every word of them is looked up."""
    rng = generator(12, seed)
    wide = BUILD.config.score_bits == 16
    contents = MODEL.drawn(8, rng)
    shape = -(-(512 if wide else 256) // LANES), LANES
    for turn in range(len(contents)):
        await bench.load([contents[(turn + head) % len(contents)] for head in range(HEADS)])
        for head in rng.choice(HEADS, min(HEADS, 8), replace=False).tolist():
            scores = rng.integers(0, 256, shape, dtype=np.uint8)
            if not wide:
                scores[:] = np.resize(rng.permutation(256), shape)
            await bench.stream(plain_beats(scores, head))


@bench_test(AxiTB, when=LOADABLE and HEADS > 1)
async def load_another_head_in_mid_stream(bench):
    """While frames of the other heads flow, one head gets new tables, then joins in."""
    rng = generator(3)
    bench.pause(rng, 0.2)
    for head in range(min(HEADS, 2)):
        others = random_beats(rng, 400, LANES, HEADS - 1)
        await bench.load_in_mid_stream(head, [PLAN.after(bench.contents[head])], others)
        await bench.stream(random_beats(rng, 60, LANES, HEADS))


@bench_test(AxiTB)
async def reset_in_mid_row(bench):
    """Reset in the middle of a frame; afterwards the unit works on, with the tables it had."""
    rng = generator(4)
    for cycles in (3, 20, 37):
        beats = random_beats(rng, 100, LANES, HEADS)
        beats.last[:] = False
        beats.last[-1] = True
        await bench.reset_under_way(beats, cycles, rest=cycles == 20)
        await bench.stream(random_beats(rng, 20, LANES, HEADS))


@bench_test(AxiTB, stage=1)
async def coverage(bench):
    """The declared coverage is full."""
    check_coverage()
