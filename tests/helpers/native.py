# SPDX-License-Identifier: Apache-2.0
"""Components in Amaranth's own simulator: no Verilog, no build, no other simulator."""

import random
from functools import partial

import numpy as np
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.sim import Simulator


class UserDesign(wiring.Component):
    """A user's design around a unit, wired as README shows."""

    def __init__(self, unit):
        self.unit = unit
        self.shared = [name for name in ("i", "o", "load") if name in unit.signature.members]
        super().__init__({name: unit.signature.members[name] for name in self.shared})

    def elaborate(self, platform):
        m = Module()
        m.submodules.unit = self.unit
        for name in self.shared:
            outer, inner = wiring.flipped(getattr(self, name)), getattr(self.unit, name)
            wiring.connect(m, *((inner, outer) if name == "o" else (outer, inner)))
        return m


class StreamRun:
    """Words through a component with streams `i` and `o`, with random pauses on both sides.

    `put(ctx, payload, word)` drives the payload of `i` and `get(payload)` reads that of `o`;
    `loads` are dictionaries of the fields of `load.payload`, written one a cycle beforehand.
    """

    def __init__(self, component, put, get, *, seed, pause=0.3, loads=()):
        self.component, self.put, self.get = component, put, get
        self.dice, self.pause, self.loads = random.Random(seed), pause, loads
        self.got = []

    def run(self, words, count=None, limit=40):
        """Return what left for `words`: `count` results, by default as many as words."""
        count = len(words) if count is None else count
        simulator = Simulator(self.component)
        simulator.add_clock(1e-6)
        simulator.add_testbench(partial(self._source, words=words))
        simulator.add_testbench(partial(self._sink, count=count, cycles=limit * (count + 40)))
        simulator.run()
        return self.got

    async def _source(self, ctx, words):
        i = self.component.i
        for load in self.loads:
            port = self.component.load
            ctx.set(port.valid, 1)
            for name, value in load.items():
                field = port.payload[name]
                ctx.set(field, value)
            await ctx.tick()
        if self.loads:
            ctx.set(self.component.load.valid, 0)
        for word in words:
            while self.dice.random() < self.pause:
                await ctx.tick()
            ctx.set(i.valid, 1)
            self.put(ctx, i.payload, word)
            await ctx.tick().until(i.ready)
            ctx.set(i.valid, 0)

    async def _sink(self, ctx, count, cycles):
        o = self.component.o
        held = None
        for _ in range(cycles):
            if len(self.got) == count:
                return
            ready = self.dice.random() >= self.pause
            ctx.set(o.ready, ready)
            _, _, valid, word = await ctx.tick().sample(o.valid, o.payload)
            word = self.get(word)
            if held is not None:
                assert valid, "a stalled word was lost"
                assert word == held, "a stalled word changed"
            held = word if valid and not ready else None
            if valid and ready:
                self.got.append(word)
        raise AssertionError(f"{len(self.got)} of {count} words left in {cycles} cycles")


def rows_through(unit, rows, *, seed, loads=(), pause=0.3):
    """Return the codes of `rows` (scores, mask, head), each through `unit` in a user's design."""
    lanes = unit.lanes
    words = []
    for scores, mask, head in rows:
        beats = -(-len(scores) // lanes)
        padded = np.zeros(beats * lanes, np.int64)
        hidden = np.ones(beats * lanes, bool)
        padded[: len(scores)], hidden[: len(scores)] = scores, mask
        for beat in range(beats):
            part = slice(beat * lanes, (beat + 1) * lanes)
            words.append((padded[part], hidden[part], head, beat == beats - 1))

    def put(ctx, payload, word):
        scores, hidden, head, last = word
        for lane in range(lanes):
            ctx.set(payload.scores[lane], int(scores[lane]) & 255)
        ctx.set(payload.mask, sum(int(bit) << lane for lane, bit in enumerate(hidden)))
        ctx.set(payload.head, head)
        ctx.set(payload.last, last)

    def get(payload):
        return [payload.codes[lane] for lane in range(lanes)], payload.last

    left = StreamRun(UserDesign(unit), put, get, seed=seed, loads=loads, pause=pause).run(words)
    assert [last for _, last in left] == [last for *_, last in words]
    codes, result = [code for beat, _ in left for code in beat], []
    for scores, _, _ in rows:
        result.append(np.array(codes[: len(scores)]))
        del codes[: -(-len(scores) // lanes) * lanes]
    return result


def random_rows(rng, count, longest, heads):
    """Return rows (scores, mask, head) of any length up to `longest`, some with a narrow range."""
    rows = []
    for _ in range(count):
        length = int(rng.integers(1, longest + 1))
        spread = int(rng.choice((2, 20, 128)))
        scores = rng.integers(-spread, spread, length)
        mask = rng.random(length) < rng.choice((0.0, 0.3))
        mask[int(rng.integers(length))] = False
        rows.append((scores, mask, int(rng.integers(heads))))
    return rows


def evaluate(build, inputs, cases):
    """Return what combinational logic gives: `build(m, *signals)` for inputs of these widths."""
    m = Module()
    signals = [Signal(width, name=f"input{k}") for k, width in enumerate(inputs)]
    value = build(m, *signals)
    output = Signal(len(value))
    m.d.comb += output.eq(value)
    results = []

    async def bench(ctx):
        for case in cases:
            for signal, number in zip(signals, case, strict=True):
                ctx.set(signal, int(number))
            await ctx.delay(1e-9)
            results.append(ctx.get(output))

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()
    return results
