# SPDX-License-Identifier: Apache-2.0
"""What a measurement of energy reports."""

import json
from dataclasses import asdict, dataclass

from surmax.synth.timing.loads import Boundary, WireLoad

KINDS = ("internal", "switching", "leakage")


@dataclass(frozen=True)
class Energy:
    """Energy of one netlist under one stimulus, before layout and without a clock tree.

    `parts` is part -> kind -> pJ a score, parts as in surmax.synth.energy.parts, kinds as in KINDS:
    internal energy of cells, switching (charge of pins and wires), leakage. "clock pins" is the
    internal energy of clock pins and clock gates, and the charge of the clock's nets. `clocks_pj`
    splits it by the part whose pins and clock gates they are, pJ a score; the clock port's net is
    the datapath's. Nets of input ports are charged here too: `inputs_pj` a score, of the datapath's
    switching.
    `engine` is "own" or the name and version of the tool. `cycles` were counted, in which `scores`
    went in. `period_ns` is the clock; `wire`, `boundary` and `pf_per_sink` say what loaded the
    nets.
    """

    engine: str
    library: str
    corner: str
    stimulus: str
    period_ns: float
    clock_gating: bool
    cycles: int
    scores: int
    wire: WireLoad
    boundary: Boundary
    pf_per_sink: float
    inputs_pj: float
    parts: dict[str, dict[str, float]]
    clocks_pj: dict[str, float]

    @property
    def pj_per_score(self) -> float:
        """All parts and kinds."""
        return sum(sum(kinds.values()) for kinds in self.parts.values())

    @property
    def pj_per_cycle(self) -> float:
        """The same for a cycle of the clock."""
        return self.pj_per_score * self.scores / self.cycles

    def by_part(self) -> dict[str, float]:
        """Return pJ a score of each part."""
        return {part: sum(kinds.values()) for part, kinds in self.parts.items()}

    def by_kind(self) -> dict[str, float]:
        """Return pJ a score of each kind."""
        return {kind: sum(kinds[kind] for kinds in self.parts.values()) for kind in KINDS}

    def to_json(self) -> str:
        """This result as a JSON object, which from_json reads back to an equal result."""
        figures = {"pj_per_score": self.pj_per_score, "pj_per_cycle": self.pj_per_cycle}
        return json.dumps(figures | asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Energy":
        """The result that to_json wrote."""
        data = json.loads(text)
        del data["pj_per_score"], data["pj_per_cycle"]
        data["wire"], data["boundary"] = WireLoad(**data["wire"]), Boundary(**data["boundary"])
        return cls(**data)
