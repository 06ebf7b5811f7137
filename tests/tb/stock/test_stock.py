# SPDX-License-Identifier: Apache-2.0
"""Stock drivers on the AXI top of every unit, as docs/interfaces.md says that they can be used.

Masks are given by TKEEP, the head by one number for TUSER, addresses by docs/registers.md in
literals. Simulator, runner and drivers are those of Icarus, cocotb and cocotbext-axi: only the
Verilog and the expected codes are Surmax's.
"""

import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from xml.etree import ElementTree

import numpy as np
import pytest
from helpers.fault_wrapper import faulty
from helpers.simulators import needs
from surmax.golden import (
    CONSMAX_PRESETS,
    HCCS_PRESETS,
    SOFTERMAX_PRESETS,
    SOFTMAX_PRESETS,
    HccsConstants,
    SoftmaxConstants,
    consmax,
    hccs,
    softermax,
    softmax,
    solve_tables,
    unit_names,
)
from surmax.rtl import ConsmaxBuild, HccsBuild, SoftermaxBuild, SoftmaxBuild, verilog

LANES, LENGTH = 4, 24
TABLES = [
    solve_tables(CONSMAX_PRESETS["small"], scale=scale, beta=beta, gamma=gamma)
    for scale, beta, gamma in ((0.05, 2.0, 3.0), (0.03, 1.0, 90.0), (0.04, 1.5, 20.0))
]
LINES = [HccsConstants(B=511, S=13, Dmax=39), HccsConstants(B=300, S=2, Dmax=120)]
RATES = [SoftmaxConstants(rate) for rate in (700, 150)]


@dataclass(frozen=True)
class Case:
    """An AXI top, the writes that load its heads and its law: codes of (scores, head, mask).

    `rows`: whether it is a row unit; its constants can be read back and it has a STATUS.
    """

    build: object
    writes: list
    law: object
    rows: bool = True


CASES = {
    "consmax": Case(
        ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=LANES, heads=3, top="axi"),
        [
            [0x8000 + head * 512 + table * 64 + index * 4, int(word)]
            for head, tables in enumerate(TABLES)
            for table, words in enumerate(tables.words)
            for index, word in enumerate(words)
        ],
        lambda scores, head, mask: consmax(scores, TABLES[head], mask),
        rows=False,
    ),
    "hccs": Case(
        HccsBuild(HCCS_PRESETS["div16"], lanes=LANES, heads=2, max_length=LENGTH, top="axi"),
        [[0x8000 + head * 8, c.Dmax << 24 | c.S << 16 | c.B] for head, c in enumerate(LINES)],
        lambda scores, head, mask: hccs(scores, LINES[head], HCCS_PRESETS["div16"], mask),
    ),
    "softmax": Case(
        SoftmaxBuild(SOFTMAX_PRESETS["u8"], lanes=LANES, heads=2, max_length=LENGTH, top="axi"),
        [[0x8000 + head * 8, c.rate] for head, c in enumerate(RATES)],
        lambda scores, head, mask: softmax(scores, RATES[head], SOFTMAX_PRESETS["u8"], mask),
    ),
    "softermax": Case(
        SoftermaxBuild(SOFTERMAX_PRESETS["u8"], lanes=LANES, heads=2, max_length=LENGTH, top="axi"),
        [],
        lambda scores, head, mask: softermax(scores, SOFTERMAX_PRESETS["u8"], mask, lanes=LANES),
    ),
}


@cache
def text_of(name):
    return verilog(CASES[name].build)


def plan(case, seed, count=32):
    """Random frames of every length, masks of every density, and what the law makes of them."""
    rng = np.random.default_rng(seed)
    bits = {port: width for port, _, width in case.build.ports()}
    frames = []
    for number in range(count):
        length = int(rng.integers(1, LENGTH + 1))
        scores = rng.integers(-128, 128, length).astype(np.int8)
        keep = rng.random(length) < (1.0, 0.9, 0.5, 0.0)[number % 4]
        if number % 8 == 5:
            # A row of full length, whose end a beat without TKEEP tells.
            scores = rng.integers(-128, 128, LENGTH + LANES).astype(np.int8)
            keep = np.arange(LENGTH + LANES) < LENGTH
            length = len(scores)
        head = int(rng.integers(case.build.heads))
        # The source fills the last beat with bytes without TKEEP.
        whole = -(-length // LANES) * LANES
        padded, mask = np.zeros(whole, np.int8), np.ones(whole, bool)
        padded[:length], mask[:length] = scores, ~keep
        if case.rows:
            padded, mask = padded[:LENGTH], mask[:LENGTH]
        codes = case.law(padded, head, mask)
        frames.append(
            {
                "head": head,
                "scores": scores.view(np.uint8).tolist(),
                "keep": keep.astype(int).tolist(),
                "codes": codes.astype(int).tolist(),
            }
        )
    return {
        "seed": seed,
        "lanes": LANES,
        "bytes": bits["m_axis_tkeep"] // LANES,
        "writes": case.writes,
        "reads": [*case.writes, [0x14, 0]] if case.rows else [],
        "frames": frames,
    }


def run(case, text, folder, what):
    """Run the bench in cocotb's own runner; return the message of its failure, None without."""
    needs("icarus")
    runner = pytest.importorskip("cocotb_tools.runner").get_runner("icarus")
    folder.mkdir()
    (folder / "design.v").write_text(text)
    (folder / "plan.json").write_text(json.dumps(what))
    top = case.build.top_module
    runner.build(
        sources=[folder / "design.v"],
        hdl_toplevel=top,
        build_dir=folder,
        timescale=("1ns", "1ps"),
        log_file=folder / "build.log",
    )
    results = folder / "results.xml"
    # The runner ends the process when a test fails.
    with suppress(SystemExit):
        runner.test(
            test_module="stock_bench",
            hdl_toplevel=top,
            build_dir=folder,
            test_dir=folder,
            results_xml=str(results),
            extra_env={"STOCK_PLAN": str(folder / "plan.json"), "COCOTB_LOG_LEVEL": "WARNING"},
            log_file=folder / "test.log",
        )
    (test,) = ElementTree.parse(results).iter("testcase")
    return next((str(one.attrib) for one in test if one.tag in ("failure", "error")), None)


@pytest.fixture
def bench_on_path(monkeypatch):
    monkeypatch.syspath_prepend(os.path.dirname(__file__))


def test_every_unit_is_here():
    assert set(CASES) == set(unit_names())


@pytest.mark.parametrize("name", CASES)
def test_stock_drivers(name, tmp_path, bench_on_path):
    case = CASES[name]
    message = run(case, text_of(name), tmp_path / "run", plan(case, seed=7))
    assert message is None, message


# Ports of a good unit that are connected wrongly, and what the bench then says.
FAULTS = {
    "last byte's TKEEP ignored": (
        "softermax",
        {"s_axis_tkeep": "s_axis_tkeep | 4'h8"},
        "codes|TKEEP",
    ),
    "TKEEP out is all ones": ("consmax", {"m_axis_tkeep": "4'hf"}, "codes|TKEEP"),
    "head out": ("softermax", {"m_axis_tuser": "1'b0"}, "TUSER"),
    "a write to another head": (
        "hccs",
        {"s_axil_awaddr": "s_axil_awaddr ^ 16'h8", "s_axil_araddr": "s_axil_araddr ^ 16'h8"},
        "codes",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_stock_bench_finds_faults(name, tmp_path, bench_on_path):
    unit, ports, said = FAULTS[name]
    case = CASES[unit]
    text = faulty(case.build, text_of(unit), **ports)
    message = run(case, text, tmp_path / "run", plan(case, seed=7, count=8))
    assert message is not None
    assert re.search(said, message), message
