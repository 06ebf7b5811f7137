# SPDX-License-Identifier: Apache-2.0
"""The integer softmax unit, a baseline: N lanes, rows of any length, streams in and out."""

from collections.abc import Sequence

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from surmax.golden import InputError, SoftmaxConfig, SoftmaxConstants, check_range
from surmax.rtl.constant_storage import ConstantStorage, load_signature
from surmax.rtl.divider import bits_to_keep_up, divider_cycles
from surmax.rtl.hierarchy import place
from surmax.rtl.parameters import check_row_unit
from surmax.rtl.row_fifo import feed, place_fifo
from surmax.rtl.row_receive import RowReceive
from surmax.rtl.softmax_exp import SoftmaxExp
from surmax.rtl.softmax_reciprocal import SoftmaxReciprocal
from surmax.rtl.softmax_scale import SoftmaxScale
from surmax.rtl.softmax_shape import SoftmaxShape


class SoftmaxUnit(wiring.Component):
    """Row-wise softmax for N scores a cycle: surmax.golden.softmax, bit for bit.

    Four stages work on four rows at a time: the maximum; exponentials and their sum; the
    reciprocal; the codes. Scores wait in one buffer until their row's maximum is known,
    exponentials in a second one until its reciprocal is. One beat goes in and one comes out every
    cycle as long as the serial divider keeps up: `interval` says for which rows it does. `o.valid`
    never waits for `o.ready`. Rows, masks and heads as in HccsUnit.

    Parameters:
        config: the datapath.
        lanes: scores a beat, 1 to 64.
        heads: heads in storage, 1 to 64.
        max_length: positions of the longest row, a multiple of lanes, up to 4096.
        storage: "loadable" (flip-flops) or "constant" (rates built in).
        constants: each head's, for constant storage.
        divider_bits: quotient bits that the divider makes a cycle, 1 to 16; None is the fewest that
            keep up with the longest rows.
        adders: "operators" (FPGA, simulation) or "cells" (smallest in standard cells).
        tag_bits: bits that a beat carries through unchanged, 0 to 256.

    Attributes:
        i: stream in: `scores` (int8), `mask` (1 is masked), `head`, `last`, `tag`.
        o: stream out: `codes`, `last`, `tag`.
        overlong: a row is being cut.
        host_head, host: a head, and the constants that it has.
        load: `valid` and `payload` (head, constants), loadable storage only: taken in every cycle
            with `valid`. No row of that head may be in the unit.

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
        try:
            check_softmax_parameters(config, lanes, heads, max_length, storage, constants, adders)
            if divider_bits is None:
                divider_bits = bits_to_keep_up(config.reciprocal_bits, max_length // lanes)
            check_range("divider_bits", divider_bits, 1, 16)
            check_range("tag_bits", tag_bits, 0, 256)
        except InputError:
            self._MustUse__used = True  # no warning that a refused unit was never used
            raise
        self.shape = shape = SoftmaxShape(config, lanes, heads, max_length, tag_bits)
        self.config, self.lanes, self.heads = config, lanes, heads
        self.storage, self.adders, self.tag_bits = storage, adders, tag_bits
        self.constants = None if constants is None else tuple(constants)
        self.divider_bits = divider_bits
        members = {
            "i": In(stream.Signature(shape.beat)),
            "o": Out(stream.Signature(shape.codes)),
            "overlong": Out(1),
            "host_head": In(shape.head_bits),
            "host": Out(shape.constants),
        }
        if storage == "loadable":
            members["load"] = In(load_signature(shape.constants, shape.head_bits))
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        """Place the stages and what waits between them."""
        m = Module()
        shape = self.shape
        words = self.constants and [vars(one) for one in self.constants]
        storage = ConstantStorage(shape.constants, shape.heads, ("rate",), words)
        receive, exp = RowReceive(shape), SoftmaxExp(shape, self.adders)
        reciprocal = SoftmaxReciprocal(shape, self.divider_bits)
        scale = SoftmaxScale(shape, self.adders)
        place(m, platform, "receive_stage", receive, "surmax_row_receive")
        place(m, platform, "exp_stage", exp, "softmax_exp")
        place(m, platform, "reciprocal_stage", reciprocal, "softmax_reciprocal")
        place(m, platform, "scale_stage", scale, "softmax_scale")
        place(m, platform, "constant_storage", storage, "softmax_constant_storage")
        if self.constants is None:
            wiring.connect(m, wiring.flipped(self.load), storage.load)
        m.d.comb += [
            storage.rate_head.eq(exp.rate_head),
            exp.rate.eq(storage.rate),
            storage.host_head.eq(self.host_head),
            self.host.eq(storage.host),
        ]
        beats = shape.max_beats
        wiring.connect(m, wiring.flipped(self.i), receive.i)
        # The depths are the least that let a beat pass in every cycle (see hccs.buffer_depths).
        kept = place_fifo(m, platform, "scores", receive.kept, beats + 1)
        maxima = place_fifo(m, platform, "tops", receive.tops, beats + 1)
        # Taken only where both have room.
        room = kept.i.ready & maxima.i.ready
        m.d.comb += [receive.kept.ready.eq(room), self.overlong.eq(receive.overlong)]
        feed(m, kept.o, exp.kept)
        feed(m, maxima.o, exp.tops)
        cycles = divider_cycles(shape.config.reciprocal_bits, self.divider_bits)
        waiting = place_fifo(m, platform, "values", exp.values, beats + cycles + 3)
        m.d.comb += exp.values.ready.eq(waiting.i.ready)
        feed(m, waiting.o, scale.beats)
        sums = place_fifo(m, platform, "totals", exp.totals, 1 if cycles > 1 else beats + 1)
        m.d.comb += exp.totals.ready.eq(sums.i.ready)
        feed(m, sums.o, reciprocal.totals)
        wiring.connect(m, reciprocal.factors, scale.lines)
        wiring.connect(m, scale.codes, wiring.flipped(self.o))
        return m


def check_softmax_parameters(
    config: SoftmaxConfig,
    lanes: int,
    heads: int,
    max_length: int,
    storage: str,
    constants: Sequence[SoftmaxConstants] | None,
    adders: str,
) -> None:
    """Raise InputError, naming the parameter and its bounds, if no such unit can be built."""
    check_row_unit(lanes, heads, max_length, storage, "constants", constants, adders)
    for head, one in enumerate(constants or ()):
        try:
            one.check(config)
        except InputError as error:
            raise InputError(f"head {head}: {error}") from None
