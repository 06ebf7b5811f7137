# SPDX-License-Identifier: Apache-2.0
"""Every kind of check in the benches of row units can fail: faults planted around a good unit."""

import re
from dataclasses import replace

import pytest
from helpers import port_faults
from helpers.fault_wrapper import faulty
from helpers.port_faults import LANE, find, planted
from surmax.golden import HCCS_PRESETS, SOFTERMAX_PRESETS, SOFTMAX_PRESETS
from surmax.rtl import HccsBuild, SoftermaxBuild, SoftmaxBuild, verilog
from surmax.tb.run.regression import run_benches
from surmax.tb.run.simulators import available

pytestmark = pytest.mark.skipif("icarus" not in available(), reason="Icarus is missing")

SHAPE = {"lanes": 2, "heads": 2, "max_length": 8}
STREAM = {
    "hccs": HccsBuild(HCCS_PRESETS["div"], **SHAPE),
    "hccs clb": HccsBuild(HCCS_PRESETS["clb"], **SHAPE),
    "softmax": SoftmaxBuild(SOFTMAX_PRESETS["u8"], **SHAPE),
    "softermax": SoftermaxBuild(SOFTERMAX_PRESETS["u8"], **SHAPE),
}
AXI = {name: replace(build, top="axi") for name, build in STREAM.items() if name != "hccs clb"}

ALL_STREAM = planted(
    port_faults.STREAM,
    {
        "wrong code": "adversarial",
        "undefined code": "adversarial",
        "lanes swapped": "every_length",
        "mask ignored": "masks",
        "valid falls while it waits": "random_streams/seed=1",
        "valid waits for ready": "valid_does_not_wait",
        "never an output": "every_length",
        "never ready": "every_length",
        "reset does nothing": "reset_in_mid_row",
    },
) | {
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
    "ready lies, a beat is lost": (
        "random_streams/seed=1",
        {"s_ready": "u_s_ready | (now[2:0] == 4)"},
        f"stuck at the output|an output before its input|{LANE}",
    ),
    "an output before the row is in": (
        "every_length",
        {"m_valid": "u_m_valid | (place == 1)"},
        "beat 0: an output before its input was taken",
    ),
    "an output too many": (
        "every_length",
        {"m_valid": "u_m_valid | (taken == 20)"},
        "an output beat too many",
    ),
    "later than stated": (
        "latency_and_throughput",
        {"m_valid": "u_m_valid & (now[5:0] > 50)", "m_ready": "m_ready & (now[5:0] > 50)"},
        r"latency of a row of . beats is \d+, \d+ is stated",
    ),
    "rows slower than stated": (
        "latency_and_throughput",
        {"s_ready": "u_s_ready & (now[4:0] != 0)", "s_valid": "s_valid & (now[4:0] != 0)"},
        r"a row of \d beats takes \d\.\d+ cycles, \S+ are stated|latency of a row",
    ),
    "mixed rows slower than stated": (
        "throughput_of_mixed",
        {"m_valid": "u_m_valid & now[0]", "m_ready": "m_ready & now[0]"},
        r"rows took \d+ cycles, \S+ are allowed",
    ),
    "overlong never": ("overlong", {"overlong": "1'b0"}, "beat 3 overlong: expected 1, got 0"),
    "overlong in every longest row": (
        "adversarial",
        {"overlong": "s_valid & u_s_ready & place == 3"},
        r"beat \d+ overlong: expected 0, got 1",
    ),
    "overlong undefined": (
        "overlong",
        {"overlong": "now[4:0] == 4 ? 1'bx : u_overlong"},
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
LOADED_STREAM = planted(
    port_faults.HEADS,
    {
        "head ignored": "another_head",
        "a load goes to another head": "load_in_mid",
        "a load while beats flow is lost": "load_in_mid",
    },
)
RESET_LOADS = "reset changes constants"
_STORAGE = "*_constant_storage.head1"
STORED_BITS = {
    name: ("every_stored_bit/seed=1", {_STORAGE: wrong}, "constants read back as")
    for name, wrong in (
        ("a stored bit is always set", "right | 2"),
        ("a stored bit is always clear", "right & ~4"),
        ("a stored bit is that of its neighbour", "right & ~8 | right << 1 & 8"),
    )
}
OWN_STREAM = {
    "hccs": {
        RESET_LOADS: (
            "reset_in_mid_row",
            {"load_valid": "load_valid | rst", "load_B": "rst ? 300 : load_B"},
            LANE,
        ),
    },
    "hccs clb": {
        "an idle cycle": (
            "throughput_of_mixed",
            {"s_ready": "u_s_ready & (now != 150)", "s_valid": "s_valid & (now != 150)"},
            "the input was held at beat",
        ),
    },
    "softmax": {
        RESET_LOADS: (
            "reset_in_mid_row",
            {"load_valid": "load_valid | rst", "load_rate": "rst ? 99 : load_rate"},
            LANE,
        ),
        "a bit of the rate lost": ("random_streams/seed=1", {"load_rate": "load_rate & ~2"}, LANE),
    },
    "softermax": {
        "a row sum too low by a beat": (
            "adversarial",
            {"s_mask": "place == 3 ? 2'b11 : s_mask"},
            LANE,
        ),
    },
}
STREAM_FAULTS = {
    "hccs": ALL_STREAM | LOADED_STREAM | OWN_STREAM["hccs"],
    "hccs clb": OWN_STREAM["hccs clb"],
    "softmax": ALL_STREAM | LOADED_STREAM | OWN_STREAM["softmax"],
    "softermax": ALL_STREAM | OWN_STREAM["softermax"],
}

ALL_AXI = planted(
    port_faults.AXI,
    port_faults.AXI_TESTS | {"wrong code": "adversarial"},
) | {
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
    "STATUS never cleared": (
        "overlong",
        {"s_axil_wdata": "s_axil_awaddr == 16'h14 ? 0 : s_axil_wdata"},
        "STATUS cannot be cleared",
    ),
    "STATUS cleared by any bit": (
        "overlong",
        {"s_axil_wdata": "s_axil_awaddr == 16'h14 ? 3 : s_axil_wdata"},
        "STATUS is cleared by the wrong bit",
    ),
    "STATUS at another address too": (
        "every_address_bit_of_writes",
        {"s_axil_awaddr": "s_axil_awaddr == 16'h8014 ? 16'h14 : s_axil_awaddr"},
        "write to 0x8014 with strobe 1111 is answered 0",
    ),
    "reset does nothing": (
        "reset_in_mid",
        {"aresetn": "aresetn | (now > 10)"},
        f"TLAST is misplaced|{LANE}|a frame too many",
    ),
}
LOADED_AXI = {
    "a head reads back another": (
        "constants_read",
        {"s_axil_araddr": "s_axil_araddr & ~16'h0008"},
        "constants of head 1 read back as",
    ),
    "illegal constants answered OKAY": (
        "illegal",
        {"s_axil_bresp": "2'b0"},
        r"(B|rate) \w+ .*is answered OKAY",
    ),
    "illegal constants not reported": (
        "illegal",
        {"s_axil_rdata": "u_s_axil_rdata == 2 ? 0 : u_s_axil_rdata"},
        r"(B|rate) \w+ .*leaves STATUS as it was",
    ),
    "ILLEGAL never cleared": (
        "illegal",
        {"s_axil_wdata": "s_axil_awaddr == 16'h14 ? 0 : s_axil_wdata"},
        "STATUS cannot be cleared",
    ),
    "ILLEGAL cleared by any bit": (
        "illegal",
        {"s_axil_wdata": "s_axil_awaddr == 16'h14 ? 3 : s_axil_wdata"},
        "STATUS is cleared by the wrong bit",
    ),
    **STORED_BITS,
    "two heads swapped, read back too": (
        "every_stored_bit/seed=1",
        {
            f"s_axil_{name}": f"s_axil_{name} ^ (s_axil_{name}[15] ? 16'h8 : 16'h0)"
            for name in ("awaddr", "araddr")
        },
        LANE,
    ),
    "load in mid-stream lost": (
        "load_another",
        {"s_axil_wdata": "s_axis_tvalid ? 300 : s_axil_wdata"},
        LANE,
    ),
}
AXI_FAULTS = {
    "hccs": ALL_AXI | LOADED_AXI,
    "softmax": ALL_AXI | LOADED_AXI,
    "softermax": ALL_AXI,
}


@pytest.fixture(scope="module")
def texts():
    return {build: verilog(build) for build in (*STREAM.values(), *AXI.values())}


# The same benches find the same faults around any unit: around all but one in the long run.
SHARED = ALL_STREAM.keys() | ALL_AXI.keys()
SHARED -= {"wrong code", "mask ignored", "reset does nothing", "overlong never"}
SHARED -= {name for name in SHARED if "than stated" in name}


def cases(faults):
    return [
        pytest.param(unit, name, marks=[pytest.mark.soak] * (unit != "hccs" and name in SHARED))
        for unit, own in faults.items()
        for name in own
    ]


@pytest.mark.parametrize(("unit", "name"), cases(STREAM_FAULTS))
def test_stream_bench_finds(unit, name, texts, sim_folder):
    build = STREAM[unit]
    find(build, STREAM_FAULTS[unit][name], texts[build], sim_folder)


@pytest.mark.parametrize(("unit", "name"), cases(AXI_FAULTS))
def test_axi_bench_finds(unit, name, texts, sim_folder):
    build = AXI[unit]
    find(build, AXI_FAULTS[unit][name], texts[build], sim_folder)


GOOD = {f"{build.top}-{unit}": build for part in (STREAM, AXI) for unit, build in part.items()}


@pytest.mark.parametrize("name", GOOD)
def test_wrapper_without_a_fault_passes(name, texts, sim_folder):
    build = GOOD[name]
    result = run_benches(
        build, "icarus", folder=sim_folder, beats=400, text=faulty(build, texts[build])
    )
    assert result.passed, result.message


@pytest.mark.parametrize("name", GOOD)
def test_starved_run_fails_for_its_coverage(name, texts, sim_folder):
    build = GOOD[name]
    tests = None if build.top == "stream" else "random|coverage"
    result = run_benches(
        build, "icarus", folder=sim_folder, beats=8, tests=tests, text=texts[build]
    )
    assert not result.passed
    assert [test.name for test in result.tests if not test.passed] == ["coverage"]
    assert re.search(r"coverage is not full: \d+ of \d+ bins, missing \w+", result.message)
    assert result.coverage["missing"]
