# SPDX-License-Identifier: Apache-2.0
"""Static timing by OpenSTA, where it is installed, on the same netlist, loads and boundary.

Any version from 2.0.17 on times a netlist. See the energy side for power, which needs 3.0.
"""

import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from surmax.common.errors import MissingToolError, ToolError
from surmax.common.processes import run
from surmax.common.work_folders import work_folder
from surmax.synth.liberty.timing_library import TimingLibrary
from surmax.synth.timing.graph import find_clock_nets
from surmax.synth.timing.loads import Boundary, WireLoad
from surmax.synth.timing.netlist import ONE, CellNetlist
from surmax.synth.timing.opensta_report import read_report
from surmax.synth.timing.path_names import PathNames
from surmax.synth.timing.result import Timing

PROGRAM = "sta"
# The first version that reports paths as JSON, and power of the activity of a SAIF file.
JSON_VERSION = (3, 0)
# Long enough for every path. Delays are reported from the clock edge, so no result depends on it.
_PERIOD_NS = 1000.0
_TIMEOUT_S = 600
_STARTS = {"register": "[all_registers -clock_pins]", "input": "$data_inputs"}


@dataclass(frozen=True)
class OpenSta:
    """The program `sta`: where it is, and the version that it prints, such as "2.0.17"."""

    program: str
    version: str

    def __str__(self) -> str:
        """Name the tool and its version."""
        return f"OpenSTA {self.version}"

    def at_least(self, version: tuple[int, ...]) -> bool:
        """Return whether this is `version` or a newer one."""
        return tuple(map(int, self.version.split("."))) >= version

    def run(self, files: dict[str, str], script: str) -> str:
        """Run the file `script` of `files` (name -> text) in a folder of its own.

        Returns what it prints. Raises ToolError when it fails, or takes more than ten minutes.
        """
        command = [self.program, "-no_init", "-no_splash", "-exit", script]
        with work_folder() as folder:
            for name, text in files.items():
                (folder / name).write_text(text, encoding="utf-8")
            try:
                done = run(command, cwd=folder, timeout=_TIMEOUT_S, apart=True)
            except subprocess.TimeoutExpired as error:
                raise ToolError(f"{PROGRAM} took more than {_TIMEOUT_S} s") from error
        text = done.stdout + done.stderr
        failed = re.search(r"^Error.*$", text, re.MULTILINE)
        if done.returncode or failed:
            reason = failed[0] if failed else (text.strip().splitlines() or ["no message"])[-1]
            raise ToolError(f"{PROGRAM} failed: {reason}")
        return done.stdout


def find_opensta() -> OpenSta | None:
    """Return the OpenSTA that is on the PATH, None when there is none.

    A program `sta` that prints no version is something else.
    """
    program = shutil.which(PROGRAM)
    version = _version(program) if program else None
    return OpenSta(program, version) if program and version else None


def need_opensta() -> OpenSta:
    """Return the OpenSTA that is on the PATH. Raises MissingToolError when there is none."""
    found = find_opensta()
    if found is None:
        raise MissingToolError(
            f"engine opensta: no program {PROGRAM} is on the PATH (Debian package opensta)"
        )
    return found


@cache
def _version(program: str) -> str | None:
    """Return the version that a program prints, asked for once a process."""
    try:
        done = run([program, "-version"], timeout=60, apart=True)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"\d+(\.\d+)+", done.stdout)
    return found[0] if found else None


def opensta_timing(
    netlist: CellNetlist,
    library: TimingLibrary,
    liberty: str,
    *,
    wire: WireLoad | None = None,
    boundary: Boundary | None = None,
) -> Timing:
    """Return the timing that OpenSTA (2.0.17 or newer) finds; `liberty` is the library's text.

    Raises MissingToolError when `sta` is not on the PATH, ToolError when it fails, InputError when
    there is no path.
    """
    opensta = need_opensta()
    as_json = opensta.at_least(JSON_VERSION)
    wire, boundary = wire or WireLoad(), boundary or Boundary()
    pf_per_sink = wire.pf_per_sink(netlist, library)
    files = {
        "cells.lib": liberty,
        "netlist.v": plain_verilog(netlist, library),
        "run.tcl": timing_script(netlist, library, pf_per_sink, boundary, as_json=as_json),
    }
    report = opensta.run(files, "run.tcl")
    return Timing(
        engine=str(opensta),
        library=library.name,
        corner=library.corner,
        wire=wire,
        boundary=boundary,
        pf_per_sink=pf_per_sink,
        paths=read_report(report, PathNames(netlist, library), as_json=as_json),
    )


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
    netlist: CellNetlist,
    library: TimingLibrary,
    pf_per_sink: float,
    boundary: Boundary,
    *,
    period_ns: float,
) -> str:
    """Return the Tcl that reads plain_verilog and cells.lib, with clock, loads and boundary.

    Data inputs are listed by name: `all_inputs -no_clocks` came after 2.0.
    """
    clocks, inputs = _clocks(netlist, library), _data_inputs(netlist, library)
    at = f" {_ports(clocks)}" if clocks.size else ""
    ports = np.bincount(netlist.output_nets, minlength=len(netlist.net_names))
    reached = np.diff(netlist.first_sink) + ports
    lines = [
        "read_liberty cells.lib",
        "read_verilog netlist.v",
        f"link_design {netlist.top}",
        "set_cmd_units -time ns -capacitance pF",
        f"create_clock -name clk -period {period_ns}{at}",
        f"set_clock_transition {boundary.clock_slew_ns} [get_clocks clk]",
        f"set_load -pin_load {boundary.output_load_pf} [all_outputs]",
    ]
    if inputs:
        lines += [
            f"set data_inputs {_ports(inputs)}",
            f"set_input_transition {boundary.input_slew_ns} $data_inputs",
            "set_input_delay 0 -clock clk $data_inputs",
        ]
    lines += [
        f"set_load {pf_per_sink * reached[net]:.9f} [get_nets n{net}]"
        for net in range(ONE + 1, len(reached))
        if reached[net]
    ]
    return "\n".join([*lines, ""])


def timing_script(
    netlist: CellNetlist,
    library: TimingLibrary,
    pf_per_sink: float,
    boundary: Boundary,
    *,
    as_json: bool,
) -> str:
    """Return the Tcl that reports the worst path of each kind, for plain_verilog.

    The report is JSON (OpenSTA 3.x), or text (any version) with one line a pin.
    """
    form = "json" if as_json else "full -fields {capacitance slew input_pin} -no_line_splits"
    states = [library.cells[kind].state for kind in set(netlist.cell_kinds)]
    starts = {
        "register": any(state and state.kind != "clock_gate" for state in states),
        "input": bool(_data_inputs(netlist, library)),
    }
    lines = [setup_script(netlist, library, pf_per_sink, boundary, period_ns=_PERIOD_NS).rstrip()]
    # Outputs are no ends before they have a delay, so that all paths end in registers at first.
    for end in ("register", "output") if netlist.output_nets.size else ("register",):
        if end == "output":
            lines.append("set_output_delay 0 -clock clk [all_outputs]")
        # OpenSTA refuses a report from no start at all.
        for start in (start for start, there in starts.items() if there):
            to = " -to [all_outputs]" if end == "output" else ""
            lines.append(f'puts "== {start} to {end}"')
            lines.append(
                f"report_checks -path_delay max -format {form} -digits 6 -from {_STARTS[start]}{to}"
            )
    return "\n".join([*lines, ""])


def _clocks(netlist: CellNetlist, library: TimingLibrary) -> np.ndarray:
    return np.intersect1d(find_clock_nets(netlist, library), netlist.input_nets)


def _data_inputs(netlist: CellNetlist, library: TimingLibrary) -> list[int]:
    return np.setdiff1d(netlist.input_nets, _clocks(netlist, library)).tolist()


def _ports(nets: Iterable[int]) -> str:
    return f"[get_ports {{{' '.join(f'n{net}' for net in nets)}}}]"


def _net(net: int) -> str:
    return f"n{net}" if net > ONE else f"1'b{net}"
