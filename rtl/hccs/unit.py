# SPDX-License-Identifier: Apache-2.0
"""HCCS unit: lanes for rows of any length, between two streams."""

from collections.abc import Sequence
from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring
from surmax.golden import HccsConfig, HccsConstants, InputError
from surmax.rtl.hccs.reciprocal import (
    HccsReciprocal,
    check_dividers,
    fewest_bits,
    reciprocal_cycles,
)
from surmax.rtl.hccs.scale import HccsScale
from surmax.rtl.hccs.shape import HccsShape
from surmax.rtl.hccs.sum import HccsSum
from surmax.rtl.parts.fifo import feed
from surmax.rtl.parts.hierarchy import place
from surmax.rtl.parts.parameters import check_each_head
from surmax.rtl.rows.unit import RowUnit, check_row_parameters


class HccsUnit(RowUnit):
    """HCCS for `lanes` scores a cycle. Equals surmax.golden.hccs bit for bit.

    Four stages work on four rows at the same time:

    1. the maximum of a row;
    2. distances d from it, and the sum Z = n*B - S*sum(d);
    3. the reciprocal rho of Z;
    4. the codes, as (B*rho - d*(S*rho)) >> fraction_bits.

    Scores wait in a buffer for the maximum of their row, distances in another one for its
    reciprocal. Latency: `row_latency`. One beat goes in and one comes out every cycle, whatever the
    lengths of the rows, as long as the reciprocal keeps up; HccsBuild.interval says for which rows
    a serial divider does. `o.valid` never waits for `o.ready`.

    A row has up to max_length positions, in whole beats, and ends with `last`. Masked positions
    give 0 and take no part in maximum and sum. All beats of a row have the same head index. A row
    that is too long is cut: `overlong` is high in the cycle in which its last usable beat is taken,
    and the rest up to `last` is dropped.

    Parameters:
        config: the datapath.
        lanes: scores a beat, 1 to 64.
        heads: number of heads, 1 to 64.
        max_length: positions of the longest row, a multiple of lanes, up to 4096.
        storage: "loadable" (flip-flops) or "constant" (constants built in).
        constants: constants of each head, with storage "constant".
        divider: "serial" or "pipelined", for reciprocal "div".
        dividers: number of serial dividers, 1 to 16.
        divider_bits: quotient bits of a serial divider a cycle, or of a stage of the pipeline, 1 to
            16; None is the fewest that keep up with the longest rows.
        adders: "operators" (FPGA, simulation) or "cells" (least area in standard cells).
        tag_bits: bits that travel with a beat unchanged, 0 to 256.

    Constants that are loaded must be legal for rows of max_length positions with any mask (see
    HccsConstants.check).

    Members: see RowUnit.

    Raises:
        InputError: a parameter is out of range, or constants are missing or illegal.
    """

    def __init__(
        self,
        config: HccsConfig,
        *,
        lanes: int = 16,
        heads: int = 1,
        max_length: int = 64,
        storage: str = "loadable",
        constants: Sequence[HccsConstants] | None = None,
        divider: str = "serial",
        dividers: int = 1,
        divider_bits: int | None = None,
        adders: str = "operators",
        tag_bits: int = 0,
    ) -> None:
        if divider_bits is None:
            divider_bits = fewest_bits(config, divider, dividers, max_length // lanes)
        self.divider_parameters = divider, dividers, divider_bits
        super().__init__(HccsShape(config, lanes, heads, max_length, tag_bits), adders, constants)

    @staticmethod
    def check_parameters(
        config: HccsConfig, *, divider: str, dividers: int, divider_bits: int | None, **common: Any
    ) -> None:
        """Raise InputError, naming the parameter and its bounds, if no such unit can be built."""
        check_row_parameters(**common)
        if not config.reciprocal_bits:
            least = config.min_sum.bit_length() - config.max_code.bit_length()
            raise InputError(
                f"fraction_bits must be at least {least} for a unit with min_sum {config.min_sum}, "
                f"not {config.fraction_bits}: every code would be 0"
            )
        max_length = common["max_length"]
        if config.max_b(max_length) < config.min_sum:
            raise InputError(
                f"max_length is {max_length} with sum_bits {config.sum_bits}: B would be at most "
                f"{config.max_b(max_length)} and at least min_sum = {config.min_sum}"
            )
        check_each_head(
            common["constants"], lambda head: head.check(config, max_length, masked=True)
        )
        check_dividers(config, divider, dividers, 1 if divider_bits is None else divider_bits)

    def elaborate(self, platform: object) -> Module:
        """Place the stages, the buffers between them, and the storage of constants."""
        m = Module()
        shape = self.shape
        receive = self.place_receive(m, platform)
        total, scale = HccsSum(shape, self.adders), HccsScale(shape, self.adders)
        place(m, platform, "sum_stage", total, "hccs_sum")
        place(m, platform, "scale_stage", scale, "hccs_scale")
        # Each part of the unit that may work on another row has a read port of its own.
        readers = ("score", "sum", "scale")
        storage = self.place_storage(m, platform, readers, "hccs_constant_storage")
        for part in ("score", "sum"):
            m.d.comb += [
                getattr(storage, f"{part}_head").eq(getattr(total, f"{part}_head")),
                getattr(total, f"{part}_constants").eq(getattr(storage, f"{part}_constants")),
            ]
        self.place_score_buffers(m, platform, receive, total)
        distances, totals = buffer_depths(shape, *self.divider_parameters)
        waiting = self.place_buffer(m, platform, "distances", total.distances, distances)
        feed(m, waiting.o, scale.beats)
        sums = self.place_buffer(m, platform, "totals", total.totals, totals)
        reader = scale
        if shape.shifts:
            feed(m, sums.o, scale.lines)
        else:
            reader = HccsReciprocal(shape, *self.divider_parameters)
            place(m, platform, "reciprocal_stage", reader, "hccs_reciprocal")
            feed(m, sums.o, reader.totals)
            wiring.connect(m, reader.lines, scale.lines)
        m.d.comb += [
            storage.scale_head.eq(reader.scale_head),
            reader.scale_constants.eq(storage.scale_constants),
        ]
        wiring.connect(m, scale.codes, wiring.flipped(self.o))
        return m


def buffer_depths(
    shape: HccsShape, divider: str, dividers: int, divider_bits: int
) -> tuple[int, int]:
    """Return the depths of the buffers of distances and of sums.

    They are the least that let a beat pass in every cycle, whatever the mix of row lengths.
    Distances wait as scores do (RowUnit.place_score_buffers), and in addition as long as the
    reciprocal takes. A serial divider stops rows that are too short for it in any case, so one sum
    that waits is enough.
    """
    latency, interval = reciprocal_cycles(shape.config, divider, dividers, divider_bits)
    if shape.shifts:
        latency = 0
    beats = shape.max_beats
    # A FIFO of depth 1 takes a word every second cycle.
    rows = beats + 1 if interval < 2 else 1
    return beats + 2 + latency, rows


def row_latency(
    shape: HccsShape, beats: int, divider: str, dividers: int, divider_bits: int
) -> int:
    """Return the cycles from the first accepted beat of a lone row to its first output beat."""
    latency, _ = reciprocal_cycles(shape.config, divider, dividers, divider_bits)
    # Each of the two passes takes beats - 1 cycles from the first to the last beat. Two FIFOs add
    # two cycles each; the second cycle of the sum and the output register add one each.
    return 2 * beats + (0 if shape.shifts else latency) + 4
