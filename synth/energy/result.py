# SPDX-License-Identifier: Apache-2.0
"""Result of an energy measurement: pJ a score by part and kind."""

import json
from dataclasses import asdict, dataclass

from surmax.synth.timing.loads import Boundary, WireLoad

KINDS = ("internal", "switching", "leakage")


@dataclass(frozen=True)
class Energy:
    """Energy of one netlist under one stimulus, before layout and without a clock tree.

    Attributes:
        engine: "own", or name and version of the tool.
        library, corner: names of the cell library and of its operating condition.
        stimulus: kind of the stimulus.
        period_ns: clock period.
        clock_gating: whether the netlist has clock gates.
        cycles: cycles that were counted.
        scores: scores that went in during these cycles.
        wire, boundary: wire load and conditions at the ports.
        pf_per_sink: capacitance of the wire to one pin that follows from `wire`, in pF.
        inputs_pj: energy to charge the nets of input ports, pJ a score; it is a part of the
            datapath's switching energy.
        parts: part -> kind -> pJ a score. Parts are those of surmax.synth.energy.parts; "clock
            pins" is the internal energy of clock pins and clock gates and the charge of clock
            nets. Kinds are those of KINDS: internal energy of cells, switching (charge of pins and
            wires), leakage.
        clocks_pj: the energy of "clock pins" by the part that the pins and clock gates belong to,
            pJ a score; the net of the clock port counts as datapath.
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
        """Sum of all parts and kinds, pJ a score."""
        return sum(sum(kinds.values()) for kinds in self.parts.values())

    @property
    def pj_per_cycle(self) -> float:
        """The same energy in pJ a clock cycle."""
        return self.pj_per_score * self.scores / self.cycles

    def by_part(self) -> dict[str, float]:
        """Return the energy of each part, pJ a score."""
        return {part: sum(kinds.values()) for part, kinds in self.parts.items()}

    def by_kind(self) -> dict[str, float]:
        """Return the energy of each kind, pJ a score."""
        return {kind: sum(kinds[kind] for kinds in self.parts.values()) for kind in KINDS}

    def to_json(self) -> str:
        """Return this result as a JSON object, which from_json reads back to an equal result."""
        figures = {"pj_per_score": self.pj_per_score, "pj_per_cycle": self.pj_per_cycle}
        return json.dumps(figures | asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Energy":
        """Return the result that to_json wrote."""
        data = json.loads(text)
        del data["pj_per_score"], data["pj_per_cycle"]
        data["wire"], data["boundary"] = WireLoad(**data["wire"]), Boundary(**data["boundary"])
        return cls(**data)
