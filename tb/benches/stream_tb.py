# SPDX-License-Identifier: Apache-2.0
"""The test bench of the stream top: clock, reset, source, sink, model and scoreboard.

Source, sink, table loader and monitor are one coroutine that wakes once a cycle: at the rising edge
it reads what the registers sample, all outputs as one vector, and writes all inputs as one vector
(see surmax.tb.harness). Outputs are kept as strings of bits and compared in bulk by NumPy.
"""

from collections.abc import Iterator, Sequence
from itertools import cycle, repeat
from typing import Any

import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge
from surmax.golden import ConsmaxTables
from surmax.tb.benches.beats import Beats, pack, pack_bits
from surmax.tb.benches.session import CLOCK_NS, COVERAGE, PLAN
from surmax.tb.coverage import Observation
from surmax.tb.harness import Harness
from surmax.tb.model import TableWrite, expected_codes, load_writes

# Cycles without any progress after which a stream counts as stuck: far more than a random stall.
_PATIENCE = 2000
# Lengths of the random patterns of gaps and stalls, which repeat: different primes, so that in a
# long stream the two meet in ever new phases.
_GAPS, _STALLS = 4093, 4099
_VALID, _READY = 1, 2


class TB:
    """Drives the stream top and checks all that comes out.

    Attributes:
        scores: scores checked so far.
        tables: what each head holds.
        latency: cycles from acceptance to output of the first beat of the last stream.
        span: cycles from the first to the last output of the last stream.
        edge: trigger of the rising clock edge.
    """

    def __init__(self, dut: Any) -> None:
        self.build = PLAN.build
        self.scores = self.latency = self.span = 0
        self.tables = PLAN.heads(0)
        self._rst, self._drive, self._sense = dut.rst, dut.drive, dut.sense
        self._fields = Harness(self.build).drive
        # Driven from C++ in both simulators: by default Icarus would get one in Python.
        self._clock = Clock(dut.clk, CLOCK_NS, "ns", impl="gpi")
        self.edge = RisingEdge(dut.clk)

    async def start(self) -> None:
        """Start the clock, reset, and load the tables of turn 0."""
        self._drive.value = 0
        self._clock.start()
        await self.reset()
        await self.load(self.tables)

    async def finish(self) -> None:
        """Check that nothing more comes out."""
        await self._expect_silence()
        self._clock.stop()

    async def reset(self, cycles: int = 3) -> None:
        """Reset; what is in flight is gone afterwards, tables and modes stay."""
        self._drive.value = 0
        self._rst.value = 1
        for _ in range(cycles):
            await self.edge
        self._rst.value = 0
        await self.edge
        assert not self.sample()[0], "m_valid is set after reset"

    def put(self, *, valid: bool, ready: bool) -> None:
        """Set the handshake inputs by hand, the others to 0."""
        self._drive.value = valid * _VALID | ready * _READY

    def sample(self) -> tuple[bool, bool]:
        """Return m_valid and s_ready; raises AssertionError when one is undefined."""
        bits = str(self._sense.value)
        assert set(bits[-2:]) <= set("01"), f"s_ready, m_valid are {bits[-2:]}"
        return bits[-1] == "1", bits[-2] == "1"

    async def load(self, tables: Sequence[ConsmaxTables]) -> None:
        """Load every head while no beat is under way; nothing to do for constant storage."""
        self.tables = list(tables)
        if self.build.storage == "loadable":
            writes = [w for h, one in enumerate(tables) for w in self.writes(h, one)]
            await self.stream(_no_beats(self.build.lanes), writes=writes)

    def writes(self, head: int, tables: ConsmaxTables) -> list[TableWrite]:
        """Return the table writes that load one head."""
        return load_writes(self.build.config, head, tables)

    async def _expect_silence(self) -> None:
        self.put(valid=False, ready=True)
        for _ in range(self.build.latency + 3):
            await self.edge
            assert not self.sample()[0], "an output beat too many"
        self.put(valid=False, ready=False)

    async def stream(
        self,
        beats: Beats,
        *,
        rng: np.random.Generator | None = None,
        gap: float = 0.0,
        stall: float = 0.0,
        writes: Sequence[TableWrite] = (),
        barrier: int = 0,
        before: Sequence[ConsmaxTables] | None = None,
        stop: int | None = None,
    ) -> None:
        """Send `beats`, take and check every output, and check that no further one comes.

        Args:
            beats: what to send.
            rng: for the random gaps and stalls.
            gap: probability that the source pauses for a cycle before a beat.
            stall: probability that the sink is not ready in a cycle.
            writes: table writes, one a cycle, from the first cycle on.
            barrier: index of the beat that waits until all writes are done.
            before: what the heads hold for the beats before the barrier; None: as after it.
            stop: leave after this many output beats, with the rest in flight.

        Raises:
            AssertionError: a beat is wrong, missing, one too many, or changes while it waits; the
                line names beat, lane, expected and got.
        """
        parts = [(slice(0, barrier), before or self.tables)]
        parts.append((slice(barrier, len(beats)), self.tables))
        expected = np.concatenate([self._golden(beats[part], held) for part, held in parts])
        outputs, flags = await self._run(beats, rng, gap, stall, writes, barrier, stop)
        count = len(outputs)
        self._compare(beats[:count], expected[:count], outputs)
        for part, held in parts:
            part = slice(part.start, min(part.stop, count))
            self._count(beats[part], expected[part], held, [one[part] for one in flags])
        if stop is None:
            await self._expect_silence()

    def _golden(self, beats: Beats, tables: Sequence[ConsmaxTables]) -> np.ndarray:
        return expected_codes(self.build.config, tables, beats.scores, beats.heads, beats.mask)

    def _count(
        self,
        beats: Beats,
        codes: np.ndarray,
        tables: Sequence[ConsmaxTables],
        flags: list[np.ndarray],
    ) -> None:
        """Count checked scores and coverage."""
        wide = np.array([one.config.score_bits == 16 for one in tables])[beats.heads]
        self.scores += int(self.build.lanes * len(beats) - self.build.lanes // 2 * wide.sum())
        seen = (beats.scores, beats.mask, beats.heads, beats.last, codes, *flags)
        COVERAGE.sample(Observation(tables, *seen))

    def _words(self, beats: Beats) -> list[int]:
        """Return the vector for each beat, s_valid not set."""
        place = {name: field.offset for name, field in self._fields.items()}
        score, mask = place["s_scores"], place["s_mask"]
        head, last = place["s_head"], place["s_last"]
        rows = zip(
            pack(beats.scores),
            pack_bits(beats.mask),
            beats.heads.tolist(),
            beats.last.tolist(),
            strict=True,
        )
        return [s << score | m << mask | h << head | e << last for s, m, h, e in rows]

    def _write_words(self, writes: Sequence[TableWrite]) -> list[int]:
        """Return the vector for each table write, load_valid set."""
        if not writes:
            return []
        names = ("load_head", "load_table", "load_index", "load_word")
        valid = 1 << self._fields["load_valid"].offset
        shifts = [self._fields[name].offset for name in names]
        return [valid | sum(v << n for v, n in zip(one, shifts, strict=True)) for one in writes]

    async def _run(
        self,
        beats: Beats,
        rng: np.random.Generator | None,
        gap: float,
        stall: float,
        writes: Sequence[TableWrite],
        barrier: int,
        stop: int | None,
    ) -> tuple[list[str], list[np.ndarray]]:
        """Drive and collect; return the output bits by beat, and flags: held in, held out, gap."""
        drive, sense, edge = self._drive, self._sense, self.edge
        words, pending = self._words(beats), self._write_words(writes)[::-1]
        pauses, stalls = _pattern(rng, gap, _GAPS), _pattern(rng, stall, _STALLS)
        size = len(words)
        total = size if stop is None else min(stop, size)
        held_in, held_out, after_gap = (bytearray(size) for _ in range(3))
        outputs: list[str] = []
        accepted: list[int] = []
        taken_at: list[int] = []
        data = offer = ready = load = driven = 0
        loading = paused = False
        waiting = ""  # the output that was held in the last cycle
        sent = done = idle = now = 0
        while True:
            bits = str(sense.value)
            if offer:
                if bits[-2] == "1":
                    accepted.append(now)
                    sent += 1
                    offer = idle = 0
                else:
                    held_in[sent] = 1
            if bits[-1] == "1":
                if done >= len(accepted):
                    raise AssertionError(f"beat {done}: an output before its input was taken")
                output = bits[:-2]
                if waiting and output != waiting:
                    raise AssertionError(f"beat {done}: the output changed while it waited")
                if ready:
                    outputs.append(output)
                    taken_at.append(now)
                    done += 1
                    idle = 0
                    waiting = ""
                else:
                    held_out[done] = 1
                    waiting = output
            elif waiting or bits[-1] != "0":
                raise AssertionError(f"beat {done}: m_valid is {bits[-1]} before it was taken")
            if pending:
                load, loading, idle = pending.pop(), True, 0
            elif loading:
                load, loading = 0, False
            elif done >= total:
                break
            if not offer and sent < size and (sent < barrier or not loading):
                data = words[sent]
                if next(pauses):
                    paused = True
                else:
                    offer, after_gap[sent], paused = _VALID, paused, False
            ready = 0 if next(stalls) else _READY
            vector = data | offer | ready | load
            if vector != driven:
                drive.value = driven = vector
            idle += 1
            if idle > _PATIENCE:
                side = "output" if len(accepted) > done else "input"
                raise AssertionError(f"beat {done}: stuck at the {side} for {_PATIENCE} cycles")
            now += 1
            await edge
        drive.value = 0
        if outputs:
            self.latency = taken_at[0] - accepted[0]
            self.span = taken_at[-1] - taken_at[0]
        flags = [np.frombuffer(f, dtype=np.uint8) != 0 for f in (held_in, held_out, after_gap)]
        return outputs, flags

    def _compare(self, beats: Beats, expected: np.ndarray, outputs: list[str]) -> None:
        """Compare all beats at once; raise with the first difference and the number of them."""
        if not outputs:
            return
        characters = np.frombuffer("".join(outputs).encode(), dtype=np.uint8)
        bits = characters.reshape(len(outputs), -1) - ord("0")
        if (bits > 1).any():
            beat = int(np.argmax((bits > 1).any(axis=1)))
            raise AssertionError(f"beat {beat}: undefined output {outputs[beat]}")
        # Reversed: lane 0's lowest bit comes second, after TLAST.
        last = bits[:, -1] == 1
        packed = np.packbits(bits[:, -2::-1], axis=1, bitorder="little")
        received = packed.view(expected.dtype.newbyteorder("<"))
        wrong = np.argwhere(received != expected)
        if len(wrong):
            beat, lane = (int(v) for v in wrong[0])
            raise AssertionError(
                f"beat {beat} lane {lane}: expected {expected[beat, lane]}, "
                f"got {received[beat, lane]} (score byte {beats.scores[beat, lane]:#04x}, "
                f"head {beats.heads[beat]}, mask {int(beats.mask[beat, lane])}; "
                f"{len(wrong)} of {expected.size} lanes differ)"
            )
        differ = np.nonzero(last != beats.last)[0]
        if differ.size:
            beat = int(differ[0])
            raise AssertionError(
                f"beat {beat} TLAST: expected {int(beats.last[beat])}, got {int(last[beat])} "
                f"({differ.size} of {len(last)} beats differ)"
            )


def _no_beats(lanes: int) -> Beats:
    none = np.zeros((0, lanes), dtype=np.uint8)
    return Beats(none, none != 0, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool))


def _pattern(rng: np.random.Generator | None, rate: float, length: int) -> Iterator[bool]:
    """Return an endless pattern that is True with probability `rate`."""
    if not rate or rng is None:
        return repeat(False)
    return cycle((rng.random(length) < rate).tolist())
