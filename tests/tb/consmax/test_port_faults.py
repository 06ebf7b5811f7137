# SPDX-License-Identifier: Apache-2.0
"""Every kind of check in the cocotb benches can fail: faults planted around a good unit."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from helpers import port_faults
from helpers.fault_wrapper import faulty
from helpers.port_faults import find, planted
from surmax.golden import CONSMAX_PRESETS
from surmax.rtl import ConsmaxBuild, verilog
from surmax.tb.run.compile import SimulationError
from surmax.tb.run.regression import run_benches
from surmax.tb.run.simulators import available

pytestmark = pytest.mark.skipif("icarus" not in available(), reason="Icarus is missing")

STREAM = ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=2, heads=2)
AXI = replace(STREAM, top="axi")


@pytest.fixture(scope="module")
def texts():
    return {build.top: verilog(build) for build in (STREAM, AXI)}


STREAM_FAULTS = planted(
    port_faults.STREAM | port_faults.HEADS,
    {
        "wrong code": "all_codes",
        "undefined code": "all_codes",
        "lanes swapped": "all_codes",
        "mask ignored": "masks",
        "valid falls while it waits": "random_streams/seed=1",
        "valid waits for ready": "valid_does_not_wait",
        "never an output": "all_codes",
        "never ready": "all_codes",
        "reset does nothing": "reset_in_mid_row",
        "head ignored": "another_head",
        "a load goes to another head": "load_another_head",
        "a load while beats flow is lost": "load_another_head",
    },
) | {
    "saturation one too low": (
        "saturation",
        {"m_codes": "{u_m_codes[15:8], u_m_codes[7:0] - (u_m_codes[7:0] == 255)}"},
        "lane 0: expected 255, got 254",
    ),
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
    "a bubble now and then": (
        "latency_and_throughput",
        {"s_ready": "u_s_ready & (now[3:0] != 0)", "s_valid": "s_valid & (now[3:0] != 0)"},
        r"beats came out in \d+ cycles|latency",
    ),
}
AXI_FAULTS = planted(
    port_faults.AXI,
    port_faults.AXI_TESTS | {"wrong code": "all_codes"},
) | {
    "TKEEP constant": ("short_last_beat", {"m_axis_tkeep": "2'b11"}, "TKEEP of byte"),
    "writes always fine": ("refused_writes", {"s_axil_bresp": "2'b0"}, "is answered OKAY"),
    **{
        name: ("every_stored_bit/seed=1", {f"consmax_storage.{word}": wrong}, r"lane \d: expected")
        for name, word, wrong in (
            ("lowest bit of a word always set", "head1_table0_5", "right | 1"),
            ("bit of a shift always clear", "head0_table1_12", "right & ~12'h800"),
            (
                "bit of a word tied to its neighbour",
                "head0_table0_15",
                "right & ~4 | right << 1 & 4",
            ),
            ("word of another head", "head1_table1_3", "head0_table1_3"),
        )
    },
    "two tables swapped": (
        "every_stored_bit/seed=1",
        {"s_axil_awaddr": "s_axil_awaddr ^ (s_axil_awaddr[15] ? 16'h40 : 16'h0)"},
        r"lane \d: expected",
    ),
    "no answer": ("registers", {"s_axil_rvalid": "1'b0"}, "SimTimeoutError|SimTimeout"),
    "an extra beat": (
        "all_codes",
        {"m_axis_tready": "m_axis_tready & (taken != 255)"},
        "a frame too many|TLAST is misplaced|lane",
    ),
}


@pytest.mark.parametrize("name", STREAM_FAULTS)
def test_stream_bench_finds(name, texts, sim_folder):
    find(STREAM, STREAM_FAULTS[name], texts["stream"], sim_folder)


# The port of the row units is the same; these are found there in the short run.
SOAK = port_faults.REGISTERS.keys()


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.soak] * (n in SOAK)) for n in AXI_FAULTS]
)
def test_axi_bench_finds(name, texts, sim_folder):
    find(AXI, AXI_FAULTS[name], texts["axi"], sim_folder)


def test_wrapper_without_a_fault_passes(texts, sim_folder):
    for build in (STREAM, AXI):
        text = faulty(build, texts[build.top])
        result = run_benches(build, "icarus", folder=sim_folder, beats=400, text=text)
        assert result.passed, result.message


def test_failure_names_seed_and_waves_in_one_line(texts, sim_folder):
    text = faulty(STREAM, texts["stream"], m_codes="u_m_codes ^ (taken == 300)")
    lines = []
    result = run_benches(
        STREAM,
        "icarus",
        folder=sim_folder / "faults",
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


def test_other_latency_than_stated(sim_folder):
    text = verilog(replace(STREAM, stages=2))
    result = run_benches(STREAM, "icarus", folder=sim_folder / "faults", tests="latency", text=text)
    assert "latency 2, 1 is stated" in result.message


def test_starved_run_fails_for_its_coverage(texts, sim_folder):
    result = run_benches(STREAM, "icarus", folder=sim_folder, beats=8, text=texts["stream"])
    assert not result.passed
    assert [test.name for test in result.tests if not test.passed] == ["coverage"]
    assert re.search(r"coverage is not full: \d+ of \d+ bins, missing .*code 0x", result.message)
    assert not result.coverage["full"]
    assert result.coverage["missing"]
    assert result.wave is None


def test_simulation_that_hangs_is_stopped(texts, sim_folder):
    text = faulty(STREAM, texts["stream"], extra="initial begin #200; forever begin end end")
    result = run_benches(
        STREAM, "icarus", folder=sim_folder / "faults", tests="masks", text=text, timeout=4
    )
    assert result.message.startswith("icarus: masks: no end after 4 s")
    assert result.wave is None


def test_simulation_that_ends_early_fails(texts, sim_folder):
    text = faulty(STREAM, texts["stream"], extra="initial #2000 $finish;")
    result = run_benches(
        STREAM, "icarus", folder=sim_folder / "faults", tests="all_codes|masks", text=text
    )
    assert not result.passed


def test_no_test_is_a_failure(texts, sim_folder):
    result = run_benches(
        STREAM, "icarus", folder=sim_folder, tests="nonesuch", text=texts["stream"]
    )
    assert "no test ran" in result.message


@pytest.mark.parametrize("simulator", available())
def test_verilog_that_does_not_compile(simulator, texts, tmp_path):
    text = texts["stream"].replace("assign ", "asign ", 1)
    with pytest.raises(SimulationError, match=f"verilog|{simulator} failed"):
        run_benches(STREAM, simulator, folder=tmp_path, text=text)
    leftovers = [p.name for p in (tmp_path / "simulations").glob("*.*")]
    assert leftovers == []
