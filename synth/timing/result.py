# SPDX-License-Identifier: Apache-2.0
"""Results of static timing: paths and the clock period that they allow."""

import json
from dataclasses import asdict, dataclass

from surmax.synth.timing.loads import Boundary, WireLoad


@dataclass(frozen=True)
class PathPoint:
    """One step of a path: a net that changes, and the cell that drives it.

    Attributes:
        net: name of the net.
        edge: "rise", "fall", or "" where the engine does not say.
        cell: library cell that drives the net, or "input port".
        instance: instance name of that cell, "" for a port.
        pins: "A to Y", the pins of the cell that the path goes through; "" for a port.
        arrival_ns: time of the change after the clock edge.
        slew_ns: slew of the change.
        load_pf: load of the net.
    """

    net: str
    edge: str
    cell: str
    instance: str
    pins: str
    arrival_ns: float
    slew_ns: float
    load_pf: float


@dataclass(frozen=True)
class Path:
    """The slowest path of one kind.

    Attributes:
        ns: length from the clock edge to the next one that works, or to the output port.
        start, end: names of ports or registers (a register has the name of the net it drives).
        setup_ns: part of `ns` that is the setup or recovery time of the register at the end.
        points: the steps, from the start to the end.
    """

    ns: float
    start: str
    end: str
    setup_ns: float
    points: tuple[PathPoint, ...]


@dataclass(frozen=True)
class Timing:
    """Static timing of one netlist, before layout and with an ideal clock.

    Attributes:
        engine: "own", or name and version of the tool.
        library, corner: names of the cell library and of its operating condition.
        wire, boundary: wire load and conditions at the ports.
        pf_per_sink: capacitance of the wire to one pin that follows from `wire`, in pF.
        paths: the worst path of each kind that the design has: "register to register", "input to
            register", "register to output", "input to output".
    """

    engine: str
    library: str
    corner: str
    wire: WireLoad
    boundary: Boundary
    pf_per_sink: float
    paths: dict[str, Path]

    @property
    def period_ns(self) -> float | None:
        """Shortest clock period in ns, from register to register; None without such a path."""
        path = self.paths.get("register to register")
        return path.ns if path else None

    @property
    def mhz(self) -> float | None:
        """Clock rate of `period_ns` in MHz, or None."""
        period = self.period_ns
        return 1000 / period if period else None

    def to_json(self) -> str:
        """Return this result as a JSON object, which from_json reads back to an equal result."""
        figures = {"period_ns": self.period_ns, "mhz": self.mhz}
        return json.dumps(figures | asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Timing":
        """Return the result that to_json wrote."""
        data = json.loads(text)
        del data["period_ns"], data["mhz"]
        data["wire"], data["boundary"] = WireLoad(**data["wire"]), Boundary(**data["boundary"])
        for kind, path in data["paths"].items():
            path["points"] = tuple(PathPoint(**point) for point in path["points"])
            data["paths"][kind] = Path(**path)
        return cls(**data)
