# SPDX-License-Identifier: Apache-2.0
"""Every tool that people have reads the Verilog of every unit without a message."""

import re
import shutil
import subprocess

import pytest
from surmax.common.least import is_older
from surmax.golden import CONSMAX_PRESETS, unit_entry, unit_names
from surmax.rtl import ConsmaxBuild, verilog
from surmax.rtl.tools.lint import lint
from surmax.rtl.tools.verilators import verilators

# Waivers that Verilator 5.006 knows; it refuses a text with another name.
KNOWN = {"DECLFILENAME", "UNUSEDSIGNAL"}


def every_build():
    """Yield every preset and top of every unit, with both kinds of adders."""
    for unit in unit_names():
        law, hardware = unit_entry("golden", unit), unit_entry("rtl", unit)
        rows = {"max_length": 16} if law.rows else {}
        for preset, config in law.presets.items():
            for top in ("stream", "axi"):
                for adders in ("operators", "cells"):
                    build = hardware.build(config, lanes=4, heads=2, adders=adders, top=top, **rows)
                    rare = [pytest.mark.soak] if (top, adders) == ("axi", "cells") else []
                    yield pytest.param(build, id=f"{unit}-{preset}-{top}-{adders}", marks=rare)


@pytest.mark.parametrize("build", [*every_build()])
def test_every_tool_reads_every_unit_without_a_message(build, tmp_path):
    text, top = verilog(build), build.top_module
    assert set(re.findall(r"lint_off (\w+)", text)) <= KNOWN
    for verilator in verilators():
        assert lint(text, top, verilator) == [], verilator.title
    source = tmp_path / "design.v"
    source.write_text(text)
    commands = [["iverilog", "-g2005", "-Wall", "-tnull", "-s", top, str(source)]]
    commands += [["yosys", "-q", "-p", f"read_verilog {source}; hierarchy -check -top {top}"]]
    for command in commands:
        if shutil.which(command[0]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            lines = (done.stdout + done.stderr).splitlines()
            # A word on how yosys keeps memories, and on a tool's own version, is none on the text.
            assert not [line for line in lines if "design.v" in line and "memory" not in line]
            assert done.returncode == 0


WRONG = {
    "a constant cut": ("  wire [3:0] spare = 9'h1ff;\n", "WIDTH(TRUNC)?:"),
    "an operand extended": ("  wire [8:0] spare = 9'h1 + 4'h1;\n", "WIDTH(EXPAND)?:"),
    "a loop": (
        "  wire [1:0] one, two;\n  assign one = {two[0], s_last};\n"
        "  assign two = {m_ready, one[0] & s_valid};\n"
        "  always @(posedge clk) if (one[1]) $display(two);\n",
        "UNOPTFLAT:",
    ),
    "no such waiver": ("/* verilator lint_off NOSUCHCODE */\n", "[Uu]nknown.*NOSUCHCODE"),
}


@pytest.mark.parametrize("verilator", verilators(), ids=lambda one: one.version)
@pytest.mark.parametrize("name", WRONG)
def test_lint_sees_what_is_wrong(name, verilator):
    if name == "a loop" and not is_older(verilator.version, "5.007"):
        pytest.skip("later versions split such a vector themselves")
    line, message = WRONG[name]
    text = verilog(ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=1))
    before, module, rest = text.partition("module consmax_stream(")
    broken = before + module + rest.replace("endmodule", f"{line}endmodule", 1)
    found = lint(broken, "consmax_stream", verilator)
    assert any(re.search(message, one) for one in found), found
