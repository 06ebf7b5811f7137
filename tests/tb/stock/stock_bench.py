# SPDX-License-Identifier: Apache-2.0
"""A bench that knows nothing of Surmax: cocotbext-axi's drivers on an AXI top, used as they come.

What is sent and what has to come out is in the file $STOCK_PLAN:

    lanes, bytes: scores of a beat, bytes of a code
    writes: [address, word], each answered OKAY; reads: [address, word] afterwards
    frames: {"head", "scores": bytes of a frame, "keep": their TKEEP, "codes": of the answer}
"""

import json
import os
from itertools import cycle
from pathlib import Path
from random import Random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, with_timeout
from cocotbext.axi import (
    AxiLiteBus,
    AxiLiteMaster,
    AxiStreamBus,
    AxiStreamFrame,
    AxiStreamSink,
    AxiStreamSource,
)

PLAN = json.loads(Path(os.environ["STOCK_PLAN"]).read_text())
RATES = (0.0, 0.3, 0.6)


def pause_at_random(rng, channels, rate):
    for channel in channels:
        channel.set_pause_generator(cycle([rng.random() < rate for _ in range(499)]))


async def started(dut):
    """Reset the design and return its drivers."""
    cocotb.start_soon(Clock(dut.aclk, 10, "ns").start())
    for name in ("s_axis_tvalid", "s_axil_awvalid", "s_axil_wvalid", "s_axil_arvalid"):
        getattr(dut, name).value = 0
    dut.aresetn.value = 0
    await ClockCycles(dut.aclk, 3)
    dut.aresetn.value = 1
    await ClockCycles(dut.aclk, 1)
    pins = {"clock": dut.aclk, "reset": dut.aresetn, "reset_active_level": False}
    return (
        AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis"), **pins),
        AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), **pins),
        AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), **pins),
    )


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def frames(dut):
    """Load the heads, then send frames with masks by TKEEP, at each rate of pauses."""
    source, sink, master = await started(dut)
    write, read = master.write_if, master.read_if
    channels = [source, sink, write.aw_channel, write.w_channel, write.b_channel]
    channels += [read.ar_channel, read.r_channel]
    rng = Random(PLAN["seed"])
    for rate in RATES:
        pause_at_random(rng, channels, rate)
        for address, word in PLAN["writes"]:
            answer = await master.write(address, word.to_bytes(4, "little"))
            assert answer.resp == 0, f"write to {address:#x} answered {answer.resp}"
        for frame in PLAN["frames"]:
            # One number for TUSER: the head, below mask bits that are all 0.
            await source.send(
                AxiStreamFrame(bytes(frame["scores"]), tkeep=frame["keep"], tuser=frame["head"])
            )
        for number, frame in enumerate(PLAN["frames"]):
            await check(number, frame, sink, compact=bool(rng.getrandbits(1)))
        for address, word in PLAN["reads"]:
            found = await master.read_dword(address)
            assert found == word, f"read of {address:#x}: {found:#x}, not {word:#x}"
    await ClockCycles(dut.aclk, 50)
    assert sink.empty(), "a frame too many"
    assert sink.idle(), "beats behind the last TLAST"


async def check(number, frame, sink, *, compact):
    """Compare a frame with what is expected; a compact one lost the bytes without TKEEP."""
    got = await with_timeout(sink.recv(compact=compact), 200, "us")
    lanes, size = PLAN["lanes"], PLAN["bytes"]
    codes = frame["codes"]
    keep = (frame["keep"] + [0] * len(codes))[: len(codes)]
    pairs = list(zip(codes, keep, strict=True))
    if compact:
        pairs = [(code, one) for code, one in pairs if one]
    want = b"".join(code.to_bytes(size, "little") for code, _ in pairs)
    assert bytes(got.tdata) == want, f"frame {number}: codes {bytes(got.tdata)}, not {want}"
    if not compact:
        assert len(codes) % lanes == 0
        bits = [one for one in keep for _ in range(size)]
        assert got.tkeep == bits, f"frame {number}: TKEEP {got.tkeep}, not {bits}"
        assert set(got.tuser) == {frame["head"]}, f"frame {number}: TUSER {got.tuser}"
    elif want:
        assert got.tuser == frame["head"], f"frame {number}: TUSER {got.tuser}"
