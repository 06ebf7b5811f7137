# SPDX-License-Identifier: Apache-2.0
"""Integer softmax unit, a baseline: lanes for rows of any length, between two streams."""

from collections.abc import Sequence
from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring
from surmax.golden import SoftmaxConfig, SoftmaxConstants, check_range
from surmax.rtl.parts.divider import bits_to_keep_up, divider_cycles
from surmax.rtl.parts.fifo import feed
from surmax.rtl.parts.hierarchy import place
from surmax.rtl.parts.parameters import check_each_head
from surmax.rtl.rows.unit import RowUnit, check_row_parameters
from surmax.rtl.softmax.exp import SoftmaxExp
from surmax.rtl.softmax.reciprocal import SoftmaxReciprocal
from surmax.rtl.softmax.scale import SoftmaxScale
from surmax.rtl.softmax.shape import SoftmaxShape


class SoftmaxUnit(RowUnit):
    """Integer softmax for `lanes` scores a cycle. Equals surmax.golden.softmax bit for bit.

    Four stages work on four rows at the same time:

    1. the maximum of a row;
    2. the exponentials of distances from it, and their sum;
    3. the reciprocal of the sum;
    4. the codes.

    Scores wait in a buffer for the maximum of their row, exponentials in another one for its
    reciprocal. Latency: SoftmaxBuild.latency. One beat goes in and one comes out every cycle as
    long as the serial divider keeps up; SoftmaxBuild.interval says for which rows it does.
    `o.valid` never waits for `o.ready`. Rows, masks and heads are as in HccsUnit.

    Parameters:
        config: the datapath.
        lanes: scores a beat, 1 to 64.
        heads: number of heads, 1 to 64.
        max_length: positions of the longest row, a multiple of lanes, up to 4096.
        storage: "loadable" (flip-flops) or "constant" (rates built in).
        constants: constants of each head, with storage "constant".
        divider_bits: quotient bits of the divider a cycle, 1 to 16; None is the fewest that keep up
            with the longest rows.
        adders: "operators" (FPGA, simulation) or "cells" (least area in standard cells).
        tag_bits: bits that travel with a beat unchanged, 0 to 256.

    Members: see RowUnit.

    Raises:
        InputError: a parameter is out of range, or constants are missing or illegal.
    """

    def __init__(
        self,
        config: SoftmaxConfig,
        *,
        lanes: int = 16,
        heads: int = 1,
        max_length: int = 64,
        storage: str = "loadable",
        constants: Sequence[SoftmaxConstants] | None = None,
        divider_bits: int | None = None,
        adders: str = "operators",
        tag_bits: int = 0,
    ) -> None:
        if divider_bits is None:
            divider_bits = bits_to_keep_up(config.reciprocal_bits, max_length // lanes)
        self.divider_bits = divider_bits
        shape = SoftmaxShape(config, lanes, heads, max_length, tag_bits)
        super().__init__(shape, adders, constants)

    @staticmethod
    def check_parameters(config: SoftmaxConfig, *, divider_bits: int | None, **common: Any) -> None:
        """Raise InputError, naming the parameter and its bounds, if no such unit can be built."""
        check_row_parameters(**common)
        check_each_head(common["constants"], lambda head: head.check(config))
        if divider_bits is not None:
            check_range("divider_bits", divider_bits, 1, 16)

    def elaborate(self, platform: object) -> Module:
        """Place the stages, the buffers between them, and the storage of rates."""
        m = Module()
        shape = self.shape
        receive = self.place_receive(m, platform)
        exp, scale = SoftmaxExp(shape, self.adders), SoftmaxScale(shape, self.adders)
        reciprocal = SoftmaxReciprocal(shape, self.divider_bits)
        place(m, platform, "exp_stage", exp, "softmax_exp")
        place(m, platform, "reciprocal_stage", reciprocal, "softmax_reciprocal")
        place(m, platform, "scale_stage", scale, "softmax_scale")
        storage = self.place_storage(m, platform, ("rate",), "softmax_constant_storage")
        m.d.comb += [
            storage.rate_head.eq(exp.rate_head),
            exp.rate_constants.eq(storage.rate_constants),
        ]
        self.place_score_buffers(m, platform, receive, exp)
        # These depths are the least that let a beat pass in every cycle, for the same reasons as in
        # surmax.rtl.hccs.unit.buffer_depths.
        beats, cycles = (
            shape.max_beats,
            divider_cycles(shape.config.reciprocal_bits, self.divider_bits),
        )
        waiting = self.place_buffer(m, platform, "values", exp.values, beats + cycles + 3)
        feed(m, waiting.o, scale.beats)
        rows = 1 if cycles > 1 else beats + 1
        sums = self.place_buffer(m, platform, "totals", exp.totals, rows)
        feed(m, sums.o, reciprocal.totals)
        wiring.connect(m, reciprocal.factors, scale.lines)
        wiring.connect(m, scale.codes, wiring.flipped(self.o))
        return m
