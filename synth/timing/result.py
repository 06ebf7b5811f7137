# SPDX-License-Identifier: Apache-2.0
"""What static timing reports."""

import json
from dataclasses import asdict, dataclass

from surmax.synth.timing.loads import Boundary, WireLoad


@dataclass(frozen=True)
class PathPoint:
    """One step of a path: the net that changes, its edge, and the cell and pins that make it."""

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
    """The slowest path of one kind: `ns` from clock edge to clock edge, or to the output port.

    `start` and `end` are registers, by the net that each drives, or ports. `setup_ns` is the part
    that the register at the end needs.
    """

    ns: float
    start: str
    end: str
    setup_ns: float
    points: tuple[PathPoint, ...]


@dataclass(frozen=True)
class Timing:
    """Static timing of one netlist, before layout and with an ideal clock.

    `paths` has the worst path of each kind that the design has: "register to register",
    "input to register", "register to output", "input to output". `engine` is "own" or the name and
    version of the tool; `wire`, `boundary` and `pf_per_sink` say what loaded the nets.
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
        """The shortest clock period between registers; None for a design that has no such path."""
        path = self.paths.get("register to register")
        return path.ns if path else None

    @property
    def mhz(self) -> float | None:
        """The clock rate of that period."""
        period = self.period_ns
        return 1000 / period if period else None

    def to_json(self) -> str:
        """This result as a JSON object, which from_json reads back to an equal result."""
        figures = {"period_ns": self.period_ns, "mhz": self.mhz}
        return json.dumps(figures | asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Timing":
        """The result that to_json wrote."""
        data = json.loads(text)
        del data["period_ns"], data["mhz"]
        data["wire"], data["boundary"] = WireLoad(**data["wire"]), Boundary(**data["boundary"])
        for kind, path in data["paths"].items():
            path["points"] = tuple(PathPoint(**point) for point in path["points"])
            data["paths"][kind] = Path(**path)
        return cls(**data)
