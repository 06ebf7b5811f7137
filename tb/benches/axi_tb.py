# SPDX-License-Identifier: Apache-2.0
"""The test bench of an AXI top: stock cocotbext-axi drivers, model and scoreboard.

The drivers come from another project, so that the ports are checked against a second reading of the
AXI rules.
"""

import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import cycle
from typing import Any

import cocotb
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
from surmax.tb.benches.shared import CLOCK_NS, COVERAGE, MODEL, PLAN
from surmax.tb.core.beats import Beats, Bits, pack_bits
from surmax.tb.core.model import Observation, Write

warnings.filterwarnings("ignore", category=DeprecationWarning, module="cocotbext|cocotb_bus")

# Cycles that a beat may take on the average, and a stream beside that, before it counts as stuck.
_PATIENCE_BEAT, _PATIENCE = 100, 2000
_PATTERN = 997


class AxiTB:
    """Drives an AXI top and checks all that comes out.

    Attributes:
        scores: scores checked so far.
        contents: what each head holds.
        dut: the top.
        edge: trigger of the rising clock edge.
    """

    def __init__(self, dut: Any) -> None:
        # The drivers log every frame, and several lines for each frame that a reset drops.
        logging.getLogger(f"cocotb.{PLAN.build.top_module}").setLevel(logging.ERROR)
        self.build = PLAN.build
        self.scores = 0
        self.contents = PLAN.heads(0)
        self._rate = 0.0
        self.edge = RisingEdge(dut.aclk)
        self.dut, self._reset = dut, dut.aresetn
        self._clock = Clock(dut.aclk, CLOCK_NS, "ns", impl="gpi")

    async def start(self) -> None:
        """Start the clock, reset, attach the drivers, and load the contents of turn 0."""
        dut = self.dut
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
        self.attach_registers(drivers)
        await self.load(self.contents)

    def attach_registers(self, drivers: Mapping[str, Any]) -> None:
        """Attach what drives AXI4-Lite, with these clock and reset."""
        self.master = AxiLiteMaster(AxiLiteBus.from_prefix(self.dut, "s_axil"), **drivers)

    async def finish(self) -> None:
        """Check that nothing more comes out."""
        for _ in range(MODEL.quiet + 1):
            await self.edge
        assert self.sink.empty(), "a frame too many"
        assert self.sink.idle(), "beats without a TLAST at the end"
        self._clock.stop()

    async def reset(self, cycles: int = 3) -> None:
        """Reset; what is in flight is gone afterwards, what the heads hold stays."""
        await self._pulse_reset(cycles)
        COVERAGE.event("reset in mid-row")
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
        self._rate = rate
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
        okay = answer.resp == AxiResp.OKAY
        COVERAGE.events({"write taken": okay, "write refused": not okay})
        return okay

    async def read(self, address: int) -> tuple[bool, int]:
        """Read a word; return whether the answer was OKAY, and the word."""
        answer = await with_timeout(self.master.read(address, 4), _PATIENCE * CLOCK_NS, "ns")
        assert answer.resp in (AxiResp.OKAY, AxiResp.SLVERR), f"read answered {answer.resp}"
        okay = answer.resp == AxiResp.OKAY
        COVERAGE.events({"read answered": okay, "read refused": not okay})
        return okay, int.from_bytes(answer.data, "little")

    async def check_registers(self, known: Mapping[int, int], unknown: Sequence[int]) -> None:
        """Read what is known at these addresses, and SLVERR with 0 at the unknown ones."""
        for address, value in known.items():
            assert await self.read(address) == (True, value), f"register {address:#x}"
        for address in unknown:
            okay, value = await self.read(address)
            assert not okay, f"read of {address:#06x} is answered OKAY"
            assert value == 0, f"read of {address:#06x} gives {value:#x} with its SLVERR"

    async def write_all(self, writes: Sequence[Write]) -> None:
        """Do writes over AXI4-Lite; each has to be answered OKAY."""
        for one in writes:
            address, word = MODEL.axi_write(one)
            assert await self.write(address, word.to_bytes(4, "little")), (
                f"write of {one} to {address:#06x} was refused"
            )

    async def load(self, contents: Sequence[Any]) -> None:
        """Load every head; nothing to do where nothing is loadable."""
        self.contents = list(contents)
        if MODEL.loadable:
            for head, one in enumerate(contents):
                await self.write_all(MODEL.writes(head, one))

    async def load_in_mid_stream(self, head: int, contents: Sequence[Any], others: Beats) -> None:
        """Load `contents` into a head one after the other while the other heads' beats flow.

        Args:
            head: which one; it holds the last of `contents` afterwards.
            contents: what to load.
            others: beats whose heads are numbered as if there were no `head`; checked.
        """
        others.heads[:] += others.heads >= head
        others.last[-1] = True
        keep = np.ones(others.scores.shape, dtype=bool)
        self.send(others, keep)
        checking = cocotb.start_soon(self.check(others, keep, list(self.contents)))
        for one in contents:
            await self.write_all(MODEL.writes(head, one))
        await checking
        COVERAGE.event("load in mid-stream")
        self.contents[head] = contents[-1]

    async def reset_under_way(self, beats: Beats, cycles: int, *, rest: bool) -> None:
        """Reset so many cycles after the beats were queued; with `rest` none is taken."""
        self.send(beats, np.ones(beats.scores.shape, dtype=bool))
        self.sink.pause = rest
        for _ in range(cycles):
            await self.edge
        self.sink.pause = False
        await self.reset()

    def send(self, beats: Beats, keep: Bits) -> None:
        """Queue the beats, cut into frames after each TLAST."""
        head_bits = max(1, (self.build.heads - 1).bit_length())
        masks, heads = pack_bits(beats.mask), beats.heads.tolist()
        users = [m << head_bits | h for m, h in zip(masks, heads, strict=True)]
        for rows in _frames(beats.last):
            self.source.send_nowait(
                AxiStreamFrame(
                    beats.scores[rows].tobytes(),
                    tkeep=keep[rows].reshape(-1).astype(int).tolist(),
                    tuser=[user for user in users[rows] for _ in range(self.build.lanes)],
                )
            )

    async def check(self, beats: Beats, keep: Bits, contents: Sequence[Any] | None = None) -> None:
        """Take the frames that answer `beats`; compare data, TKEEP, TUSER and length of each.

        `contents` is what the heads hold while the beats pass, by default `self.contents`.
        """
        contents = contents or self.contents
        answer = MODEL.answer(replace(beats, mask=beats.mask | ~keep), contents)
        expected, per_lane = answer.codes, answer.codes.itemsize
        kept, heads = keep[answer.source], beats.heads[answer.source]
        for rows in _frames(answer.last):
            count = rows.stop - rows.start
            limit = (_PATIENCE + _PATIENCE_BEAT * count) * CLOCK_NS
            frame = await with_timeout(self.sink.recv(compact=False), limit, "ns")
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
                ("TKEEP", frame.tkeep, np.repeat(kept[rows], per_lane)),
                ("TUSER", frame.tuser, np.repeat(heads[rows], self.build.lanes * per_lane)),
            ):
                differ = np.nonzero(np.array(values) != want)[0]
                assert not differ.size, (
                    f"frame from beat {rows.start} {name} of byte {differ[0]}: "
                    f"expected {int(want[differ[0]])}, got {values[differ[0]]}"
                )
        self.scores += MODEL.count(answer, beats.heads, contents)
        paused = np.full(len(beats), self._rate > 0)
        held_out = np.full(len(answer.codes), self._rate > 0)
        seen = Observation(contents, beats.heads, beats, answer, paused, held_out, paused)
        COVERAGE.sample(seen, keep)

    async def stream(self, beats: Beats, keep: Bits | None = None) -> None:
        """Send `beats` and check all that comes out."""
        beats.last[-1] = True
        keep = np.ones(beats.scores.shape, dtype=bool) if keep is None else keep
        self.send(beats, keep)
        await self.check(beats, keep)


def _frames(last: Bits) -> list[slice]:
    """Return the beats of each frame."""
    ends = (np.nonzero(last)[0] + 1).tolist()
    return [slice(a, b) for a, b in zip([0, *ends[:-1]], ends, strict=True)]
