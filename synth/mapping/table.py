# SPDX-License-Identifier: Apache-2.0
"""Show synthesis results to people and to machines."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from itertools import chain, repeat
from typing import Any

from rich.table import Table
from surmax.synth.mapping.result import SynthResult
from surmax.synth.pnr.route import PnrResult

# title: field of Measure
_COLUMNS = {
    "um2": "area_um2",
    "GE": "ge",
    "GE in FF": "sequential_ge",
    "transistors": "transistors",
    "LUT": "lut",
    "FF": "ff",
    "carry": "carry",
    "DSP": "dsp",
    "BRAM": "bram",
}


def render_table(
    results: Iterable[SynthResult], routed: Mapping[str, PnrResult] | None = None
) -> Table:
    """Return a table with a row for the total of each result, for each part and for the logic.

    Columns that no result has a figure for are left out; a GE is the area of the library's
    smallest 2-input NAND, a LUT is a LUT site. With `routed` (target -> place and route) the total
    has the clock rate too: min, median and max over the seeds.
    """
    results = list(results)
    shown = {
        title: column
        for title, column in _COLUMNS.items()
        if any(getattr(result.total, column) is not None for result in results)
    }
    table = Table("target", "part")
    for title in shown:
        table.add_column(title, justify="right")
    if routed:
        table.add_column("MHz", justify="right")
    for result in results:
        told = result.corner in ("", "none") or result.corner in result.library
        library = result.library if told else f"{result.library}, {result.corner}"
        parts = {"total": result.total} | result.parts
        if result.parts:
            parts["logic"] = result.logic
        names = chain([result.target, "" if library == result.target else library], repeat(""))
        for name, (part, measure) in zip(names, parts.items(), strict=False):
            cells = (_number(getattr(measure, column)) for column in shown.values())
            rated = part == "total" and routed and result.target in routed
            table.add_row(name, part, *cells, *([routed[result.target].rates()] if rated else []))
        table.add_section()
    return table


def results_json(results: Iterable[SynthResult]) -> list[dict[str, Any]]:
    """Return the results as JSON-ready objects, the logic row included."""
    objects = []
    for result in results:
        objects.append(json.loads(result.to_json()) | {"logic": asdict(result.logic)})
    return objects


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}".replace(",", " ")
