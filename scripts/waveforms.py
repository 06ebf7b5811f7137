#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the timing diagrams of docs/interfaces.md from simulations of the generated Verilog.

    .venv/bin/python scripts/waveforms.py docs/interfaces.md          # writes the diagrams
    .venv/bin/python scripts/waveforms.py docs/interfaces.md --check  # exits 1 if they would change

A diagram stands in the page between <!-- waveform: NAME --> and the end of its code block. A
scenario drives the input ports of a top, cycle by cycle, in Icarus Verilog. What is drawn is what
the ports were just before the rising edge that ends the cycle.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from surmax.rtl import Build, verilog
from waveform_scenarios import SCENARIOS, Scenario

_WIDTH = 6  # characters of a cycle
_BLOCK = re.compile(r"(<!-- waveform: ([\w-]+) -->\n```text\n)(.*?)(```\n)", re.DOTALL)

_texts: dict[int, str] = {}


def _text(build: Build) -> str:
    """Return the Verilog of a build above, made once."""
    if id(build) not in _texts:
        _texts[id(build)] = verilog(build)
    return _texts[id(build)]


def simulate(scenario: Scenario) -> list[dict[str, str]]:
    """Return the value of each port, as Verilog prints it in hex, in each cycle of a scenario."""
    ports = scenario.build.ports()
    top = scenario.build.top_module
    clock = "aclk" if scenario.build.top == "axi" else "clk"
    lines = ["module bench;"]
    for name, direction, bits in ports:
        start = " = 0" if direction == "input" else ""
        lines.append(f"{'reg' if start else 'wire'} [{bits - 1}:0] {name}{start};")
    lines.append(f"{top} dut({', '.join(f'.{name}({name})' for name, _, _ in ports)});")
    lines.append("initial begin")
    form = " ".join("%h" for _ in ports)
    names = ", ".join(name for name, _, _ in ports)
    for number, cycle in enumerate([*scenario.before, *scenario.cycles]):
        lines.append(f"{clock} = 0;")
        lines += [f"{port} = {value};" for port, value in cycle.items()]
        shown = number >= len(scenario.before)
        lines.append(f"#5; {f'$display({chr(34)}{form}{chr(34)}, {names});' if shown else ''}")
        lines.append(f"{clock} = 1; #5;")
    lines += ["$finish(0); end", "endmodule", ""]
    with tempfile.TemporaryDirectory(prefix="surmax-waveforms-") as work:
        folder = Path(work)
        (folder / "bench.v").write_text("\n".join(lines), encoding="utf-8")
        (folder / "design.v").write_text(_text(scenario.build), encoding="utf-8")
        compiler = ["iverilog", "-g2005", "-s", "bench", "-o", "bench.vvp", "bench.v", "design.v"]
        subprocess.run(compiler, cwd=folder, check=True)
        done = subprocess.run(
            ["vvp", "-n", "bench.vvp"],
            cwd=folder,
            check=True,
            capture_output=True,
            encoding="utf-8",
        )
    order = [name for name, _, _ in ports]
    return [dict(zip(order, line.split(), strict=True)) for line in done.stdout.splitlines()]


def _level(values: Sequence[str]) -> str:
    """Return a port of one bit as a line, slanted where it changes; x is undefined."""
    text, before = "", values[0]
    for value in values:
        line = {"0": "_", "1": "‾"}.get(value, "x")
        stroke = {"01": "/", "10": "\\"}.get(before + value, line)
        text += stroke + line * (_WIDTH - 1)
        before = value
    return text


def _bus(labels: Sequence[str | None], ends: Sequence[bool]) -> str:
    """Return values as boxes, one from the cycle that shows it first to the one that takes it."""
    text, start = "", 0
    for at, label in enumerate(labels):
        following = labels[at + 1] if at + 1 < len(labels) else None
        if label is None:
            text += "-" * _WIDTH
            start = at + 1
        elif ends[at] or following != label:
            text += "<" + label.center((at + 1 - start) * _WIDTH - 2) + ">"
            start = at + 1
    return text


def drawn(scenario: Scenario) -> str:
    """Return the diagram of a scenario."""
    trace = simulate(scenario)
    margin = max(len(row.port) for row in scenario.rows) + 2
    lines = ["cycle".ljust(margin) + "".join(str(at).ljust(_WIDTH) for at in range(len(trace)))]
    for row in scenario.rows:
        if row.shown:
            labels = [
                one[row.port] if all(one[port] == "1" for port in row.shown) else None
                for one in trace
            ]
            ends = [all(one[port] == "1" for port in row.taken) for one in trace]
            text = _bus(labels, ends)
        else:
            text = _level([one[row.port] for one in trace])
        lines.append(row.port.ljust(margin) + text)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def with_diagrams(page: str) -> str:
    """Return the page with every diagram drawn again; KeyError for one that is not known."""
    return _BLOCK.sub(lambda found: found[1] + drawn(SCENARIOS[found[2]]) + found[4], page)


def main() -> int:
    """Write or check the pages that are named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 on a difference"
    )
    options = parser.parse_args()
    stale = 0
    for path in options.pages:
        page = path.read_text(encoding="utf-8")
        new = with_diagrams(page)
        if new != page and options.check:
            print(f"{path}: diagrams differ from simulation: run {sys.argv[0]}", file=sys.stderr)
            stale = 1
        elif new != page:
            path.write_text(new, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main())
