# SPDX-License-Identifier: Apache-2.0
"""ConSmax unit: lanes with shared tables, between two streams."""

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from surmax.golden import ConsmaxConfig, ConsmaxTables, InputError, check_range
from surmax.rtl.consmax.lane import ConsmaxLane, register_steps
from surmax.rtl.consmax.tables import TableStorage, table_load_signature
from surmax.rtl.parts.hierarchy import place
from surmax.rtl.parts.parameters import CheckedComponent, check_heads, check_tag_bits


class ConsmaxUnit(CheckedComponent):
    """ConSmax: C*exp(s*q) for `lanes` scores a cycle. Equals surmax.golden.consmax bit for bit.

    Latency `stages` cycles, one beat a cycle. `o.valid` never waits for `o.ready`, and the output
    is held until it is taken. A stall stops only the stages behind it, so that empty stages fill
    up. Masked lanes give exactly 0.

    In a unit for 16-bit scores each head is in 8-bit or in 16-bit mode. In 16-bit mode lanes 2k and
    2k+1 carry the low and the high byte of one score, and of one uQ0.16 code; the score is masked
    when either lane is. In 8-bit mode each lane has its own score.

    Parameters:
        config: the datapath.
        lanes: byte lanes, 1 to 64 (even for 16-bit scores).
        heads: number of heads, 1 to 64; the head index of a beat selects one.
        storage: "loadable" (flip-flops) or "constant" (tables built in).
        tables: tables of each head, with storage "constant".
        stages: pipeline registers, 1 to the number of steps (see register_steps).
        adders: "operators" or "cells": how the product is written (see ConsmaxLane).
        tag_bits: bits that travel with a beat unchanged, 0 to 256.

    Members:
        i: stream in: `scores`, `mask` (1 is masked), `head`, `last`, `tag`.
        o: stream out: `codes`, `last`, `tag`.
        load: `valid` and `payload` (head, table, index, word): a table word, taken in every cycle
            with `valid`; only with storage "loadable".

    Raises:
        InputError: a parameter is out of range, or tables are missing or of another configuration.
    """

    def __init__(
        self,
        config: ConsmaxConfig,
        *,
        lanes: int = 16,
        heads: int = 1,
        storage: str = "loadable",
        tables: Sequence[ConsmaxTables] | None = None,
        stages: int = 1,
        adders: str = "operators",
        tag_bits: int = 0,
    ) -> None:
        self.config, self.lanes, self.heads, self.storage = config, lanes, heads, storage
        self.tables = None if tables is None else tuple(tables)
        self.stages, self.adders = stages, adders
        self.tag_bits = tag_bits
        common = {"last": unsigned(1), "tag": unsigned(self.tag_bits)}
        beat = {
            "scores": data.ArrayLayout(unsigned(8), self.lanes),
            "mask": unsigned(self.lanes),
            "head": range(max(self.heads, 2)),
        }
        codes = data.ArrayLayout(unsigned(config.narrow.output_bits), self.lanes)
        members = {
            "i": In(stream.Signature(data.StructLayout(beat | common))),
            "o": Out(stream.Signature(data.StructLayout({"codes": codes} | common))),
        }
        if storage == "loadable":
            members["load"] = In(table_load_signature(config, self.heads))
        super().__init__(members)

    @staticmethod
    def check_parameters(
        config: ConsmaxConfig,
        *,
        lanes: int,
        heads: int,
        storage: str,
        tables: Sequence[ConsmaxTables] | None,
        stages: int,
        adders: str,
        tag_bits: int,
    ) -> None:
        """Raise InputError, naming the parameter and its bounds, if no such unit can be built."""
        check_range("lanes", lanes, config.tables // 2, 64)
        if config.score_bits == 16 and lanes % 2:
            raise InputError(f"lanes must be an even number, not {lanes} with score_bits 16")
        check_heads(heads, storage, "tables", tables)
        register_steps(config, stages, adders)
        for head, solved in enumerate(tables or ()):
            if solved.config not in (config, config.narrow):
                raise InputError(f"tables of head {head} were solved for another configuration")
        check_tag_bits(tag_bits)

    def elaborate(self, platform: object) -> Module:
        """Place storage and lanes, and the pipeline of valid bits, `last` and tags beside them."""
        m = Module()
        storage = TableStorage(self.config, self.heads, self.tables)
        place(m, platform, "storage", storage, "consmax_storage")
        if self.tables is None:
            wiring.connect(m, wiring.flipped(self.load), storage.load)
        beat = self.i.payload
        m.d.comb += storage.head.eq(beat.head)

        # Register k may take data when it is empty or when the register after it takes its data. It
        # takes valid data only, so that a bubble toggles nothing.
        ready = self.o.ready
        valid = Signal(self.stages)
        advance = Signal(self.stages)
        source = Cat(self.i.valid, valid[:-1])
        side = [Cat(beat.last, beat.tag)]
        side += [Signal(1 + self.tag_bits, name=f"side{k}") for k in range(self.stages)]
        for k in reversed(range(self.stages)):
            ready = ~valid[k] | ready
            with m.If(ready):
                m.d.sync += valid[k].eq(source[k])
            m.d.comb += advance[k].eq(ready & source[k])
            with m.If(advance[k]):
                m.d.sync += side[k + 1].eq(side[k])
        m.d.comb += [
            self.i.ready.eq(ready),
            self.o.valid.eq(valid[-1]),
            Cat(self.o.payload.last, self.o.payload.tag).eq(side[-1]),
        ]

        lane_width = self.config.tables // 2
        for first in range(0, self.lanes, lane_width):
            lane = ConsmaxLane(self.config, self.stages, self.adders)
            place(m, platform, f"lane{first}", lane, "consmax_lane")
            m.d.comb += [
                lane.words.eq(storage.words),
                lane.advance.eq(advance),
                lane.mask.eq(beat.mask[first : first + lane_width]),
            ]
            if lane_width == 2:
                m.d.comb += lane.wide.eq(storage.wide)
            for k in range(lane_width):
                m.d.comb += [
                    lane.scores[k].eq(beat.scores[first + k]),
                    self.o.payload.codes[first + k].eq(lane.codes[k]),
                ]
        return m
