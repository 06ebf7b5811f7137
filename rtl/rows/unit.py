# SPDX-License-Identifier: Apache-2.0
"""Base of the row units (HCCS and the two baselines): streams, head constants, buffers."""

from collections.abc import Sequence
from typing import Any

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from surmax.golden import InputError, check_choice, check_range
from surmax.rtl.parts.fifo import RowFifo, feed, place_fifo
from surmax.rtl.parts.hierarchy import place
from surmax.rtl.parts.parameters import ADDER_KINDS, CheckedComponent, check_heads, check_tag_bits
from surmax.rtl.rows.constants import ConstantStorage, constants_load_signature
from surmax.rtl.rows.receive import RowReceive
from surmax.rtl.rows.shape import RowShape


class RowUnit(CheckedComponent):
    """Base of units that answer a row once all of it is in. A subclass adds the datapath.

    Parameters:
        shape: widths and layouts. Its attribute `constants`, if it has one, is the layout of the
            constants of a head.
        adders: "operators" (FPGA, simulation) or "cells" (least area in standard cells).
        constants: constants of each head, built in; None when they are loaded, or when heads have
            none.

    Members:
        i: stream in: `scores` (int8), `mask` (1 is masked), `head`, `last`, `tag`.
        o: stream out: `codes`, `last`, `tag`.
        overlong: high in the cycle in which the last beat before a cut is taken.
        dropped: high in each cycle in which a beat behind a cut is taken and dropped.
        host_head, host_constants: index of a head, and its constants in the same cycle; only when
            heads have constants.
        load: `valid` and `payload` (head, constants), taken in every cycle with `valid`; only when
            constants are loaded. No row of that head may be in the unit.
    """

    def __init__(
        self, shape: RowShape, adders: str, constants: Sequence[Any] | None = None
    ) -> None:
        self.shape, self.adders = shape, adders
        self.config, self.lanes, self.heads = shape.config, shape.lanes, shape.heads
        self.tag_bits = shape.tag_bits
        self.constants = None if constants is None else tuple(constants)
        members = {
            "i": In(stream.Signature(shape.beat)),
            "o": Out(stream.Signature(shape.codes)),
            "overlong": Out(1),
            "dropped": Out(1),
        }
        layout = getattr(shape, "constants", None)
        if layout is not None:
            members |= {"host_head": In(shape.head_bits), "host_constants": Out(layout)}
            if constants is None:
                members["load"] = In(constants_load_signature(layout, shape.head_bits))
        super().__init__(members)

    def place_storage(
        self, m: Module, platform: object, readers: Sequence[str], kind: str
    ) -> ConstantStorage:
        """Place the storage of constants, and connect its host and load ports."""
        words = self.constants and [vars(constants) for constants in self.constants]
        storage = ConstantStorage(self.shape.constants, self.heads, readers, words)
        place(m, platform, "constant_storage", storage, kind)
        if self.constants is None:
            wiring.connect(m, wiring.flipped(self.load), storage.load)
        m.d.comb += [
            storage.host_head.eq(self.host_head),
            self.host_constants.eq(storage.host_constants),
        ]
        return storage

    def place_receive(self, m: Module, platform: object) -> RowReceive:
        """Place the first stage, which finds the maxima."""
        receive = RowReceive(self.shape)
        place(m, platform, "receive_stage", receive, "surmax_row_receive")
        return receive

    def place_score_buffers(
        self, m: Module, platform: object, receive: RowReceive, sink: Any
    ) -> None:
        """Place the buffers of scores and maxima between `receive` and the streams of `sink`.

        The scores of a row wait for its maximum while the row before it is read. Room for one row
        is enough, and one beat more, which the FIFO itself delays.
        """
        depth = self.shape.max_beats + 1
        wiring.connect(m, wiring.flipped(self.i), receive.i)
        kept = place_fifo(m, platform, "scores", receive.kept, depth)
        maxima = place_fifo(m, platform, "tops", receive.tops, depth)
        # Both streams of `receive` move together, so both buffers must have room.
        room = kept.i.ready & maxima.i.ready
        m.d.comb += receive.kept.ready.eq(room)
        self.report_cuts(m, receive)
        feed(m, kept.o, sink.kept)
        feed(m, maxima.o, sink.tops)

    def report_cuts(self, m: Module, receive: Any) -> None:
        """Drive `overlong` and `dropped` from the first stage."""
        m.d.comb += [self.overlong.eq(receive.overlong), self.dropped.eq(receive.dropped)]

    @staticmethod
    def place_buffer(m: Module, platform: object, name: str, source: Any, depth: int) -> RowFifo:
        """Place a FIFO behind stream `source`, and drive `source.ready`."""
        fifo = place_fifo(m, platform, name, source, depth)
        m.d.comb += source.ready.eq(fifo.i.ready)
        return fifo


def check_row_parameters(
    *,
    lanes: int,
    heads: int,
    max_length: int,
    adders: str,
    tag_bits: int,
    storage: str = "loadable",
    constants: Sequence[object] | None = None,
) -> None:
    """Raise InputError, naming the parameter and its bounds, if no row unit can be built so."""
    check_range("lanes", lanes, 1, 64)
    check_range("max_length", max_length, lanes, 4096)
    if max_length % lanes:
        raise InputError(f"max_length must be a multiple of {lanes} lanes, not {max_length}")
    check_heads(heads, storage, "constants", constants)
    check_choice("adders", adders, ADDER_KINDS)
    check_tag_bits(tag_bits)
