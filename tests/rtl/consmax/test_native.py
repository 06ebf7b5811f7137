# SPDX-License-Identifier: Apache-2.0
"""The unit inside a user's Amaranth design, in Amaranth's own simulator."""

import numpy as np
import pytest
from amaranth.sim import Simulator
from helpers.native import StreamRun, UserDesign, rows_through
from surmax.golden import CONSMAX_PRESETS, consmax, solve_tables
from surmax.rtl import ConsmaxUnit
from surmax.rtl.consmax.tables import TableStorage, bank_words

HEADS = ({"scale": 0.05, "beta": 1.0, "gamma": 2.0}, {"scale": 0.03, "beta": 1.5, "gamma": 20.0})


@pytest.mark.parametrize(
    ("name", "stages", "adders"), [("small", 1, "cells"), ("fast", 3, "operators")]
)
def test_a_row_through_the_unit_inside_a_design(name, stages, adders):
    tables = solve_tables(CONSMAX_PRESETS[name], scale=0.05, beta=1.0, gamma=2.0)
    unit = ConsmaxUnit(
        CONSMAX_PRESETS[name],
        lanes=4,
        storage="constant",
        tables=[tables],
        stages=stages,
        adders=adders,
        tag_bits=8,
    )
    design = UserDesign(unit)
    scores = np.random.default_rng(3).integers(-128, 128, (20, 4)).astype(np.int8)
    got = []

    async def bench(ctx):
        ctx.set(design.o.ready, 1)
        for cycle in range(len(scores) + stages):
            if cycle < len(scores):
                ctx.set(design.i.valid, 1)
                for lane in range(4):
                    ctx.set(design.i.payload.scores[lane], int(scores[cycle, lane].view(np.uint8)))
                ctx.set(design.i.payload.last, cycle == len(scores) - 1)
                ctx.set(design.i.payload.tag, cycle)
            else:
                ctx.set(design.i.valid, 0)
            assert ctx.get(design.o.valid) == (cycle >= stages)
            if cycle >= stages:
                payload = ctx.get(design.o.payload)
                got.append([payload.codes[lane] for lane in range(4)])
                assert payload.tag == cycle - stages
                assert payload.last == (cycle - stages == len(scores) - 1)
            await ctx.tick()

    simulator = Simulator(design)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert (np.array(got) == consmax(scores, tables)).all()


@pytest.mark.parametrize(
    ("preset", "stages", "adders"),
    [("small", 2, "cells"), ("fpga", 5, "operators"), ("paper", 1, "operators")],
)
def test_loaded_tables_heads_masks_and_stalls(preset, stages, adders):
    config, rng = CONSMAX_PRESETS[preset], np.random.default_rng(stages)
    tables = [solve_tables(config, **head) for head in HEADS]
    loads = [
        {"head": head, "table": table, "index": index, "word": word}
        for head, solved in enumerate(tables)
        for table, words in enumerate(bank_words(config, solved))
        for index, word in enumerate(words)
    ]
    unit = ConsmaxUnit(config, lanes=4, heads=2, stages=stages, adders=adders)
    rows = [
        (rng.integers(-128, 128, 16), rng.random(16) < 0.2, int(rng.integers(2))) for _ in range(40)
    ]
    for codes, (scores, mask, head) in zip(
        rows_through(unit, rows, seed=1, loads=loads), rows, strict=True
    ):
        assert (codes == consmax(scores, tables[head], mask)).all()


def test_storage_shows_the_tables_of_the_selected_head():
    config = CONSMAX_PRESETS["small"]
    tables = [solve_tables(config, **head) for head in HEADS]
    storage = TableStorage(config, 2, None)

    async def bench(ctx):
        ctx.set(storage.load.valid, 1)
        for head, solved in enumerate(tables):
            for table, words in enumerate(bank_words(config, solved)):
                for index, word in enumerate(words):
                    write = {"head": head, "table": table, "index": index, "word": word}
                    for name, value in write.items():
                        ctx.set(storage.load.payload[name], value)
                    await ctx.tick()
        ctx.set(storage.load.valid, 0)
        for head, solved in enumerate(tables):
            ctx.set(storage.head, head)
            for table, words in enumerate(bank_words(config, solved)):
                shown = ctx.get(storage.words)[f"table{table}"]
                assert [shown[index] for index in range(16)] == words

    simulator = Simulator(storage)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def test_mixed_unit_computes_heads_of_both_score_widths():
    config, rng = CONSMAX_PRESETS["mixed"], np.random.default_rng(4)
    wide = solve_tables(config, scale=0.0002, beta=1.0, gamma=20.0)
    narrow = solve_tables(config.narrow, **HEADS[0])
    unit = ConsmaxUnit(
        config, lanes=4, heads=2, storage="constant", tables=[wide, narrow], stages=3
    )
    words = [(rng.integers(0, 256, 4), int(rng.integers(2))) for _ in range(200)]

    def put(ctx, payload, word):
        for lane, score in enumerate(word[0]):
            ctx.set(payload.scores[lane], int(score))
        ctx.set(payload.head, word[1])

    def get(payload):
        return [payload.codes[lane] for lane in range(4)]

    got = StreamRun(UserDesign(unit), put, get, seed=2).run(words)
    for codes, (scores, head) in zip(got, words, strict=True):
        if head:
            assert codes == consmax(scores.astype(np.uint8).view(np.int8), narrow).tolist()
        else:
            pairs = (scores[::2] | scores[1::2] << 8).astype(np.uint16).view(np.int16)
            expected = consmax(pairs, wide)
            assert [codes[0] | codes[1] << 8, codes[2] | codes[3] << 8] == expected.tolist()
