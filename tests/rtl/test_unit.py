# SPDX-License-Identifier: Apache-2.0
"""The unit inside an Amaranth design, in Amaranth's own simulator."""

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.sim import Simulator
from surmax.golden import CONSMAX_PRESETS, consmax, solve_tables
from surmax.rtl import ConsmaxUnit


class Design(wiring.Component):
    """A user's design around the unit."""

    def __init__(self, unit):
        self.unit = unit
        super().__init__({"i": unit.signature.members["i"], "o": unit.signature.members["o"]})

    def elaborate(self, platform):
        m = Module()
        m.submodules.unit = self.unit
        wiring.connect(m, wiring.flipped(self.i), self.unit.i)
        wiring.connect(m, self.unit.o, wiring.flipped(self.o))
        return m


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
    design = Design(unit)
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
