# SPDX-License-Identifier: Apache-2.0
"""Results of synthesis as a table for a terminal."""

from collections.abc import Iterable, Mapping
from itertools import chain, repeat

from rich.table import Table

from surmax.pages.report.tables import number
from surmax.synth import PnrResult, SynthResult

# Column title: field of Cost. A GE is the area of the library's smallest 2-input NAND; a LUT is a
# LUT site.
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


def synth_table(
    results: Iterable[SynthResult], routed: Mapping[str, PnrResult] | None = None
) -> Table:
    """Return a table with a row for the total of each result, for each of its parts and its logic.

    Columns that have no figure in any result are left out. `routed` holds a place-and-route result
    by target name; the total of that target then also shows its clock rate in MHz: minimum, median
    and maximum over the seeds.
    """
    results = list(results)
    shown = {
        title: field
        for title, field in _COLUMNS.items()
        if any(getattr(result.total, field) is not None for result in results)
    }
    table = Table("target", "part")
    for title in shown:
        table.add_column(title, justify="right")
    if routed:
        table.add_column("MHz", justify="right")
    for result in results:
        in_name = result.corner in ("", "none") or result.corner in result.library
        library = result.library if in_name else f"{result.library}, {result.corner}"
        parts = {"total": result.total} | result.parts
        if result.parts:
            parts["logic"] = result.logic
        # The first row names the target, the second one its library, the others nothing.
        names = chain([result.target, "" if library == result.target else library], repeat(""))
        for name, (part, cost) in zip(names, parts.items(), strict=False):
            cells = [_whole(getattr(cost, field)) for field in shown.values()]
            if part == "total" and routed and result.target in routed:
                cells.append(routed[result.target].rates())
            table.add_row(name, part, *cells)
        table.add_section()
    return table


def _whole(value: float | None) -> str:
    """Return `value` without decimals, thousands set apart by a blank; "-" for None."""
    return "-" if value is None else number(round(value))
