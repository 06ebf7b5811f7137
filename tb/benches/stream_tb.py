# SPDX-License-Identifier: Apache-2.0
"""The test bench of a stream top: clock, reset, source, sink, model and scoreboard.

Source, sink, loader and monitor are one coroutine that wakes once a cycle: at the rising edge it
reads what the registers sample, all outputs as one vector, and writes all inputs as one vector (see
surmax.tb.run.wide_ports). Payloads change while their valid is low. Outputs are kept as strings of
bits and compared in bulk by NumPy.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any

import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge
from surmax.tb.benches.patterns import IDLE_STEP, pattern, random_loads
from surmax.tb.benches.shared import CLOCK_NS, COVERAGE, MODEL, PLAN
from surmax.tb.core.beats import Beats, pack, pack_bits
from surmax.tb.core.model import Answer, Observation, Write
from surmax.tb.core.scoreboard import compare_outputs, compare_overlong
from surmax.tb.run.wide_ports import WidePorts

# Cycles without any progress after which a stream counts as stuck: far more than a random stall.
_PATIENCE = 2000
# Lengths of the random patterns of gaps and stalls, which repeat: different primes, so that in a
# long stream the two meet in ever new phases.
_GAPS, _STALLS = 4093, 4099
_VALID, _READY = 1, 2


@dataclass(frozen=True)
class Trace:
    """Timing of the last stream: the cycle in which each input and each output beat passed."""

    accepted: list[int]
    taken: list[int]

    @property
    def latency(self) -> int:
        """Cycles from the first input to the first output."""
        return self.taken[0] - self.accepted[0]

    @property
    def span(self) -> int:
        """Cycles from the first to the last output."""
        return self.taken[-1] - self.taken[0]


class StreamTB:
    """Drives a stream top and checks all that comes out.

    Attributes:
        scores: scores checked so far.
        contents: what each head holds.
        trace: when the beats of the last stream passed.
        edge: trigger of the rising clock edge.
    """

    def __init__(self, dut: Any) -> None:
        self.build = PLAN.build
        self.scores = 0
        self.contents = PLAN.heads(0)
        self.trace = Trace([], [])
        self._rst, self._drive, self._sense = dut.rst, dut.drive, dut.sense
        ports = WidePorts(self.build)
        self._fields = ports.drive
        codes = ports.sense["m_codes"]
        self._output = slice(-(codes.offset + codes.width), -2)
        self._reports = "overlong" in ports.sense  # then it is the highest bit
        self._idle_loads = cycle(random_loads(self._fields))
        # Driven from C++ in both simulators: by default Icarus would get one in Python.
        self._clock = Clock(dut.clk, CLOCK_NS, "ns", impl="gpi")
        self.edge = RisingEdge(dut.clk)

    async def start(self) -> None:
        """Start the clock, reset, and load the contents of turn 0."""
        self._drive.value = 0
        self._clock.start()
        await self.reset()
        await self.load(self.contents)

    async def finish(self) -> None:
        """Check that nothing more comes out."""
        await self._expect_silence()
        self._clock.stop()

    async def reset(self, cycles: int = 3) -> None:
        """Reset; what is in flight is gone afterwards, what the heads hold stays."""
        self._drive.value = 0
        self._rst.value = 1
        for _ in range(cycles):
            await self.edge
        self._rst.value = 0
        await self.edge
        assert not self._sample()[0], "m_valid is set after reset"

    def all_indices(self) -> int:
        """Let indices without a head stand for the last head; return how many indices there are."""
        heads = self.build.heads
        indices = 1 << (heads - 1).bit_length()
        self.contents += [self.contents[-1]] * (indices - heads)
        return indices

    async def fill(self, beats: Beats, cycles: int) -> tuple[int | None, int]:
        """Offer `beats` for some cycles with the sink never ready; check nothing, see `reset`.

        Returns the cycles from the acceptance of the first beat to the first with m_valid (None:
        it stayed low), and the number of beats taken in.
        """
        words = self._words(beats)
        offered = first = None
        taken = 0
        for now in range(cycles):
            self._drive.value = words[taken] | _VALID if taken < len(words) else 0
            await self.edge
            valid, ready = self._sample()
            if valid and offered is None and first is not None:
                offered = now - first
            if ready and taken < len(words):
                first = now if first is None else first
                taken += 1
        self._drive.value = 0
        return offered, taken

    async def rest(self, cycles: int) -> bool:
        """Let cycles pass with source and sink idle; return whether m_valid is set then."""
        for _ in range(cycles):
            await self.edge
        return self._sample()[0]

    def _sample(self) -> tuple[bool, bool]:
        """Return m_valid and s_ready; raises AssertionError when one is undefined."""
        bits = str(self._sense.value)
        assert set(bits[-2:]) <= set("01"), f"s_ready, m_valid are {bits[-2:]}"
        return bits[-1] == "1", bits[-2] == "1"

    async def load(self, contents: Sequence[Any]) -> None:
        """Load every head while no beat is under way; nothing to do where nothing is loadable."""
        self.contents = list(contents)
        if MODEL.loadable:
            writes = [w for h, one in enumerate(contents) for w in MODEL.writes(h, one)]
            await self.stream(_no_beats(self.build.lanes), writes=writes)

    async def _expect_silence(self) -> None:
        self._drive.value = _READY
        for _ in range(MODEL.quiet):
            await self.edge
            assert not self._sample()[0], "an output beat too many"
        self._drive.value = 0

    async def stream(
        self,
        beats: Beats,
        *,
        rng: np.random.Generator | None = None,
        gap: float = 0.0,
        stall: float = 0.0,
        burst: int = 1,
        writes: Sequence[Write] = (),
        after: int = 0,
        barrier: int = 0,
        before: Sequence[Any] = (),
        stop: tuple[int, int] | None = None,
    ) -> None:
        """Send `beats`, take and check every output, and check that no further one comes.

        Args:
            beats: what to send.
            rng: for the random gaps and stalls.
            gap: probability that the source pauses for a cycle before a beat.
            stall: probability that the sink is not ready in a cycle.
            burst: cycles that the sink stays ready or not at a time.
            writes: loads, one a cycle.
            after: number of outputs that must have been taken before the first write.
            barrier: index of the beat that waits until all writes are done.
            before: what the heads hold for the beats before the barrier; empty: as after it.
            stop: leave once so many beats went in and so many came out, with the rest in flight.

        Raises:
            AssertionError: a beat is wrong, missing, one too many, or changes while it waits; the
                line names beat, lane, expected and got.
        """
        # A head that gets other contents in mid-stream counts as two.
        early = (np.arange(len(beats)) < barrier) & bool(before)
        slots = beats.heads + len(self.contents) * early
        contents = [*self.contents, *before]
        answer = MODEL.answer(replace(beats, heads=slots), contents)
        enough = (len(beats), len(answer.codes)) if stop is None else stop
        words, pending = self._words(beats), self._write_words(writes)[::-1]
        idle_words = cycle(words[::-IDLE_STEP] or [0])
        pauses, stalls = pattern(rng, gap, _GAPS), pattern(rng, stall, _STALLS, burst)
        outputs, flags = await self._run(
            words,
            idle_words,
            pending,
            pauses,
            stalls,
            answer,
            after,
            barrier,
            enough,
            _PATIENCE + 30 * burst,
        )
        count = len(outputs)
        compare_outputs(beats, answer, outputs)
        answered = replace(answer, codes=answer.codes[:count], source=answer.source[:count])
        self.scores += MODEL.count(answered, slots, contents)
        held_in, held_out, gaps = flags
        seen = Observation(contents, slots, beats, answer, held_in, held_out[:count], gaps)
        COVERAGE.sample(seen)
        if stop is None:
            await self._expect_silence()

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

    def _write_words(self, writes: Sequence[Write]) -> list[int]:
        """Return the vector for each load, load_valid set."""
        if not writes:
            return []
        valid = 1 << self._fields["load_valid"].offset
        shifts = [self._fields[name].offset for name in MODEL.load_ports]
        return [valid | sum(v << n for v, n in zip(one, shifts, strict=True)) for one in writes]

    async def _run(
        self,
        words: list[int],
        idle_words: Iterator[int],
        pending: list[int],
        pauses: Iterator[bool],
        stalls: Iterator[bool],
        answer: Answer,
        after: int,
        barrier: int,
        enough: tuple[int, int],
        patience: int,
    ) -> tuple[list[str], list[np.ndarray]]:
        """Drive and collect; return the output bits by beat, and flags: held in, held out, gap."""
        drive, sense, edge = self._drive, self._sense, self.edge
        part, due, reports = self._output, answer.due, self._reports
        size, (inputs, total) = len(words), enough
        held_in, after_gap = bytearray(size), bytearray(size)
        held_out = bytearray(len(answer.codes) + 1)
        outputs: list[str] = []
        accepted: list[int] = []
        taken_at: list[int] = []
        overlong: list[int] = []
        data = offer = ready = driven = 0
        load = next(self._idle_loads)
        loading = paused = False
        waiting = ""  # the output that was held in the last cycle
        sent = done = idle = now = 0
        while True:
            bits = str(sense.value)
            if reports and bits[0] != "0":
                if not (offer and bits[-2] == "1" == bits[0]):
                    raise AssertionError(f"overlong is {bits[0]} with no beat taken, beat {sent}")
                overlong.append(sent)
            if offer:
                if bits[-2] == "1":
                    accepted.append(now)
                    sent += 1
                    offer = idle = 0
                else:
                    held_in[sent] = 1
            if bits[-1] == "1":
                if done >= due[sent]:
                    raise AssertionError(f"beat {done}: an output before its input was taken")
                output = bits[part]
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
            if pending and done >= after:
                load, loading, idle = pending.pop(), True, 0
            elif loading:
                load, loading = next(self._idle_loads), False
            elif done >= total and sent >= inputs:
                break
            if not offer and sent < size and (sent < barrier or not (loading or pending)):
                # Payloads that are not valid change along with those that are, which costs nothing.
                if next(pauses):
                    paused = True
                    data = next(idle_words)
                else:
                    offer, after_gap[sent], paused = _VALID, paused, False
                    data = words[sent]
                load = load if loading else next(self._idle_loads)
            ready = 0 if next(stalls) else _READY
            vector = data | offer | ready | load
            if vector != driven:
                drive.value = driven = vector
            idle += 1
            if idle > patience:
                side = "output" if due[sent] > done else "input"
                raise AssertionError(f"beat {done}: stuck at the {side} for {patience} cycles")
            now += 1
            await edge
        drive.value = 0
        self.trace = Trace(accepted, taken_at)
        compare_overlong(answer, sent, overlong)
        return outputs, [
            np.frombuffer(f, dtype=np.uint8) != 0 for f in (held_in, held_out, after_gap)
        ]


def _no_beats(lanes: int) -> Beats:
    none = np.zeros((0, lanes), dtype=np.uint8)
    return Beats(none, none != 0, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool))
