# SPDX-License-Identifier: Apache-2.0
"""The parts that row units share, in Amaranth's own simulator."""

import numpy as np
import pytest
from amaranth.hdl import unsigned
from amaranth.lib import data
from amaranth.sim import Simulator
from surmax.golden import HCCS_PRESETS
from surmax.rtl.hccs.shape import HccsShape
from surmax.rtl.rows.constants import ConstantStorage
from surmax.rtl.rows.receive import RowReceive

LAYOUT = data.StructLayout({"B": unsigned(9), "S": unsigned(7)})
HEADS = ({"B": 300, "S": 1}, {"B": 511, "S": 127}, {"B": 2, "S": 3})


@pytest.mark.parametrize("built_in", [True, False])
def test_each_reader_of_the_storage_sees_the_constants_of_its_own_head(built_in):
    storage = ConstantStorage(LAYOUT, len(HEADS), ("first", "second"), HEADS if built_in else None)
    readers = ("first", "second", "host")

    async def bench(ctx):
        if not built_in:
            ctx.set(storage.load.valid, 1)
            for head, constants in enumerate(HEADS):
                ctx.set(storage.load.payload, {"head": head, "constants": constants})
                await ctx.tick()
            ctx.set(storage.load.valid, 0)
        for turn in range(9):
            heads = [(turn + k * (turn // 3)) % len(HEADS) for k in range(len(readers))]
            for reader, head in zip(readers, heads, strict=True):
                ctx.set(getattr(storage, f"{reader}_head"), head)
            if built_in:
                await ctx.delay(1e-9)
            for reader, head in zip(readers, heads, strict=True):
                shown = ctx.get(getattr(storage, f"{reader}_constants"))
                assert HEADS[head] == {"B": shown.B, "S": shown.S}

    # Storage with built-in constants is combinational and has no clock.
    simulator = Simulator(storage)
    if not built_in:
        simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def test_receive_finds_maxima_cuts_long_rows_and_drops_their_rest():
    stage = RowReceive(HccsShape(HCCS_PRESETS["div"], lanes=2, heads=2, max_length=6, tag_bits=0))
    rng = np.random.default_rng(6)
    kept, maxima, cuts, seen_cuts, drops, seen_drops = [], [], 0, 0, 0, 0
    expected_kept, expected_maxima = [], []

    async def bench(ctx):
        nonlocal cuts, seen_cuts, drops, seen_drops
        beat = stage.i.payload
        for _ in range(120):
            beats, head, best = int(rng.integers(1, 6)), int(rng.integers(2)), 0
            cuts += beats > 3
            drops += max(beats - 3, 0)
            for number in range(beats):
                scores, mask = rng.integers(-128, 128, 2), int(rng.integers(4))
                for lane in range(2):
                    ctx.set(beat.scores[lane], int(scores[lane]) & 255)
                ctx.set(beat.mask, mask)
                ctx.set(beat.head, head)
                ctx.set(beat.last, number == beats - 1)
                if number < 3:
                    offset = scores + 128
                    best = max([best, *(int(offset[k]) for k in range(2) if not mask >> k & 1)])
                    expected_kept.append((offset.tolist(), number in (2, beats - 1)))
                    if number in (2, beats - 1):
                        expected_maxima.append((best, head))
                ctx.set(stage.i.valid, 1)
                taken = False
                while not taken:
                    ready = int(rng.integers(2))
                    ctx.set(stage.kept.ready, ready)
                    ctx.set(stage.tops.ready, ready)
                    _, _, taken, keep, out, end, row, cut, drop = await ctx.tick().sample(
                        stage.i.ready,
                        stage.kept.valid & stage.kept.ready,
                        stage.kept.payload,
                        stage.tops.valid & stage.tops.ready,
                        stage.tops.payload,
                        stage.overlong,
                        stage.dropped,
                    )
                    seen_drops += drop
                    if keep:
                        values = [out["values"][lane] for lane in range(2)]
                        kept.append((values, bool(out.last)))
                        seen_cuts += cut
                    if end:
                        maxima.append((row.top, row.head))
                ctx.set(stage.i.valid, 0)

    simulator = Simulator(stage)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert kept == expected_kept
    assert maxima == expected_maxima
    assert cuts == seen_cuts
    assert drops == seen_drops
