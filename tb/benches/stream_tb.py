# SPDX-License-Identifier: Apache-2.0
"""The test bench of the stream top: clock, reset, source, sink, model and scoreboard.

Source, sink, table loader and monitor are one coroutine that wakes once a cycle: at the rising edge
it samples what the registers sample and sets the inputs for the next one. Beats are collected as
wide integers and compared in bulk; both are for speed.
"""

from collections.abc import Sequence
from itertools import cycle
from typing import Any

import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge
from surmax.golden import ConsmaxTables
from surmax.tb.benches.beats import Beats, pack, pack_bits
from surmax.tb.benches.session import CLOCK_NS, COVERAGE, PLAN
from surmax.tb.coverage import Observation
from surmax.tb.model import TableWrite, expected_codes, load_writes

# Cycles without any progress after which a stream counts as stuck. The longest random stall is far
# shorter.
_PATIENCE = 2000
# Lengths of the random patterns of gaps and stalls, which repeat: different primes, so that in a
# long stream the two meet in ever new phases.
_GAPS, _STALLS = 4093, 4099


class TB:
    """Drives the stream top and checks all that comes out.

    Attributes:
        scores: scores checked so far.
        tables: what each head holds; None before it is loaded.
        latency: cycles from acceptance to output of the first beat of the last stream.
        span: cycles from the first to the last output of the last stream.
    """

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.build = PLAN.build
        self.scores = 0
        self.tables: list[ConsmaxTables] = PLAN.heads(0)
        self.latency = self.span = 0
        self._edge = RisingEdge(dut.clk)
        self._clock = Clock(dut.clk, CLOCK_NS, "ns")
        self._where = ""

    async def start(self, turn: int = 0) -> None:
        """Start the clock, reset, and load the tables of `turn`."""
        dut = self.dut
        for name in ("s_valid", "s_scores", "s_mask", "s_head", "s_last", "m_ready", "rst"):
            getattr(dut, name).value = 0
        if self.build.storage == "loadable":
            dut.load_valid.value = 0
        self._clock.start()
        await self.reset()
        await self.load(PLAN.heads(turn))

    async def reset(self, cycles: int = 3) -> None:
        """Reset; what is in flight is gone afterwards, the tables stay."""
        self.dut.s_valid.value = 0
        self.dut.m_ready.value = 0
        self.dut.rst.value = 1
        for _ in range(cycles):
            await self._edge
        self.dut.rst.value = 0
        await self._edge
        assert self.dut.m_valid.value == 0, "m_valid is set after reset"

    async def load(self, tables: Sequence[ConsmaxTables]) -> None:
        """Load every head while no beat is under way; nothing to do for constant storage."""
        self.tables = list(tables)
        if self.build.storage == "loadable":
            writes = [w for h, one in enumerate(tables) for w in self.writes(h, one)]
            await self.stream(_no_beats(self.build.lanes), writes=writes)

    def writes(self, head: int, tables: ConsmaxTables) -> list[TableWrite]:
        """Return the table writes that load one head."""
        return load_writes(self.build.config, head, tables)

    async def finish(self) -> None:
        """Check that nothing more comes out."""
        await self._expect_silence()
        self._clock.stop()

    async def _expect_silence(self) -> None:
        self.dut.m_ready.value = 1
        for _ in range(self.build.latency + 3):
            await self._edge
            assert self.dut.m_valid.value == 0, f"{self._where}an output beat too many"
        self.dut.m_ready.value = 0

    async def stream(
        self,
        beats: Beats,
        *,
        rng: np.random.Generator | None = None,
        gap: float = 0.0,
        stall: float = 0.0,
        writes: Sequence[TableWrite] = (),
        barrier: int | None = None,
        stop: int | None = None,
        before: Sequence[ConsmaxTables] | None = None,
    ) -> None:
        """Send `beats`, take and check every output, and check that no further one comes.

        Args:
            beats: what to send.
            rng: for the random gaps and stalls.
            gap: probability that the source pauses for a cycle before a beat.
            stall: probability that the sink is not ready in a cycle.
            writes: table writes, one a cycle, from the first cycle on.
            barrier: index of the beat that waits until all writes are done.
            stop: leave after this many output beats, with the rest in flight (not checked).
            before: what the heads hold until the barrier; after it, and by default: `tables`.

        Raises:
            AssertionError: a beat is wrong, missing, one too many, or changes while it waits; the
                line names beat, lane, expected and got.
        """
        parts = [(slice(0, len(beats)), self.tables)]
        if before is not None and barrier is not None:
            parts = [(slice(0, barrier), before), (slice(barrier, len(beats)), self.tables)]
        expected = np.concatenate([self._golden(beats[part], held) for part, held in parts])
        got, lasts, seen = await self._run(beats, rng, gap, stall, writes, barrier, stop)
        done = slice(0, len(got))
        self._compare(beats[done], expected[done], got, lasts)
        for part, held in parts:
            part = slice(part.start, min(part.stop, len(got)))
            self._count(beats[part], expected[part], held, [flags[part] for flags in seen])
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

    async def _run(
        self,
        beats: Beats,
        rng: np.random.Generator | None,
        gap: float,
        stall: float,
        writes: Sequence[TableWrite],
        barrier: int | None,
        stop: int | None,
    ) -> tuple[list[int], list[bool], list[np.ndarray]]:
        """Drive and collect; return codes and TLAST by beat, and flags: held in, held out, gap."""
        dut, edge = self.dut, self._edge
        s_valid, s_scores, s_mask, s_head = dut.s_valid, dut.s_scores, dut.s_mask, dut.s_head
        s_ready, s_last, m_valid, m_ready = dut.s_ready, dut.s_last, dut.m_valid, dut.m_ready
        m_codes, m_last = dut.m_codes, dut.m_last
        scores, masks = pack(beats.scores), pack_bits(beats.mask)
        heads, tlasts = beats.heads.tolist(), beats.last.tolist()
        pauses = _pattern(rng, gap, _GAPS)
        stalls = _pattern(rng, stall, _STALLS)

        total = len(beats) if stop is None else min(stop, len(beats))
        size = len(beats)
        held_in, held_out, after_gap = (bytearray(size) for _ in range(3))
        accepted: list[int] = []
        codes: list[int] = []
        lasts: list[bool] = []
        taken_at: list[int] = []
        pending = list(reversed(writes))
        loading = offered = ready = paused = False
        waiting = None  # the output beat that is held, for the check that it does not change
        sent = idle = now = 0
        mask = head = tlast = None
        barrier = size + 1 if barrier is None else barrier
        while True:
            if offered:
                if s_ready.value == 1:
                    accepted.append(now)
                    sent += 1
                    offered = False
                    idle = 0
                else:
                    held_in[sent] = 1
            if m_valid.value == 1:
                number = len(codes)
                try:
                    beat = (int(m_codes.value), m_last.value == 1)
                except ValueError:
                    bits = m_codes.value
                    raise AssertionError(f"beat {number}: undefined output {bits}") from None
                if number >= len(accepted):
                    raise AssertionError(f"beat {number}: an output before its input was taken")
                if waiting is not None and beat != waiting:
                    raise AssertionError(f"beat {number}: the output changed while it waited")
                if ready:
                    codes.append(beat[0])
                    lasts.append(beat[1])
                    taken_at.append(now)
                    waiting = None
                    idle = 0
                else:
                    held_out[number] = 1
                    waiting = beat
            elif waiting is not None:
                raise AssertionError(f"beat {len(codes)}: m_valid fell before the beat was taken")
            if len(codes) >= total and not (pending or loading):
                break

            if pending:
                self._write(pending.pop())
                loading = True
                idle = 0
            elif loading:
                dut.load_valid.value = 0
                loading = False
            if not offered:
                free = sent < size and (sent < barrier or not (pending or loading))
                pause = free and next(pauses)
                if free and not pause:
                    s_scores.value = scores[sent]
                    if masks[sent] != mask:
                        s_mask.value = mask = masks[sent]
                    if heads[sent] != head:
                        s_head.value = head = heads[sent]
                    if tlasts[sent] != tlast:
                        s_last.value = tlast = tlasts[sent]
                    s_valid.value = 1
                    offered = True
                    after_gap[sent] = paused
                    paused = False
                else:
                    s_valid.value = 0
                    paused |= pause
            if ready == (hold := next(stalls)):
                m_ready.value = ready = not hold
            idle += 1
            if idle > _PATIENCE:
                side = "output" if len(accepted) > len(codes) else "input"
                raise AssertionError(f"beat {len(codes)}: stuck at the {side} for {idle} cycles")
            now += 1
            await edge
        s_valid.value = 0
        if codes:
            self.latency = taken_at[0] - accepted[0]
            self.span = taken_at[-1] - taken_at[0]
        flags = [np.frombuffer(f, dtype=np.uint8) != 0 for f in (held_in, held_out, after_gap)]
        return codes, lasts, flags

    def _write(self, write: TableWrite) -> None:
        dut = self.dut
        dut.load_valid.value = 1
        dut.load_head.value, dut.load_table.value, dut.load_index.value, dut.load_word.value = write

    def _compare(
        self, beats: Beats, expected: np.ndarray, got: list[int], lasts: list[bool]
    ) -> None:
        """Compare all beats at once; raise with the first difference and the number of them."""
        if not got:
            return
        width = expected.itemsize * expected.shape[1]
        packed = b"".join(value.to_bytes(width, "little") for value in got)
        received = np.frombuffer(packed, dtype=expected.dtype.newbyteorder("<"))
        received = received.reshape(expected.shape)
        wrong = np.argwhere(received != expected)
        if len(wrong):
            beat, lane = (int(v) for v in wrong[0])
            raise AssertionError(
                f"beat {beat} lane {lane}: expected {expected[beat, lane]}, "
                f"got {received[beat, lane]} (score byte {beats.scores[beat, lane]:#04x}, "
                f"head {beats.heads[beat]}, mask {int(beats.mask[beat, lane])}; "
                f"{len(wrong)} of {expected.size} lanes differ)"
            )
        differ = np.nonzero(np.array(lasts) != beats.last)[0]
        if differ.size:
            beat = int(differ[0])
            raise AssertionError(
                f"beat {beat} TLAST: expected {int(beats.last[beat])}, got {int(lasts[beat])} "
                f"({differ.size} of {len(lasts)} beats differ)"
            )


def _no_beats(lanes: int) -> Beats:
    none = np.zeros((0, lanes))
    flags = np.zeros(0)
    return Beats(none.astype(np.uint8), none.astype(bool), flags.astype(np.int64), flags != 0)


def _pattern(rng: np.random.Generator | None, rate: float, length: int) -> "cycle[bool]":
    """Return an endless pattern that is True with probability `rate`."""
    if not rate or rng is None:
        return cycle([False])
    return cycle((rng.random(length) < rate).tolist())
