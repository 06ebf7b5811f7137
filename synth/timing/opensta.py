# SPDX-License-Identifier: Apache-2.0
"""Static timing by OpenSTA, where it is installed, on the same netlist, loads and boundary."""

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path as FilePath
from typing import Any

import numpy as np
from surmax.golden import InputError
from surmax.synth.liberty.timing_library import TimingLibrary
from surmax.synth.timing.graph import find_clock_nets
from surmax.synth.timing.loads import Boundary, WireLoad
from surmax.synth.timing.netlist import ONE, CellNetlist
from surmax.synth.timing.path_names import PathNames
from surmax.synth.timing.result import Path, PathPoint, Timing

PROGRAM = "sta"
_PERIOD_NS = 1000.0
_TIMEOUT_S = 600
_REGISTERS, _INPUTS = "[all_registers -clock_pins]", "[all_inputs -no_clocks]"
# Outputs are no ends before they have a delay, so that all paths end in registers at first.
_REPORTS = (
    ("register to register", _REGISTERS, ""),
    ("input to register", _INPUTS, ""),
    ("register to output", _REGISTERS, "-to [all_outputs]"),
    ("input to output", _INPUTS, "-to [all_outputs]"),
)


def find_opensta() -> str | None:
    """Return the path of the program `sta`, or None."""
    return shutil.which(PROGRAM)


def opensta_timing(
    netlist: CellNetlist,
    library: TimingLibrary,
    liberty: str,
    *,
    wire: WireLoad | None = None,
    boundary: Boundary | None = None,
) -> Timing:
    """Return what OpenSTA finds; `liberty` is the text of the library.

    Raises InputError when `sta` is not on the PATH, fails, or reports no path.
    """
    program = find_opensta()
    if program is None:
        raise InputError(f"engine is 'opensta': no program {PROGRAM} is on the PATH")
    wire, boundary = wire or WireLoad(), boundary or Boundary()
    pf_per_sink = wire.pf_per_sink(netlist, library)
    files = {
        "cells.lib": liberty,
        "netlist.v": plain_verilog(netlist, library),
        "run.tcl": timing_script(netlist, library, pf_per_sink, boundary),
    }
    with tempfile.TemporaryDirectory(prefix="surmax-") as name:
        for file, text in files.items():
            (FilePath(name) / file).write_text(text)
        report = run_opensta(program, FilePath(name), "run.tcl")
    paths = read_report(report, netlist, library)
    return Timing(
        engine=f"OpenSTA {opensta_version(program)}",
        library=library.name,
        corner=library.corner,
        wire=wire,
        boundary=boundary,
        pf_per_sink=pf_per_sink,
        paths=paths,
    )


def run_opensta(program: str, folder: FilePath, script: str) -> str:
    """Run a script in `folder`; return what it prints. Raises InputError when it fails."""
    command = [program, "-no_init", "-no_splash", "-exit", script]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(f"{PROGRAM} took more than {_TIMEOUT_S} s") from error
    text = done.stdout + done.stderr
    failed = re.search(r"^Error.*$", text, re.MULTILINE)
    if done.returncode or failed:
        reason = failed[0] if failed else (text.strip().splitlines() or ["no message"])[-1]
        raise InputError(f"{PROGRAM} failed: {reason}")
    return done.stdout


def opensta_version(program: str) -> str:
    """Return the version that the program says it is."""
    done = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
    return (done.stdout.split() or ["of unknown version"])[-1]


def plain_verilog(netlist: CellNetlist, library: TimingLibrary) -> str:
    """Return the netlist with names that need no quotes: net n7, cell c3, output bit o0.

    An input port bit is called as its net. Output bits are numbered in the order of the ports.
    """
    inputs = netlist.input_nets
    outputs = netlist.output_nets
    ports = [f"n{net}" for net in inputs] + [f"o{k}" for k in range(len(outputs))]
    lines = [f"module {netlist.top} ({', '.join(ports)});"]
    lines += [f"input n{net};" for net in inputs]
    lines += [f"output o{k};" for k in range(len(outputs))]
    inner = np.setdiff1d(np.arange(ONE + 1, len(netlist.net_names)), inputs)
    lines += [f"wire n{net};" for net in inner]
    for cell, kind in enumerate(netlist.cell_kinds):
        nets = netlist.pin_net[netlist.first_pin[cell] : netlist.first_pin[cell + 1]]
        pins = zip(library.cells[kind].pins, nets, strict=True)
        text = ", ".join(f".{pin.name}({_net(net)})" for pin, net in pins if net >= 0)
        lines.append(f"{library.cells[kind].name} c{cell} ({text});")
    lines += [f"assign o{k} = {_net(net)};" for k, net in enumerate(outputs)]
    return "\n".join([*lines, "endmodule", ""])


def setup_script(
    netlist: CellNetlist, library: TimingLibrary, pf_per_sink: float, boundary: Boundary
) -> str:
    """Return the Tcl that reads plain_verilog and cells.lib, with clock, loads and boundary."""
    clocks = np.intersect1d(find_clock_nets(netlist, library), netlist.input_nets)
    at = f" [get_ports {{{' '.join(f'n{net}' for net in clocks)}}}]" if clocks.size else ""
    ports = np.bincount(netlist.output_nets, minlength=len(netlist.net_names))
    reached = np.diff(netlist.first_sink) + ports
    lines = [
        "read_liberty cells.lib",
        "read_verilog netlist.v",
        f"link_design {netlist.top}",
        "set_cmd_units -time ns -capacitance pF",
        f"create_clock -name clk -period {_PERIOD_NS}{at}",
        f"set_clock_transition {boundary.clock_slew_ns} [get_clocks clk]",
        f"set_input_transition {boundary.input_slew_ns} [all_inputs -no_clocks]",
        "set_input_delay 0 -clock clk [all_inputs -no_clocks]",
        f"set_load -pin_load {boundary.output_load_pf} [all_outputs]",
    ]
    lines += [
        f"set_load {pf_per_sink * reached[net]:.9f} [get_nets n{net}]"
        for net in range(ONE + 1, len(reached))
        if reached[net]
    ]
    return "\n".join([*lines, ""])


def timing_script(
    netlist: CellNetlist, library: TimingLibrary, pf_per_sink: float, boundary: Boundary
) -> str:
    """Return the Tcl that reports the worst path of each kind as JSON, for plain_verilog."""
    lines = [setup_script(netlist, library, pf_per_sink, boundary).rstrip()]
    for title, start, end in _REPORTS:
        if end and "set_output_delay 0 -clock clk [all_outputs]" not in lines:
            lines.append("set_output_delay 0 -clock clk [all_outputs]")
        lines.append(f'puts "== {title}"')
        lines.append(f"report_checks -path_delay max -format json -digits 6 -from {start} {end}")
    return "\n".join([*lines, ""])


def read_report(text: str, netlist: CellNetlist, library: TimingLibrary) -> dict[str, Path]:
    """Return the worst paths in what timing_script printed.

    Raises InputError when there is none.
    """
    paths = {}
    for part in re.split(r"^== ", text, flags=re.MULTILINE)[1:]:
        title, _, rest = part.partition("\n")
        begin, end = rest.find("{"), rest.rfind("}")
        if begin < 0:
            continue
        try:
            checks = json.loads(rest[begin : end + 1])["checks"]
        except (ValueError, KeyError) as error:
            raise InputError(f"{PROGRAM} printed no JSON for {title}: {error}") from error
        if checks:
            paths[title] = _read_path(checks[0], PathNames(netlist, library))
    if not paths:
        raise InputError(f"{PROGRAM} found no path in {netlist.top}")
    return paths


def _read_path(check: dict[str, Any], names: PathNames) -> Path:
    netlist = names.netlist
    points: list[PathPoint] = []
    into = -1
    for step in check["source_path"]:
        pin = _pin(step["pin"], names)
        figures = {
            "arrival_ns": 1e9 * step["arrival"],
            "slew_ns": 1e9 * step["slew"],
            "load_pf": 1e12 * step.get("capacitance", 0.0),
        }
        if pin is None:
            if step["pin"].startswith("n"):
                points.append(names.step(int(step["pin"][1:]), "", None, figures))
        elif netlist.drivers[netlist.pin_net[pin]] == pin:
            net = int(netlist.pin_net[pin])
            points.append(names.step(net, "", (pin if into < 0 else into, pin), figures))
        else:
            into = pin
    end = _pin(check["endpoint"], names)
    setup = 1e9 * check.get("margin", 0.0) if end is not None else 0.0
    return Path(
        ns=1e9 * check["data_arrival_time"] + setup,
        start=points[0].net,
        end=_output(netlist, check["endpoint"]) if end is None else names.register(end),
        setup_ns=setup,
        points=tuple(points),
    )


def _pin(name: str, names: PathNames) -> int | None:
    """Number of a pin such as c12/A; None for a port."""
    cell, _, pin = name.partition("/")
    if not pin:
        return None
    number = int(cell.removeprefix("c"))
    return int(names.netlist.first_pin[number]) + names.kind(number).pin(pin)


def _output(netlist: CellNetlist, port: str) -> str:
    return netlist.net_names[netlist.output_nets[int(port.removeprefix("o"))]]


def _net(net: int) -> str:
    return f"n{net}" if net > ONE else f"1'b{net}"
