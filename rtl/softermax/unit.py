# SPDX-License-Identifier: Apache-2.0
"""The Softermax unit: N lanes, rows of any length, streams in and out."""

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
    """Base-2 softmax with an integer running maximum: surmax.golden.softermax, bit for bit.

    Scores pass once: each beat's distances from the maximum so far go into the row's sum and into
    the only buffer, where they wait for the sum's reciprocal; codes follow. `lanes` is also that
    of the golden model. One beat goes in and one comes out every cycle for rows of equal length;
    a row takes at least as long as the one before it. `o.valid` never waits for `o.ready`;
    `i.ready` depends on `o.ready`.

    A row is up to max_length positions in whole beats; `last` ends it. Masked positions give 0 and
    take no part in maximum and sum. A row that is too long is cut: `overlong` is high in the cycle
    in which its last usable beat is taken, the rest up to `last` is dropped.

    Parameters:
        config: the datapath.
        lanes: scores a beat, 1 to 64.
        heads: 1 to 64: the head index has room for as many; all are computed alike.
        max_length: positions of the longest row, a multiple of lanes, up to 4096.
        adders: "operators" (FPGA, simulation) or "cells" (smallest in standard cells).
        tag_bits: bits that a beat carries through unchanged, 0 to 256.

    Attributes: see RowUnit; there are no constants.

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
        # Taken only where both have room.
        m.d.comb += [
            receive.kept.ready.eq(waiting.i.ready & total.terms.ready),
            total.terms.valid.eq(receive.terms.valid),
            total.terms.payload.eq(receive.terms.payload),
            self.overlong.eq(receive.overlong),
        ]
        wiring.connect(m, total.totals, reciprocal.totals)
        wiring.connect(m, reciprocal.lines, scale.lines)
        feed(m, waiting.o, scale.beats)
        wiring.connect(m, scale.codes, wiring.flipped(self.o))
        return m
