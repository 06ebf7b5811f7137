# SPDX-License-Identifier: Apache-2.0
import random

import pytest
from amaranth.sim import Simulator
from helpers.native import StreamRun
from surmax.rtl.parts.fifo import RowFifo, RowStorage


@pytest.mark.parametrize("depth", [1, 2, 5, 8])
@pytest.mark.parametrize("pause", [0.0, 0.5])
def test_words_leave_in_order_and_unchanged(depth, pause):
    words = [random.Random(depth).randrange(1 << 9) for _ in range(300)]
    fifo = RowFifo(9, depth)
    run = StreamRun(
        fifo, lambda ctx, payload, word: ctx.set(payload, word), int, seed=depth, pause=pause
    )
    assert run.run(words) == words


def test_a_word_stands_at_the_output_two_cycles_after_it_was_taken():
    fifo = RowFifo(4, 3)
    seen = []

    async def bench(ctx):
        ctx.set(fifo.i.valid, 1)
        ctx.set(fifo.i.payload, 9)
        for _ in range(4):
            _, _, valid = await ctx.tick().sample(fifo.o.valid)
            seen.append(valid)
            ctx.set(fifo.i.valid, 0)

    simulator = Simulator(fifo)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert seen == [0, 0, 1, 1]


def test_holds_one_word_more_than_its_memory():
    fifo = RowFifo(4, 3)
    taken = []

    async def bench(ctx):
        ctx.set(fifo.i.valid, 1)
        for _ in range(10):
            _, _, ready = await ctx.tick().sample(fifo.i.ready)
            taken.append(ready)

    simulator = Simulator(fifo)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert sum(taken) == 4


def test_storage_reads_what_was_written_and_keeps_it_while_not_enabled():
    storage = RowStorage(8, 6)
    got = []

    async def bench(ctx):
        ctx.set(storage.write_enable, 1)
        for address in range(6):
            ctx.set(storage.write_address, address)
            ctx.set(storage.write_data, 37 * address & 255)
            await ctx.tick()
        ctx.set(storage.write_enable, 0)
        for address in (3, 0, 5):
            ctx.set(storage.read_address, address)
            ctx.set(storage.read_enable, 1)
            await ctx.tick()
            ctx.set(storage.read_enable, 0)
            ctx.set(storage.read_address, 1)
            await ctx.tick()
            got.append(ctx.get(storage.read_data))

    simulator = Simulator(storage)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert got == [111, 0, 185]
