# SPDX-License-Identifier: Apache-2.0
"""docs/interfaces.md says what the Verilog does: ports, diagrams, what ready depends on."""

import re
import subprocess
import sys

import pytest
from helpers.repository import DOCS, ROOT
from helpers.simulators import needs
from surmax.golden import CONSMAX_PRESETS, HCCS_PRESETS, SOFTERMAX_PRESETS, SOFTMAX_PRESETS
from surmax.golden.units import unit_names
from surmax.rtl import ConsmaxBuild, HccsBuild, SoftermaxBuild, SoftmaxBuild, verilog

PAGE = DOCS / "interfaces.md"
SCRIPT = ROOT / "scripts" / "waveforms.py"
SHAPE = {"lanes": 2, "heads": 3}
ROWS = SHAPE | {"max_length": 4}
BUILDS = {
    "consmax": lambda top: ConsmaxBuild(CONSMAX_PRESETS["small"], **SHAPE, top=top),
    "hccs": lambda top: HccsBuild(HCCS_PRESETS["clb"], **ROWS, top=top),
    "softmax": lambda top: SoftmaxBuild(SOFTMAX_PRESETS["u8"], **ROWS, top=top),
    "softermax": lambda top: SoftermaxBuild(SOFTERMAX_PRESETS["u8"], **ROWS, top=top),
}


def check(*pages):
    return subprocess.run(
        [sys.executable, SCRIPT, *pages, "--check"], capture_output=True, text=True, check=False
    )


def test_diagrams_are_those_of_the_simulation(tmp_path):
    needs("icarus")
    text = PAGE.read_text(encoding="utf-8")
    # One diagram, with one code that no unit gives.
    rows = re.search(r"<!-- waveform: rows -->\n```text\n.*?```\n", text, re.DOTALL)[0]
    wrong = tmp_path / "wrong.md"
    wrong.write_text(rows.replace("<7578>", "<7579>", 1), encoding="utf-8")
    assert rows != wrong.read_text(encoding="utf-8")
    done = check(PAGE, wrong)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{wrong}: diagrams differ from simulation: run ")
    assert done.stderr.count("\n") == 1


def ports_of_the_page():
    """Direction of each port in the page's tables, by name."""
    found = {}
    for names, directions in re.findall(
        r"^\| (`\w+`(?:, `\w+`)*) \| ([^|]+) \|", PAGE.read_text(), re.M
    ):
        ports = re.findall(r"`(\w+)`", names)
        each = directions.strip().split(", ")
        each *= len(ports) if len(each) == 1 else 1
        found |= {port: f"{way}put" for port, way in zip(ports, each, strict=True)}
    return found


def test_every_port_is_described():
    assert set(BUILDS) == set(unit_names())
    builds = [make(top) for make in BUILDS.values() for top in ("axi", "stream")]
    found = {name: direction for build in builds for name, direction, _ in build.ports()}
    assert ports_of_the_page() == found


@pytest.mark.parametrize(
    ("name", "row", "cycles"),
    [
        ("consmax", "| ConSmax | the number of `stages` |", lambda build, beats: build.stages),
        ("hccs", "| HCCS | 2L + 4 and more,", lambda build, beats: 2 * beats + 4),
        (
            "softmax",
            "| integer softmax | 2L + 6 and the cycles of its divider |",
            lambda build, beats: 2 * beats + 6 + -(-12 // build.divider_bits),
        ),
        ("softermax", "| Softermax | L + 3 |", lambda build, beats: beats + 3),
    ],
)
def test_latencies_are_those_of_the_builds(name, row, cycles):
    assert f"\n{row}" in PAGE.read_text(encoding="utf-8")
    build = BUILDS[name]("axi")
    for beats in range(1, build.max_beats + 1):
        assert build.latency(beats) == cycles(build, beats)


@pytest.mark.parametrize("name", BUILDS)
def test_what_ready_depends_on(name, tmp_path):
    """In any state s_axis_tready is the same with and without s_axis_tvalid."""
    needs("icarus")
    build = BUILDS[name]("axi")
    ports = build.ports()
    lines = ["module bench;"]
    lines += [
        f"{'reg' if way == 'input' else 'wire'} [{bits - 1}:0] {port};" for port, way, bits in ports
    ]
    pins = ", ".join(f".{port}({port})" for port, _, _ in ports)
    clear = " ".join(f"{port} = 0;" for port, way, _ in ports if way == "input")
    lines += [
        f"{build.top_module} dut({pins}); integer n; reg [3:0] seen; reg go, room;",
        f"initial begin {clear} #5 aclk = 1; #5; aresetn = 1; s_axis_tkeep = 3;",
        "for (n = 0; n < 3000; n = n + 1) begin",
        "  aclk = 0; go = $random; room = ($random & 7) == 0; s_axis_tlast = $random;",
        "  s_axis_tdata = $random;",
        *(
            f"  s_axis_tvalid = {k & 1}; m_axis_tready = {k >> 1}; #1 seen[{k}] = s_axis_tready;"
            for k in range(4)
        ),
        '  s_axis_tvalid = go; m_axis_tready = room; $display("%b", seen); #1 aclk = 1; #1;',
        "end $finish(0); end endmodule",
    ]
    (tmp_path / "bench.v").write_text("\n".join(lines))
    (tmp_path / "design.v").write_text(verilog(build))
    compiler = ["iverilog", "-g2005", "-s", "bench", "-o", "bench.vvp", "bench.v", "design.v"]
    subprocess.run(compiler, cwd=tmp_path, check=True)
    done = subprocess.run(
        ["vvp", "-n", "bench.vvp"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    # Bits: tready for (m_axis_tready, s_axis_tvalid) = 11, 10, 01, 00.
    seen = set(done.stdout.split())
    always, never, follows = "1111", "0000", "1100"
    want = {always, never} | ({follows} if name in ("consmax", "softermax") else set())
    if name == "consmax":
        want.remove(never)
    assert seen == want
