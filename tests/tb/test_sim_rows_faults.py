# SPDX-License-Identifier: Apache-2.0
"""Every kind of check in the HCCS benches can fail: faults planted around a good unit."""

import re
from dataclasses import replace

import pytest
from fault_wrapper import faulty
from surmax.golden import HCCS_PRESETS
from surmax.rtl import HccsBuild, verilog
from surmax.tb.runner import run_benches
from surmax.tb.simulators import available

pytestmark = pytest.mark.skipif("icarus" not in available(), reason="Icarus is missing")

STREAM = HccsBuild(HCCS_PRESETS["div"], lanes=2, heads=2, max_length=8)
CLB = replace(STREAM, config=HCCS_PRESETS["clb"])
AXI = replace(STREAM, top="axi")


@pytest.fixture(scope="module")
def texts():
    return {build: verilog(build) for build in (STREAM, CLB, AXI)}


LANE = r"lane \d: expected \d+, got \d+"
STREAM_FAULTS = {
    "wrong code": (
        "adversarial",
        {"m_codes": "u_m_codes ^ (taken == 40)"},
        r"beat 40 lane 0: expected \d+, got \d+ \(score byte 0x.., head ., mask 0; 1 of ",
    ),
    "undefined code": (
        "adversarial",
        {"m_codes": "u_m_codes | (taken == 40 ? 16'bx : 16'b0)"},
        "beat 40: undefined output",
    ),
    "lanes swapped": ("every_length", {"m_codes": "{u_m_codes[7:0], u_m_codes[15:8]}"}, LANE),
    "mask ignored": ("masks", {"s_mask": "2'b0"}, r"expected 0, got \d+ .*mask 1"),
    "head ignored": ("another_head", {"s_head": "1'b0"}, "head 1, mask"),
    "TLAST wrong": (
        "random_streams/seed=1",
        {"m_last": "u_m_last ^ (taken == 40)"},
        r"beat 40 TLAST: expected ., got . \(1 of",
    ),
    "output changes while it waits": (
        "random_streams/seed=1",
        {"m_codes": "u_m_codes ^ (now[3:0] == 0 & ~m_ready)"},
        "the output changed while it waited",
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
        {"s_ready": "u_s_ready | (now[2:0] == 4)"},
        f"stuck at the output|an output before its input|{LANE}",
    ),
    "never an output": ("every_length", {"m_valid": "1'b0"}, "beat 0: stuck at the output"),
    "never ready": (
        "every_length",
        {"s_ready": "1'b0", "s_valid": "1'b0"},
        "beat 0: stuck at the input",
    ),
    "an output before the row is in": (
        "every_length",
        {"m_valid": "u_m_valid | (place == 1)"},
        "beat 0: an output before its input was taken",
    ),
    "an output too many": (
        "extreme",
        {"m_valid": "u_m_valid | (taken == 24)"},
        "an output beat too many",
    ),
    "later than stated": (
        "latency_and_throughput",
        {"m_valid": "u_m_valid & (now[5:0] > 50)", "m_ready": "m_ready & (now[5:0] > 50)"},
        r"latency of a row of . beats is \d+, .. is stated",
    ),
    "rows slower than stated": (
        "latency_and_throughput",
        {"s_ready": "u_s_ready & (now[4:0] != 0)", "s_valid": "s_valid & (now[4:0] != 0)"},
        r"a row of 4 beats takes 4\.\d+ cycles, 4.0 are stated|latency of a row",
    ),
    "mixed rows slower than stated": (
        "throughput_of_mixed",
        {"m_valid": "u_m_valid & now[0]", "m_ready": "m_ready & now[0]"},
        r"rows took \d+ cycles, \S+ are allowed",
    ),
    "reset does nothing": (
        "reset_in_mid_row",
        {"rst": "rst & (now < 10)"},
        f"m_valid is set after reset|an output before|{LANE}",
    ),
    "reset changes constants": (
        "reset_in_mid_row",
        {"load_valid": "load_valid | rst", "load_B": "rst ? 300 : load_B"},
        LANE,
    ),
    "a load goes to another head": ("load_in_mid", {"load_head": "load_head & (now < 100)"}, LANE),
    "a load while beats flow is lost": (
        "load_in_mid",
        {"load_valid": "load_valid & ~s_valid"},
        LANE,
    ),
    "overlong never": ("overlong", {"overlong": "1'b0"}, "beat 3 overlong: expected 1, got 0"),
    "overlong in every longest row": (
        "adversarial",
        {"overlong": "s_valid & u_s_ready & place == 3"},
        r"beat \d+ overlong: expected 0, got 1",
    ),
    "overlong undefined": (
        "overlong",
        {"overlong": "now == 100 ? 1'bx : u_overlong"},
        "overlong is X with no beat taken",
    ),
    "a long row goes on as another": (
        "overlong",
        {"s_last": "s_last | (place % 4 == 3)"},
        "overlong: expected 1, got 0",
    ),
    "the row after a cut one is dropped": (
        "overlong",
        {"s_last": "s_last & (place < 5)"},
        "stuck at the output",
    ),
}
CLB_FAULTS = {
    "an idle cycle": (
        "throughput_of_mixed",
        {"s_ready": "u_s_ready & (now != 150)", "s_valid": "s_valid & (now != 150)"},
        "the input was held at beat",
    ),
}
AXI_FAULTS = {
    "wrong code": (
        "adversarial",
        {"m_axis_tdata": "u_m_axis_tdata ^ (taken == 40)"},
        "beat 40 lane 0: expected",
    ),
    "TLAST lost": (
        "random_frames/seed=1",
        {"m_axis_tlast": "u_m_axis_tlast & (taken != 3) | (taken == 4)"},
        "TLAST is misplaced",
    ),
    "TKEEP ignored": (
        "random_frames/seed=2",
        {"s_axis_tkeep": "2'b11"},
        "expected 0|TKEEP of byte",
    ),
    "TUSER constant": ("random_frames/seed=1", {"m_axis_tuser": "1'b0"}, "TUSER of byte"),
    "wrong register": ("registers", {"s_axil_rdata": "u_s_axil_rdata ^ 1"}, "register 0x0"),
    "reads always fine": ("registers", {"s_axil_rresp": "2'b0"}, "read of 0x0018 is answered OKAY"),
    "refused reads have a value": (
        "registers",
        {"s_axil_rdata": "u_s_axil_rdata | u_s_axil_rresp"},
        "gives 0x2 with its SLVERR",
    ),
    "registers can be written": (
        "registers",
        {"s_axil_bresp": "2'b0"},
        "write of register 0x.* is taken",
    ),
    "strobes ignored": ("refused_writes", {"s_axil_wstrb": "4'hf"}, "bytes are answered OKAY"),
    "a head reads back another": (
        "constants_read",
        {"s_axil_araddr": "s_axil_araddr & ~16'h0008"},
        "constants of head 1 read back as",
    ),
    "illegal constants answered OKAY": (
        "illegal",
        {"s_axil_bresp": "2'b0"},
        "B above its bound is answered OKAY",
    ),
    "illegal constants not reported": (
        "illegal",
        {"s_axil_rdata": "u_s_axil_rdata == 2 ? 0 : u_s_axil_rdata"},
        "B above its bound leaves STATUS as it was",
    ),
    "STATUS never cleared": (
        "illegal",
        {"s_axil_wdata": "s_axil_awaddr == 16'h14 ? 0 : s_axil_wdata"},
        "STATUS cannot be cleared",
    ),
    "STATUS cleared by any bit": (
        "illegal",
        {"s_axil_wdata": "s_axil_awaddr == 16'h14 ? 3 : s_axil_wdata"},
        "STATUS is cleared by the wrong bit",
    ),
    "over-long frames not reported": (
        "overlong",
        {"s_axil_rdata": "u_s_axil_rdata == 1 ? 0 : u_s_axil_rdata"},
        "an over-long frame leaves STATUS as it was",
    ),
    "STATUS not sticky": (
        "overlong",
        {"s_axil_rdata": "u_s_axil_rdata & ~(now % 128 > 64)"},
        "STATUS is not sticky|leaves STATUS",
    ),
    "load in mid-stream lost": (
        "load_another",
        {"s_axil_wdata": "s_axis_tvalid ? 300 : s_axil_wdata"},
        LANE,
    ),
    "reset does nothing": (
        "reset_in_mid",
        {"aresetn": "aresetn | (now > 10)"},
        f"TLAST is misplaced|{LANE}|a frame too many",
    ),
}


def find(build, fault, texts, folder):
    """Run one test on a unit with a fault around it; it has to fail as foreseen."""
    test, ports, message = fault
    text = faulty(build, texts[build], **ports)
    # With waves at once: the run that would only make them is saved.
    result = run_benches(
        build, "icarus", folder=folder / "faults", tests=test, beats=400, text=text, wave=True
    )
    assert not result.passed
    assert re.search(message, result.message), result.message


@pytest.mark.parametrize("name", STREAM_FAULTS)
def test_stream_bench_finds(name, texts, bench_folder):
    find(STREAM, STREAM_FAULTS[name], texts, bench_folder)


@pytest.mark.parametrize("name", CLB_FAULTS)
def test_stream_bench_of_clb_finds(name, texts, bench_folder):
    find(CLB, CLB_FAULTS[name], texts, bench_folder)


@pytest.mark.parametrize("name", AXI_FAULTS)
def test_axi_bench_finds(name, texts, bench_folder):
    find(AXI, AXI_FAULTS[name], texts, bench_folder)


@pytest.mark.parametrize("build", [STREAM, CLB, AXI], ids=["div", "clb", "axi"])
def test_wrapper_without_a_fault_passes(build, texts, bench_folder):
    result = run_benches(
        build, "icarus", folder=bench_folder, beats=400, text=faulty(build, texts[build])
    )
    assert result.passed, result.message


@pytest.mark.parametrize("build", [STREAM, AXI], ids=["stream", "axi"])
def test_starved_run_fails_for_its_coverage(build, texts, bench_folder):
    tests = None if build is STREAM else "random|coverage"
    result = run_benches(
        build, "icarus", folder=bench_folder, beats=8, tests=tests, text=texts[build]
    )
    assert not result.passed
    assert [test.name for test in result.tests if not test.passed] == ["coverage"]
    assert re.search(r"coverage is not full: \d+ of \d+ bins, missing \w+", result.message)
    assert result.coverage["missing"]
