# SPDX-License-Identifier: Apache-2.0
"""What synthesis reports."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, fields
from functools import reduce
from operator import sub
from typing import Any


@dataclass(frozen=True)
class Cost:
    """The cost of a design or of a part of it; None is what the target has no notion of.

    `cells` counts cells by kind. For a cell library: `area_um2` and `sequential_um2` (None for the
    generic library, whose areas are relative), the same in gate equivalents (area over the area of
    the library's smallest 2-input NAND; sequential is flip-flops and latches, clock gates not
    included), and `transistors`, a count of NAND, NOR, NOT, flip-flops
    and latches that knows no library. For an FPGA: sites or blocks used.
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
        """This cost `count` times."""
        return _combine(lambda a, _: a * count, self, self)

    def __add__(self, other: "Cost") -> "Cost":
        """Sum of two costs for one target."""
        return _combine(lambda a, b: a + b, self, other)

    def __sub__(self, other: "Cost") -> "Cost":
        """Difference of two costs for one target."""
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
    """One module as mapped: its cost, the recipe that won, its netlist ("" where none is kept)."""

    cost: Cost
    recipe: str
    netlist: str


@dataclass(frozen=True)
class SynthResult:
    """One synthesis of one design for one target.

    `library` and `corner` name the cell library (or the FPGA family and ""), `tool` the yosys
    version, `recipe` the name of the script, `digest` the sha256 over design, library,
    options, scripts and tool version: the name of the result in the cache.
    `total` is the flattened design. `parts` are what is measured apart, storage in the first
    place: title -> the modules that belong to it, each synthesised by itself with the same script
    and counted as often as it is used. `logic` is the rest, so that parts + logic = total.
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
        """Everything but the parts."""
        return reduce(sub, self.parts.values(), self.total)

    def to_json(self) -> str:
        """This result as a JSON object, which from_json reads back to an equal result."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> "SynthResult":
        """The result that to_json wrote."""
        data = json.loads(text)
        data["total"] = Cost(**data["total"])
        data["parts"] = {title: Cost(**one) for title, one in data["parts"].items()}
        return cls(**data)


def results_json(results: Iterable[SynthResult]) -> list[dict[str, Any]]:
    """Return the results as JSON-ready objects, each with its `logic` beside the parts."""
    return [json.loads(result.to_json()) | {"logic": asdict(result.logic)} for result in results]
