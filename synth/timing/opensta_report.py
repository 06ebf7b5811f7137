# SPDX-License-Identifier: Apache-2.0
"""Read the paths that OpenSTA's `report_checks` prints: text of 2.x, JSON of 3.x.

Both are read into the same steps, from which the paths are made. Text has the edge of each step,
JSON has not.
"""

import json
import re
from dataclasses import dataclass

from surmax.common.errors import InputError, ToolError
from surmax.synth.timing.netlist import CellNetlist
from surmax.synth.timing.path_names import PathNames
from surmax.synth.timing.result import Path, PathPoint

_EDGES = {"^": "rise", "v": "fall"}
_NUMBER = r"-?\d+\.\d+"
# "   0.002100    0.018400    0.104200    0.104200 ^ c0/Q (DFF)": load, slew, delay, arrival.
_STEP = re.compile(
    rf"^ *(?:(?P<load>{_NUMBER}) +)?(?P<slew>{_NUMBER}) +{_NUMBER} +(?P<arrival>{_NUMBER}) "
    rf"(?P<edge>[v^]) (?P<pin>\S+) \(\S+\)$"
)
_ARRIVAL = re.compile(rf"^ *(?P<ns>{_NUMBER}) +data arrival time$", re.MULTILINE)
# Setup and recovery of a register, and setup of a gate that stops a clock.
_SETUP = re.compile(
    rf"^ *(?P<ns>{_NUMBER}) +{_NUMBER} +(?:library|clock gating) \w+ time$", re.MULTILINE
)


@dataclass(frozen=True)
class _Step:
    """A pin or port on a path, by its name in plain_verilog."""

    pin: str
    edge: str
    arrival_ns: float
    slew_ns: float
    load_pf: float


@dataclass(frozen=True)
class _Check:
    """A path as it is reported: to a register's pin with its setup time, or to a port."""

    endpoint: str
    steps: tuple[_Step, ...]
    arrival_ns: float
    setup_ns: float


def read_report(text: str, names: PathNames, *, as_json: bool) -> dict[str, Path]:
    """Return the worst paths in what the script of timing_script printed, by kind of path.

    Raises ToolError when the text is no such report, InputError when there is no path in it.
    """
    paths = {}
    for part in re.split(r"^== ", text, flags=re.MULTILINE)[1:]:
        title, _, rest = part.partition("\n")
        check = _check_of_json(title, rest) if as_json else _check_of_text(title, rest)
        if check is not None:
            paths[title] = _path(check, names)
    if not paths:
        raise InputError(f"OpenSTA found no path in {names.netlist.top}")
    return paths


def _check_of_json(title: str, text: str) -> _Check | None:
    begin, end = text.find("{"), text.rfind("}")
    if begin < 0:
        return None
    try:
        checks = json.loads(text[begin : end + 1])["checks"]
        if not checks:
            return None
        steps = (
            _Step(
                pin=step["pin"],
                edge="",
                arrival_ns=1e9 * step["arrival"],
                slew_ns=1e9 * step["slew"],
                load_pf=1e12 * step.get("capacitance", 0.0),
            )
            for step in checks[0]["source_path"]
        )
        return _Check(
            endpoint=checks[0]["endpoint"],
            steps=tuple(steps),
            arrival_ns=1e9 * checks[0]["data_arrival_time"],
            setup_ns=1e9 * checks[0].get("margin", 0.0),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ToolError(f"OpenSTA printed no JSON for {title}: {error}") from error


def _check_of_text(title: str, text: str) -> _Check | None:
    if "Startpoint:" not in text:
        return None
    arrival = _ARRIVAL.search(text)
    lines = text[: arrival.start()].splitlines() if arrival else []
    found = [match for match in map(_STEP.match, lines) if match]
    if not arrival or not found:
        raise ToolError(f"OpenSTA printed no steps for {title}")
    steps = tuple(
        _Step(
            pin=step["pin"],
            edge=_EDGES[step["edge"]],
            arrival_ns=float(step["arrival"]),
            slew_ns=float(step["slew"]),
            load_pf=float(step["load"] or 0),
        )
        for step in found
    )
    # Not from the slack, which is a small difference of large numbers in single precision.
    setup = _SETUP.search(text, arrival.end())
    return _Check(
        endpoint=steps[-1].pin,
        steps=steps,
        arrival_ns=float(arrival["ns"]),
        setup_ns=-float(setup["ns"]) if setup else 0.0,
    )


def _path(check: _Check, names: PathNames) -> Path:
    netlist = names.netlist
    points: list[PathPoint] = []
    into = -1
    for step in check.steps:
        pin = _pin(step.pin, names)
        figures = {
            "arrival_ns": step.arrival_ns,
            "slew_ns": step.slew_ns,
            "load_pf": step.load_pf,
        }
        if pin is None:
            if step.pin.startswith("n"):
                points.append(names.step(int(step.pin[1:]), step.edge, None, figures))
        elif netlist.drivers[netlist.pin_net[pin]] == pin:
            net = int(netlist.pin_net[pin])
            points.append(names.step(net, step.edge, (pin if into < 0 else into, pin), figures))
        else:
            into = pin
    end = _pin(check.endpoint, names)
    setup = check.setup_ns if end is not None else 0.0
    return Path(
        ns=check.arrival_ns + setup,
        start=points[0].net,
        end=_output(netlist, check.endpoint) if end is None else names.register(end),
        setup_ns=setup,
        points=tuple(points),
    )


def _pin(name: str, names: PathNames) -> int | None:
    """Return the number of a pin such as c12/A, None for a port."""
    cell, _, pin = name.partition("/")
    if not pin:
        return None
    number = int(cell.removeprefix("c"))
    return int(names.netlist.first_pin[number]) + names.kind(number).pin(pin)


def _output(netlist: CellNetlist, port: str) -> str:
    return netlist.net_names[netlist.output_nets[int(port.removeprefix("o"))]]
