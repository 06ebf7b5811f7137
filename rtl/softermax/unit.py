# SPDX-License-Identifier: Apache-2.0
"""Softermax unit, a baseline: lanes for rows of any length, between two streams."""

from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring
from surmax.golden import SoftermaxConfig
from surmax.rtl.parts.fifo import feed, place_fifo
from surmax.rtl.parts.hierarchy import place
from surmax.rtl.rows.unit import RowUnit, check_row_parameters
from surmax.rtl.softermax.receive import SoftermaxReceive
from surmax.rtl.softermax.reciprocal import SoftermaxReciprocal
from surmax.rtl.softermax.scale import SoftermaxScale
from surmax.rtl.softermax.shape import SoftermaxShape
from surmax.rtl.softermax.sum import SoftermaxSum


class SoftermaxUnit(RowUnit):
    """Base-2 softmax with an integer running maximum, for `lanes` scores a cycle.

    Equals surmax.golden.softermax with the same `lanes`, bit for bit. Scores pass once. The
    distances of a beat from the maximum so far are added to the sum of the row; they also wait in
    the only buffer for the reciprocal of the sum, from which the codes follow.

    Latency: SoftermaxBuild.latency. One beat goes in and one comes out every cycle for rows of
    equal length; a row takes at least as long as the row before it. `o.valid` never waits for
    `o.ready`, but `i.ready` depends on `o.ready`. Rows and masks are as in HccsUnit.

    Parameters:
        config: the datapath.
        lanes: scores a beat, 1 to 64.
        heads: 1 to 64. The head index has room for so many; all heads are computed alike.
        max_length: positions of the longest row, a multiple of lanes, up to 4096.
        adders: "operators" (FPGA, simulation) or "cells" (least area in standard cells).
        tag_bits: bits that travel with a beat unchanged, 0 to 256.

    Members: see RowUnit. There are no constants.

    Raises:
        InputError: a parameter is out of range.
    """

    def __init__(
        self,
        config: SoftermaxConfig,
        *,
        lanes: int = 16,
        heads: int = 1,
        max_length: int = 64,
        adders: str = "operators",
        tag_bits: int = 0,
    ) -> None:
        super().__init__(SoftermaxShape(config, lanes, heads, max_length, tag_bits), adders)

    @staticmethod
    def check_parameters(config: SoftermaxConfig, **common: Any) -> None:
        """Raise InputError, naming the parameter and its bounds, if no such unit can be built."""
        check_row_parameters(**common)

    def elaborate(self, platform: object) -> Module:
        """Place the stages and the buffer."""
        m = Module()
        shape = self.shape
        receive, total = SoftermaxReceive(shape, self.adders), SoftermaxSum(shape)
        reciprocal, scale = SoftermaxReciprocal(shape), SoftermaxScale(shape)
        place(m, platform, "receive_stage", receive, "softermax_receive")
        place(m, platform, "sum_stage", total, "softermax_sum")
        place(m, platform, "reciprocal_stage", reciprocal, "softermax_reciprocal")
        place(m, platform, "scale_stage", scale, "softermax_scale")
        wiring.connect(m, wiring.flipped(self.i), receive.i)
        waiting = place_fifo(m, platform, "places", receive.kept, shape.max_beats + 2)
        # Both streams of `receive` move together, so both sinks must have room.
        m.d.comb += [
            receive.kept.ready.eq(waiting.i.ready & total.terms.ready),
            total.terms.valid.eq(receive.terms.valid),
            total.terms.payload.eq(receive.terms.payload),
        ]
        self.report_cuts(m, receive)
        wiring.connect(m, total.totals, reciprocal.totals)
        wiring.connect(m, reciprocal.lines, scale.lines)
        feed(m, waiting.o, scale.beats)
        wiring.connect(m, scale.codes, wiring.flipped(self.o))
        return m
