# SPDX-License-Identifier: Apache-2.0
"""Results of synthesis: the cost of a design, of its parts, and how it was mapped."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, fields
from functools import reduce
from operator import sub
from typing import Any


@dataclass(frozen=True)
class Cost:
    """The cost of a design or of a part of it. None where the target has no such figure.

    A gate equivalent (GE) is the area of the library's smallest 2-input NAND.

    Attributes:
        cells: number of cells by kind.
        area_um2: area of a cell library's cells; None for the generic library, whose areas are
            relative.
        ge: the same area in GE.
        sequential_um2, sequential_ge: the part of it that is flip-flops and latches, without clock
            gates.
        transistors: of NAND, NOR, NOT, flip-flops and latches, the same for every cell library.
        lut: LUT sites of an FPGA, those that carry cells occupy included.
        ff, carry, dsp, bram: flip-flops and blocks of an FPGA.
    """

    cells: dict[str, int] = field(default_factory=dict)
    area_um2: float | None = None
    ge: float | None = None
    sequential_um2: float | None = None
    sequential_ge: float | None = None
    transistors: int | None = None
    lut: int | None = None
    ff: int | None = None
    carry: int | None = None
    dsp: int | None = None
    bram: int | None = None

    def scaled(self, count: int) -> "Cost":
        """Return `count` times this cost."""
        return _combine(lambda a, _: a * count, self, self)

    def __add__(self, other: "Cost") -> "Cost":
        """Return the sum of two costs for the same target."""
        return _combine(lambda a, b: a + b, self, other)

    def __sub__(self, other: "Cost") -> "Cost":
        """Return the difference of two costs for the same target."""
        return _combine(lambda a, b: a - b, self, other)


def _combine(operation: Callable[[Any, Any], Any], left: Cost, right: Cost) -> Cost:
    kinds = sorted({*left.cells, *right.cells})
    cells = {k: operation(left.cells.get(k, 0), right.cells.get(k, 0)) for k in kinds}
    numbers = {}
    for item in fields(Cost)[1:]:
        a, b = getattr(left, item.name), getattr(right, item.name)
        numbers[item.name] = None if a is None or b is None else operation(a, b)
    return Cost(cells={k: n for k, n in cells.items() if n}, **numbers)


@dataclass(frozen=True)
class Mapped:
    """One module as mapped: its cost, the recipe that was taken, its Verilog ("" for an FPGA)."""

    cost: Cost
    recipe: str
    netlist: str


@dataclass(frozen=True)
class SynthResult:
    """One synthesis of one design for one target.

    Attributes:
        target: name of the target.
        top: name of the top module.
        library, corner: the cell library and its operating condition, or the FPGA family and "".
        tool: yosys and its version.
        recipe: name of the script that was taken.
        clock_gating: whether the netlist has clock gates.
        period_ns: clock period that cells are sized for; None for the smallest area.
        digest: sha256 over design, library, options, scripts and tool version.
        total: cost of the flattened design.
        parts: cost of each part that is measured apart, by title. The modules of a part are
            synthesised by themselves with the same script and counted as often as they are used.
    """

    target: str
    top: str
    library: str
    corner: str
    tool: str
    recipe: str
    clock_gating: bool
    period_ns: float | None
    digest: str
    total: Cost
    parts: dict[str, Cost]

    @property
    def logic(self) -> Cost:
        """Cost of everything but the parts, so that parts and logic make the total."""
        return reduce(sub, self.parts.values(), self.total)

    def to_json(self) -> str:
        """Return this result as a JSON object, which from_json reads back to an equal result."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> "SynthResult":
        """Return the result that to_json wrote."""
        data = json.loads(text)
        data["total"] = Cost(**data["total"])
        data["parts"] = {title: Cost(**cost) for title, cost in data["parts"].items()}
        return cls(**data)


def results_json(results: Iterable[SynthResult]) -> list[dict[str, Any]]:
    """Return the results as JSON-ready objects, each with its `logic` beside the parts."""
    return [json.loads(result.to_json()) | {"logic": asdict(result.logic)} for result in results]
