# SPDX-License-Identifier: Apache-2.0
"""Every kind of check in the cocotb benches can fail: faults planted around a good unit."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from fault_wrapper import faulty
from surmax.golden import PRESETS
from surmax.rtl import ConsmaxBuild, verilog
from surmax.tb.building import SimulationError
from surmax.tb.runner import run_benches
from surmax.tb.simulators import available

pytestmark = pytest.mark.skipif("icarus" not in available(), reason="Icarus is missing")

STREAM = ConsmaxBuild(PRESETS["small"], lanes=2, heads=2)
AXI = replace(STREAM, top="axi")


@pytest.fixture(scope="module")
def texts():
    return {build.top: verilog(build) for build in (STREAM, AXI)}


STREAM_FAULTS = {
    "wrong code": (
        "all_codes",
        {"m_codes": "u_m_codes ^ (taken == 40)"},
        r"beat 40 lane 0: expected \d+, got \d+ \(score byte 0x28, head 0, mask 0; 1 of 512",
    ),
    "undefined code": (
        "all_codes",
        {"m_codes": "u_m_codes | (taken == 40 ? 16'bx : 16'b0)"},
        "beat 40: undefined output",
    ),
    "lanes swapped": (
        "all_codes",
        {"m_codes": "{u_m_codes[7:0], u_m_codes[15:8]}"},
        "beat 0 lane 0: expected",
    ),
    "saturation one too low": (
        "saturation",
        {"m_codes": "{u_m_codes[15:8], u_m_codes[7:0] - (u_m_codes[7:0] == 255)}"},
        "lane 0: expected 255, got 254",
    ),
    "mask ignored": ("masks", {"s_mask": "2'b0"}, r"expected 0, got \d+ .*mask 1"),
    "head ignored": ("another_head", {"s_head": "1'b0"}, "head 1, mask 0"),
    "TLAST lost": (
        "random_streams/seed=1",
        {"m_last": "u_m_last & (taken != 40) | (taken == 41)"},
        "TLAST: expected",
    ),
    "TLAST of the input": ("random_streams/seed=2", {"m_last": "s_last"}, "TLAST: expected"),
    "output changes while it waits": (
        "random_streams/seed=1",
        {"m_codes": "u_m_codes ^ (now[3:0] == 0)"},
        "the output changed while it waited|lane 0: expected",
    ),
    "valid falls while it waits": (
        "random_streams/seed=1",
        {"m_valid": "u_m_valid & (now[3:0] != 0)", "m_ready": "m_ready & (now[3:0] != 0)"},
        "m_valid is 0 before it was taken",
    ),
    "valid waits for ready": (
        "valid_does_not_wait",
        {"m_valid": "u_m_valid & m_ready"},
        "m_valid stays low while m_ready is low",
    ),
    "ready lies, a beat is lost": (
        "random_streams/seed=1",
        {"s_ready": "u_s_ready | (now == 500)"},
        "stuck at the output|lane 0: expected|lane 1: expected",
    ),
    "a beat twice": (
        "latency_and_throughput",
        {"m_ready": "m_ready & (taken != 2)"},
        "an output before its input was taken|an output beat too many|lane",
    ),
    "never an output": ("all_codes", {"m_valid": "1'b0"}, "stuck at the output"),
    "never ready": ("all_codes", {"s_ready": "1'b0", "s_valid": "1'b0"}, "stuck at the input"),
    "a bubble now and then": (
        "latency_and_throughput",
        {"s_ready": "u_s_ready & (now[3:0] != 0)", "s_valid": "s_valid & (now[3:0] != 0)"},
        r"beats came out in \d+ cycles|latency",
    ),
    "reset does nothing": (
        "reset_in_mid_row",
        {"rst": "rst & (now < 10)"},
        "m_valid is set after reset|an output before|lane",
    ),
    "a load goes to another head": (
        "load_another_head",
        {"load_head": "load_head & (now < 100)"},
        r"lane \d: expected",
    ),
    "a load while beats flow is lost": (
        "load_another_head",
        {"load_valid": "load_valid & ~s_valid"},
        r"lane \d: expected",
    ),
}

AXI_FAULTS = {
    "wrong code": (
        "all_codes",
        {"m_axis_tdata": "u_m_axis_tdata ^ (taken == 40)"},
        "beat 40 lane 0: expected",
    ),
    "TLAST lost": (
        "random_frames/seed=1",
        {"m_axis_tlast": "u_m_axis_tlast & (taken != 3) | (taken == 4)"},
        "TLAST is misplaced",
    ),
    "TKEEP constant": ("short_last_beat", {"m_axis_tkeep": "2'b11"}, "TKEEP of byte"),
    "TKEEP ignored": ("random_frames/seed=2", {"s_axis_tkeep": "2'b11"}, "expected 0|TKEEP"),
    "TUSER constant": ("random_frames/seed=1", {"m_axis_tuser": "1'b0"}, "TUSER of byte"),
    "writes always fine": ("refused_writes", {"s_axil_bresp": "2'b0"}, "is answered OKAY"),
    "reads always fine": ("registers", {"s_axil_rresp": "2'b0"}, "is answered OKAY"),
    "wrong register": ("registers", {"s_axil_rdata": "u_s_axil_rdata ^ 1"}, "register 0x0"),
    "strobes ignored": ("refused_writes", {"s_axil_wstrb": "4'hf"}, "bytes are answered OKAY"),
    "no answer": ("registers", {"s_axil_rvalid": "1'b0"}, "SimTimeoutError|SimTimeout"),
    "an extra beat": (
        "all_codes",
        {"m_axis_tready": "m_axis_tready & (taken != 255)"},
        "a frame too many|TLAST is misplaced|lane",
    ),
}


@pytest.mark.parametrize("name", STREAM_FAULTS)
def test_stream_bench_finds(name, texts, bench_folder):
    test, faults, message = STREAM_FAULTS[name]
    text = faulty(STREAM, texts["stream"], **faults)
    result = run_benches(
        STREAM, "icarus", folder=bench_folder / "faults", tests=test, beats=400, text=text
    )
    assert not result.passed
    assert re.search(message, result.message), result.message


@pytest.mark.parametrize("name", AXI_FAULTS)
def test_axi_bench_finds(name, texts, bench_folder):
    test, faults, message = AXI_FAULTS[name]
    text = faulty(AXI, texts["axi"], **faults)
    result = run_benches(
        AXI, "icarus", folder=bench_folder / "faults", tests=test, beats=600, text=text
    )
    assert not result.passed
    assert re.search(message, result.message), result.message


def test_wrapper_without_a_fault_passes(texts, bench_folder):
    for build in (STREAM, AXI):
        text = faulty(build, texts[build.top])
        result = run_benches(build, "icarus", folder=bench_folder, beats=400, text=text)
        assert result.passed, result.message


def test_failure_names_seed_and_waves_in_one_line(texts, bench_folder):
    text = faulty(STREAM, texts["stream"], m_codes="u_m_codes ^ (taken == 300)")
    lines = []
    result = run_benches(
        STREAM,
        "icarus",
        folder=bench_folder / "faults",
        seeds=(5,),
        tests="random_streams|masks",
        beats=800,
        text=text,
        progress=lines.append,
    )
    assert "\n" not in result.message
    assert result.message.startswith("icarus: random_streams/seed=5: beat ")
    assert result.message.endswith(f"; waves in {result.wave}")
    assert Path(result.wave).stat().st_size > 1000
    assert [test.passed for test in result.tests] == [False, True]
    assert lines[-2:] == [
        "icarus: random_streams/seed=5 failed, once more with waves",
        "icarus: random_streams/seed=5",
    ]


def test_other_latency_than_stated(bench_folder):
    text = verilog(replace(STREAM, stages=2))
    result = run_benches(
        STREAM, "icarus", folder=bench_folder / "faults", tests="latency", text=text
    )
    assert "latency 2, 1 is stated" in result.message


def test_starved_run_fails_for_its_coverage(texts, bench_folder):
    result = run_benches(STREAM, "icarus", folder=bench_folder, beats=8, text=texts["stream"])
    assert not result.passed
    assert [test.name for test in result.tests if not test.passed] == ["coverage"]
    assert re.search(r"coverage is not full: \d+ of \d+ bins, missing .*code 0x", result.message)
    assert not result.coverage["full"]
    assert result.coverage["missing"]
    assert result.wave is None


def test_simulation_that_hangs_is_stopped(texts, bench_folder):
    text = faulty(STREAM, texts["stream"], extra="initial begin #200; forever begin end end")
    result = run_benches(
        STREAM, "icarus", folder=bench_folder / "faults", tests="masks", text=text, timeout=4
    )
    assert result.message.startswith("icarus: masks: no end after 4 s")
    assert result.wave is None


def test_simulation_that_ends_early_fails(texts, bench_folder):
    text = faulty(STREAM, texts["stream"], extra="initial #2000 $finish;")
    result = run_benches(
        STREAM, "icarus", folder=bench_folder / "faults", tests="all_codes|masks", text=text
    )
    assert not result.passed


def test_no_test_is_a_failure(texts, bench_folder):
    result = run_benches(
        STREAM, "icarus", folder=bench_folder, tests="nonesuch", text=texts["stream"]
    )
    assert "no test ran" in result.message


@pytest.mark.parametrize("simulator", available())
def test_verilog_that_does_not_compile(simulator, texts, bench_folder):
    text = texts["stream"].replace("assign ", "asign ", 1)
    with pytest.raises(SimulationError, match=f"verilog|{simulator} failed"):
        run_benches(STREAM, simulator, folder=bench_folder / "faults", text=text)
    leftovers = [p.name for p in (bench_folder / "faults" / "simulations").glob("*.*")]
    assert leftovers == []
