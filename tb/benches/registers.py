# SPDX-License-Identifier: Apache-2.0
"""cocotb tests of the AXI4-Lite port that hold for every AXI top with a register map.

They run beside the tests of the unit's own AXI bench: every bit of the address, unaligned accesses,
parts of words, address and data of a write in any order, and answers that have to wait.
"""

import numpy as np
from surmax.tb.benches.register_tb import OKAY, SLVERR, WHOLE, Access, Pauses, RegisterTB
from surmax.tb.benches.shared import COVERAGE, MODEL, PLAN, bench_test, generator
from surmax.tb.core.beats import plain_beats
from surmax.tb.core.registers import RegisterMap

BUILD = PLAN.build
MAP = MODEL.register_map(PLAN.heads(0))
ADDRESS_BITS = 16
# Words that would be legal somewhere: other contents than the heads hold at first.
OTHER = MODEL.register_map(PLAN.heads(1))
WORDS = sorted({1, 3, *(OTHER.stored.values() if OTHER else ())})
BASES = 6  # words of the heads around which addresses are tried
# Pauses of the five channels: none, each side first, answers that wait, and a mixture.
ORDERS = (
    {},
    {"w": 3},
    {"aw": 3},
    {"b": 12, "r": 12},
    {"aw": 2, "b": 7, "ar": 1, "r": 5},
    {"w": 1, "b": 9, "r": 2},
)


def known_map() -> RegisterMap:
    """Return the map of the unit that is simulated."""
    assert MAP is not None
    return MAP


def bases(rng: np.random.Generator) -> list[int]:
    """Return every register and some words of the heads, the first and last one among them."""
    stored = sorted(known_map().stored)
    some = {*stored[:1], *stored[-1:]}
    if stored:
        some |= set(rng.choice(stored, min(len(stored), BASES)).tolist())
    return [*known_map().registers, *sorted(some)]


def addresses(rng: np.random.Generator) -> list[int]:
    """Return addresses one bit away from one that means something, walking ones, random ones."""
    ones = [1 << bit for bit in range(ADDRESS_BITS)]
    found = [base ^ one for base in bases(rng) for one in (0, *ones)]
    found += [base | low for base in bases(rng) for low in (1, 2, 3)]
    found += [*ones, *rng.integers(0, 1 << ADDRESS_BITS, 64).tolist()]
    return rng.permutation(found).tolist()


async def check_reads(bench: RegisterTB, asked: list[int], pauses: Pauses | None = None) -> None:
    """Read these addresses; each answers what the map says of it."""
    readable = known_map().readable
    _, answers = await bench.transact(reads=asked, pauses=pauses)
    for address, (answer, word) in zip(asked, answers, strict=True):
        expected = (OKAY, readable[address]) if address in readable else (SLVERR, 0)
        assert (answer, word) == expected, (
            f"read of {address:#06x} answers {answer} with {word:#x}, "
            f"expected {expected[0]} with {expected[1]:#x}"
        )


async def check_unchanged(bench: RegisterTB) -> None:
    """Read everything back that can be read, and compare codes of every head."""
    await check_reads(bench, list(known_map().readable))
    # Every byte once, in frames that are short enough for the unit.
    scores = np.resize(np.arange(256, dtype=np.uint8), (-(-256 // BUILD.lanes), BUILD.lanes))
    for head in range(min(BUILD.heads, 2)):
        beats = plain_beats(scores, head)
        beats.last[BUILD.max_beats - 1 :: BUILD.max_beats] = True
        await bench.stream(beats)


@bench_test(RegisterTB, when=MAP is not None)
async def every_address_bit_of_reads(bench):
    """Only whole words that the map names answer OKAY, whichever bit of the address differs."""
    rng = generator(21)
    for pauses in (None, Pauses.random(rng, 0.3)):
        asked = addresses(rng)
        await check_reads(bench, asked, pauses)
        unaligned = any(address % 4 for address in asked)
        COVERAGE.events({"read of an unaligned address": unaligned})


@bench_test(RegisterTB, when=MAP is not None)
async def every_address_bit_of_writes(bench):
    """Writes elsewhere than the map says, or of parts of words, answer SLVERR, change nothing."""
    rng = generator(22)
    writable = sorted(known_map().writable)
    tried = [a for a in addresses(rng) if a not in writable]
    # What would be legal in the right place, and shows in the wrong one.
    writes = [Access(a, int(rng.choice(WORDS))) for a in tried]
    some = rng.choice(writable, min(len(writable), 4)).tolist() if writable else []
    writes += [
        Access(int(address), int(rng.choice(WORDS)), strobe)
        for address in some
        for strobe in range(WHOLE)
    ]
    for pauses in (None, Pauses.random(rng, 0.3)):
        answers, _ = await bench.transact(writes, pauses=pauses)
        for one, answer in zip(writes, answers, strict=True):
            assert answer == SLVERR, (
                f"write to {one.address:#06x} with strobe {one.strobe:04b} is answered {answer}"
            )
        COVERAGE.events(
            {
                "write to an unaligned address": any(one.address % 4 for one in writes),
                "part of a word written": bool(some),
            }
        )
        await check_unchanged(bench)


@bench_test(RegisterTB, when=MAP is not None)
async def answers_in_order(bench):
    """Each access has one answer, its own, in every order of the channels and however it waits."""
    rng = generator(23)
    table = known_map()
    good = [Access(a, table.stored[a]) for a in table.stored if table.loadable]
    good += [] if table.status is None else [Access(table.status, 3)]
    bad = [Access(a, 1) for a in addresses(rng) if a not in table.writable]
    patterns = [Pauses.fixed(**order) for order in ORDERS]
    for pauses in [*patterns, Pauses.random(rng, 0.2), Pauses.random(rng, 0.6)]:
        kinds = rng.integers(0, 2, 16) if good else np.zeros(16, dtype=int)
        writes = [(bad, good)[kind][rng.integers(len((bad, good)[kind]))] for kind in kinds]
        asked = rng.choice([*table.readable, *addresses(rng)[: len(table.readable)]], 16).tolist()
        answers, reads = await bench.transact(writes, asked, pauses)
        expected = [OKAY if kind else SLVERR for kind in kinds]
        assert answers == expected, f"writes are answered {answers}, expected {expected}"
        words = [(OKAY, table.readable[a]) if a in table.readable else (SLVERR, 0) for a in asked]
        assert reads == words, f"reads are answered {reads}, expected {words}"
    await check_unchanged(bench)
