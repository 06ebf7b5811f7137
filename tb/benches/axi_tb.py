# SPDX-License-Identifier: Apache-2.0
"""The test bench of the AXI top: stock cocotbext-axi drivers, model and scoreboard.

The drivers are a third party's, so that the ports meet another reading of the AXI rules than ours.
"""

import logging
import warnings
from collections.abc import Sequence
from itertools import cycle
from typing import Any

import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, with_timeout
from cocotbext.axi import (
    AxiLiteBus,
    AxiLiteMaster,
    AxiResp,
    AxiStreamBus,
    AxiStreamFrame,
    AxiStreamSink,
    AxiStreamSource,
)
from surmax.golden import ConsmaxTables
from surmax.rtl.axi import table_address
from surmax.tb.benches.beats import Beats, pack_bits
from surmax.tb.benches.session import CLOCK_NS, PLAN
from surmax.tb.model import TableWrite, expected_codes, load_writes

warnings.filterwarnings("ignore", category=DeprecationWarning, module="cocotbext|cocotb_bus")

# Cycles that a beat may take on the average, and a stream beside that, before it counts as stuck.
_PATIENCE_BEAT, _PATIENCE = 100, 2000
_PATTERN = 997


class AxiTB:
    """Drives the AXI top and checks all that comes out.

    Attributes:
        scores: scores checked so far.
        tables: what each head holds.
        edge: trigger of the rising clock edge.
    """

    def __init__(self, dut: Any) -> None:
        # The drivers tell of every frame, and at length of those that a reset drops.
        logging.getLogger("cocotb.consmax_axi").setLevel(logging.ERROR)
        self.build = PLAN.build
        self.scores = 0
        self.tables: list[ConsmaxTables] = PLAN.heads(0)
        self.edge = RisingEdge(dut.aclk)
        self._dut, self._reset = dut, dut.aresetn
        self._clock = Clock(dut.aclk, CLOCK_NS, "ns", impl="gpi")

    async def start(self) -> None:
        """Start the clock, reset, attach the drivers, and load the tables of turn 0."""
        dut = self._dut
        for name in ("s_axis_tvalid", "m_axis_tready", "s_axil_awvalid", "s_axil_wvalid"):
            getattr(dut, name).value = 0
        for name in ("s_axil_bready", "s_axil_arvalid", "s_axil_rready"):
            getattr(dut, name).value = 0
        self._clock.start()
        await self._pulse_reset(3)
        # Only now: before the first reset the outputs are undefined, which the drivers refuse.
        drivers = {"clock": dut.aclk, "reset": dut.aresetn, "reset_active_level": False}
        self.source = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis"), **drivers)
        self.sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), **drivers)
        self.master = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), **drivers)
        await self.load(self.tables)

    async def finish(self) -> None:
        """Check that nothing more comes out."""
        for _ in range(self.build.latency + 4):
            await self.edge
        assert self.sink.empty(), "a frame too many"
        assert self.sink.idle(), "beats without a TLAST at the end"
        self._clock.stop()

    async def reset(self, cycles: int = 3) -> None:
        """Reset; what is in flight is gone afterwards, tables and modes stay."""
        await self._pulse_reset(cycles)
        self.source.clear()
        self.sink.clear()

    async def _pulse_reset(self, cycles: int) -> None:
        self._reset.value = 0
        for _ in range(cycles):
            await self.edge
        self._reset.value = 1
        await self.edge

    def pause(self, rng: np.random.Generator, rate: float) -> None:
        """Let every channel pause at random, in each cycle with probability `rate`."""
        write, read = self.master.write_if, self.master.read_if
        channels = [self.source, self.sink, write.aw_channel, write.w_channel]
        for channel in [*channels, write.b_channel, read.ar_channel, read.r_channel]:
            channel.clear_pause_generator()
            channel.pause = False
            if rate:
                channel.set_pause_generator(cycle((rng.random(_PATTERN) < rate).tolist()))

    async def write(self, address: int, data: bytes) -> bool:
        """Write bytes; return whether the answer was OKAY (True) or SLVERR (False)."""
        answer = await with_timeout(self.master.write(address, data), _PATIENCE * CLOCK_NS, "ns")
        assert answer.resp in (AxiResp.OKAY, AxiResp.SLVERR), f"write answered {answer.resp}"
        return answer.resp == AxiResp.OKAY

    async def read(self, address: int) -> tuple[bool, int]:
        """Read a word; return whether the answer was OKAY, and the word."""
        answer = await with_timeout(self.master.read(address, 4), _PATIENCE * CLOCK_NS, "ns")
        assert answer.resp in (AxiResp.OKAY, AxiResp.SLVERR), f"read answered {answer.resp}"
        return answer.resp == AxiResp.OKAY, int.from_bytes(answer.data, "little")

    def writes(self, head: int, tables: ConsmaxTables) -> list[TableWrite]:
        """Return the table writes that load one head."""
        return load_writes(self.build.config, head, tables)

    async def write_all(self, writes: Sequence[TableWrite]) -> None:
        """Do table writes over AXI4-Lite; each has to be answered OKAY."""
        for head, table, index, word in writes:
            address = table_address(self.build.config, head, table, index, heads=self.build.heads)
            assert await self.write(address, word.to_bytes(4, "little")), (
                f"write of head {head} table {table} index {index} was refused"
            )

    async def load(self, tables: Sequence[ConsmaxTables]) -> None:
        """Load every head; nothing to do for constant storage."""
        self.tables = list(tables)
        if self.build.storage == "loadable":
            for head, one in enumerate(tables):
                await self.write_all(self.writes(head, one))

    def send(self, beats: Beats, keep: np.ndarray) -> None:
        """Queue the beats, cut into frames after each TLAST."""
        head_bits = max(1, (self.build.heads - 1).bit_length())
        masks, heads = pack_bits(beats.mask), beats.heads.tolist()
        users = [m << head_bits | h for m, h in zip(masks, heads, strict=True)]
        for rows in _frames(beats):
            self.source.send_nowait(
                AxiStreamFrame(
                    beats.scores[rows].tobytes(),
                    tkeep=keep[rows].reshape(-1).astype(int).tolist(),
                    tuser=[user for user in users[rows] for _ in range(self.build.lanes)],
                )
            )

    async def check(
        self, beats: Beats, keep: np.ndarray, tables: Sequence[ConsmaxTables] | None = None
    ) -> None:
        """Take the frames of `beats` and compare data, TKEEP, TUSER and length of each.

        `tables` is what the heads hold while the beats pass, by default `self.tables`.
        """
        tables = tables or self.tables
        mask = beats.mask | ~keep
        expected = expected_codes(self.build.config, tables, beats.scores, beats.heads, mask)
        per_lane = expected.itemsize
        for rows in _frames(beats):
            limit = (_PATIENCE + _PATIENCE_BEAT * (rows.stop - rows.start)) * CLOCK_NS
            frame = await with_timeout(self.sink.recv(compact=False), limit, "ns")
            count = rows.stop - rows.start
            assert len(frame.tdata) == count * self.build.lanes * per_lane, (
                f"frame from beat {rows.start}: {len(frame.tdata)} bytes came, "
                f"{count * self.build.lanes * per_lane} expected: TLAST is misplaced"
            )
            got = np.frombuffer(bytes(frame.tdata), dtype=expected.dtype.newbyteorder("<"))
            wrong = np.argwhere(got.reshape(count, -1) != expected[rows])
            if len(wrong):
                beat, lane = (int(v) for v in wrong[0])
                raise AssertionError(
                    f"beat {rows.start + beat} lane {lane}: expected {expected[rows][beat, lane]}, "
                    f"got {got.reshape(count, -1)[beat, lane]}"
                )
            for name, values, want in (
                ("TKEEP", frame.tkeep, np.repeat(keep[rows], per_lane)),
                ("TUSER", frame.tuser, np.repeat(beats.heads[rows], self.build.lanes * per_lane)),
            ):
                differ = np.nonzero(np.array(values) != want)[0]
                assert not differ.size, (
                    f"frame from beat {rows.start} {name} of byte {differ[0]}: "
                    f"expected {int(want[differ[0]])}, got {values[differ[0]]}"
                )
        wide = np.array([one.config.score_bits == 16 for one in tables])[beats.heads]
        self.scores += int(self.build.lanes * len(beats) - self.build.lanes // 2 * wide.sum())

    async def stream(self, beats: Beats, keep: np.ndarray | None = None) -> None:
        """Send `beats` and check all that comes out."""
        beats.last[-1] = True
        keep = np.ones(beats.scores.shape, dtype=bool) if keep is None else keep
        self.send(beats, keep)
        await self.check(beats, keep)


def _frames(beats: Beats) -> list[slice]:
    """Return the beats of each frame."""
    ends = (np.nonzero(beats.last)[0] + 1).tolist()
    return [slice(a, b) for a, b in zip([0, *ends[:-1]], ends, strict=True)]
