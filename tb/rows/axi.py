# SPDX-License-Identifier: Apache-2.0
"""cocotb tests of the AXI tops of row units; the same ones run in every simulator."""

import math

import numpy as np
from surmax.tb.benches.axi_tb import AxiTB
from surmax.tb.benches.register_tb import OKAY, RegisterTB
from surmax.tb.benches.shared import COVERAGE, MODEL, PLAN, bench_test, check_coverage, generator
from surmax.tb.core.beats import join
from surmax.tb.rows.addresses import ILLEGAL, OVERLONG, STATUS, constants_address
from surmax.tb.rows.stimulus import ADVERSARIAL, make_row, random_rows, random_scores

BUILD = PLAN.build
LANES, HEADS, LONGEST, POSITIONS = BUILD.lanes, BUILD.heads, BUILD.max_beats, BUILD.max_length
LOADABLE = MODEL.loadable
WORD = MODEL.word(PLAN.pool[0]).to_bytes(4, "little")
REGISTERS = MODEL.registers()
# A number past the last register, and others that are no address of anything.
NOWHERE = [max(REGISTERS) + 4, 0x20, 0x4000, 0x7FFC, 0x8004, 0x8200, 0xFFF8, 0xFFFC]
NOWHERE += [constants_address(HEADS)] if HEADS < 64 else []
WORDS = MODEL.illegal_words() if LOADABLE else {}


def some_rows(rng, count, heads=HEADS, **options):
    """Return random rows for this unit."""
    return random_rows(rng, count, LANES, LONGEST, heads, **options)


async def status(bench):
    """Return the sticky bits."""
    okay, value = await bench.read(STATUS)
    assert okay, "read of STATUS is refused"
    return value


async def clear(bench, bits):
    """Write ones to STATUS."""
    assert await bench.write(STATUS, bits.to_bytes(4, "little")), "STATUS is refused"


@bench_test(AxiTB, each_seed=True)
async def random_frames(bench, seed):
    """Random frames, masks, heads and missing bytes, with pauses in every channel."""
    rng = generator(seed)
    for turn, rate in enumerate((0.0, 0.2, 0.5)):
        bench.pause(rng, rate)
        await bench.load(PLAN.heads(turn + seed))
        # The stock drivers are slow: this test takes a tenth of the beats of the stream bench.
        rows = some_rows(rng, math.ceil(PLAN.beats / 30))
        await bench.stream(rows, rng.random(rows.scores.shape) < 0.9)


@bench_test(AxiTB)
async def adversarial_frames(bench):
    """Rows that are hard on maximum, clamp or sum, the longest and a short one."""
    rng = generator(1)
    rows = [
        make_row(shape(length), int(rng.integers(HEADS)), LANES)
        for shape in ADVERSARIAL.values()
        for length in (POSITIONS, max(1, LANES - 1))
    ]
    await bench.stream(join(rows))


@bench_test(AxiTB)
async def missing_bytes_among_close_scores(bench):
    """Half of the bytes are missing, and the others so close that every bit of them shows."""
    rng = generator(31)
    for turn in range(8):
        middle = int(rng.integers(-120, 120))
        scores = middle + rng.integers(-4, 5, POSITIONS)
        rows = make_row(scores, turn % HEADS, LANES)
        await bench.stream(rows, rng.random(rows.scores.shape) < 0.5)


@bench_test(AxiTB)
async def short_last_beat(bench):
    """Frames that end within a beat: the driver sends the missing bytes without TKEEP."""
    rng = generator(2)
    for missing in range(1, LANES):
        for beats in sorted({1, LONGEST}):
            row = make_row(random_scores(rng, beats * LANES), HEADS - 1, LANES)
            keep = np.ones(row.scores.shape, dtype=bool)
            keep[-1, LANES - missing :] = False
            await bench.stream(row, keep)


@bench_test(AxiTB)
async def registers(bench):
    """The read-only registers say what the unit is; other addresses answer SLVERR."""
    rng = generator(3)
    for rate in (0.0, 0.4):
        bench.pause(rng, rate)
        await bench.check_registers(REGISTERS, NOWHERE)
        for address in REGISTERS.keys() - {STATUS}:
            assert not await bench.write(address, WORD), f"write of register {address:#x} is taken"
            assert await bench.read(address) == (True, REGISTERS[address]), f"register {address:#x}"


async def check_constants(bench):
    """Read the constants of all heads back, where there are any."""
    for head, one in enumerate(bench.contents if MODEL.fields else ()):
        read = await bench.read(constants_address(head))
        assert read == (True, MODEL.word(one)), f"constants of head {head} read back as {read}"
        COVERAGE.event("constants read back")


@bench_test(AxiTB, when=bool(MODEL.fields))
async def constants_read_back(bench):
    """Every head reads back the constants that were written to it or built in."""
    rng = generator(4)
    for turn in range(len(PLAN.pool) if LOADABLE else 1):
        bench.pause(rng, 0.3 * (turn % 2))
        await bench.load(PLAN.heads(turn))
        await check_constants(bench)
    await bench.reset()
    await check_constants(bench)


@bench_test(RegisterTB, when=LOADABLE, each_seed=True)
async def every_stored_bit(bench, seed):
    """Heads hold random constants, which they read back and compute with."""
    rng = generator(11, seed)
    places = [constants_address(head) for head in range(HEADS)]
    for _ in range(8):
        await bench.load(MODEL.drawn(HEADS, rng))
        _, answers = await bench.transact(reads=places)
        stored = [(OKAY, MODEL.word(one)) for one in bench.contents]
        assert answers == stored, f"constants read back as {answers}, expected {stored}"
        await bench.stream(some_rows(rng, 4 * LONGEST, overlong=0.0))


@bench_test(AxiTB, when=bool(WORDS))
async def illegal_constants(bench):
    """Constants just out of bounds answer SLVERR and set the sticky bit; the old ones hold."""
    rng = generator(5)
    for head in range(min(HEADS, 2)):
        for name, word in WORDS.items():
            assert await status(bench) == 0, f"STATUS is not 0 before {name}"
            taken = await bench.write(constants_address(head), word.to_bytes(4, "little"))
            assert not taken, f"{name} is answered OKAY"
            assert await status(bench) == ILLEGAL, f"{name} leaves STATUS as it was"
            await check_constants(bench)
            await clear(bench, OVERLONG)
            assert await status(bench) == ILLEGAL, "STATUS is cleared by the wrong bit"
            await clear(bench, ILLEGAL)
            assert await status(bench) == 0, "STATUS cannot be cleared"
            COVERAGE.event("illegal constants reported")
            COVERAGE.event("illegal constants cleared")
        await bench.stream(some_rows(rng, 2 * LONGEST, overlong=0.0))


@bench_test(AxiTB)
async def refused_writes_change_nothing(bench):
    """Bad addresses and parts of words answer SLVERR; constants and STATUS stay as they are."""
    good = constants_address(0)
    for address in NOWHERE if LOADABLE else [*NOWHERE, good]:
        assert not await bench.write(address, WORD), f"write to {address:#06x} is answered OKAY"
    for address in (good, STATUS):
        for data, offset in ((WORD[:1], 0), (WORD[:2], 0), (WORD[:2], 2), (WORD[:3], 1)):
            taken = await bench.write(address + offset, data)
            assert not taken, f"{len(data)} bytes are answered OKAY at {address:#06x}"
    assert await status(bench) == 0, "STATUS is set by a refused write"
    await check_constants(bench)
    await bench.stream(some_rows(generator(6), 2 * LONGEST, overlong=0.0))


@bench_test(AxiTB)
async def overlong_frames(bench):
    """A frame that is too long is cut and sets the sticky bit; the next frame is right."""
    rng = generator(7)
    for beats in (LONGEST + 1, 2 * LONGEST):
        row = make_row(random_scores(rng, beats * LANES), HEADS - 1, LANES)
        normal = some_rows(rng, 2 * LONGEST, overlong=0.0)
        for rows in (row, join([row, row, normal])):
            assert await status(bench) == 0, "STATUS is not 0 before an over-long frame"
            await bench.stream(rows)
            assert await status(bench) == OVERLONG, "an over-long frame leaves STATUS as it was"
            await bench.stream(normal)
            assert await status(bench) == OVERLONG, "STATUS is not sticky"
            COVERAGE.event("over-long row reported")
            await clear(bench, ILLEGAL)
            assert await status(bench) == OVERLONG, "STATUS is cleared by the wrong bit"
            await clear(bench, OVERLONG)
            assert await status(bench) == 0, "STATUS cannot be cleared"
            COVERAGE.event("over-long row cleared")
    await bench.stream(row)
    bits = (OVERLONG | ILLEGAL).to_bytes(4, "little")
    for bit in range(2, 16):
        place = STATUS ^ 1 << bit
        assert not await bench.write(place, bits), f"write to {place:#06x} is answered OKAY"
        assert await status(bench) == OVERLONG, f"STATUS is cleared by a write to {place:#06x}"
    await bench.reset()
    assert await status(bench) == 0, "STATUS is set after reset"


def null_beats(row, *last):
    """Return `row` without its TLAST, followed by a beat for each TLAST bit; and TKEEP of all.

    The beats behind the row are null beats with scores that would show.
    """
    row.last[-1] = False
    more = make_row(np.full(len(last) * LANES, 127), HEADS - 1, LANES)
    more.last[:] = last
    return join([row, more]), np.arange(len(row) + len(last))[:, None] < np.full(LANES, len(row))


@bench_test(AxiTB)
async def frames_that_end_with_null_beats(bench):
    """A null beat ends a row of any length; behind a row of full length it is not reported."""
    rng = generator(11)
    for beats in sorted({1, LONGEST}):
        for ends in ((True,), (False, False, True), (True, True)):
            row = make_row(random_scores(rng, beats * LANES), HEADS - 1, LANES)
            rows, keep = null_beats(row, *ends)
            normal = some_rows(rng, LONGEST, overlong=0.0)
            normal.last[-1] = True
            keep = np.concatenate([keep, np.ones(normal.scores.shape, dtype=bool)])
            await bench.stream(join([rows, normal]), keep)
            assert await status(bench) == 0, f"null beats behind {beats} beats set STATUS"
            kind = "full" if beats == LONGEST else "short"
            COVERAGE.event(f"{kind} row ended by a null beat")
            COVERAGE.events({"row of a null beat only": len(ends) == 2})
    # Masked by TUSER is not absent: its code is owed. A byte behind null beats is lost as well.
    for name, nulls, masked in (("masked", 0, True), ("late", 2, False)):
        row = make_row(random_scores(rng, LONGEST * LANES), HEADS - 1, LANES)
        rows, keep = null_beats(row, *[False] * nulls, True)
        keep[-1, rng.integers(LANES)] = True
        rows.mask[-1] = masked
        await bench.stream(rows, keep)
        assert await status(bench) == OVERLONG, f"a {name} byte is dropped and STATUS is 0"
        COVERAGE.event("over-long row with null beats reported")
        await clear(bench, OVERLONG)


@bench_test(AxiTB, when=LOADABLE and HEADS > 1)
async def load_another_head_in_mid_stream(bench):
    """While frames of the other heads flow, one head gets new constants, then joins in."""
    rng = generator(8)
    bench.pause(rng, 0.2)
    for head in range(min(HEADS, 2)):
        # The last one replaces the others.
        contents = [*PLAN.pool[:3], PLAN.after(bench.contents[head])]
        others = some_rows(rng, 12 * LONGEST, HEADS - 1)
        await bench.load_in_mid_stream(head, contents, others)
        await bench.stream(some_rows(rng, 4 * LONGEST))


@bench_test(AxiTB)
async def reset_in_mid_row(bench):
    """Reset in the middle of a frame; afterwards the unit works on, with the constants it had."""
    rng = generator(9)
    for cycles in (1, 3, LONGEST + 4, 20, 37):
        rows = some_rows(rng, 60 + 4 * LONGEST)
        await bench.reset_under_way(rows, cycles, rest=cycles == 20)
        await bench.stream(some_rows(rng, 20))


@bench_test(AxiTB, stage=1)
async def coverage(bench):
    """The declared coverage is full; what the tests before left open is aimed at first."""
    rng = generator(10, *PLAN.seeds)
    for turn in range(12):
        bench.pause(rng, 0.3 * (turn % 2))
        kinds = COVERAGE.wanted()
        if not kinds or turn * 60 > PLAN.beats:
            break
        await bench.stream(some_rows(rng, max(60, 12 * LONGEST), kinds=kinds))
    check_coverage()
