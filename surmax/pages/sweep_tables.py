# SPDX-License-Identifier: Apache-2.0
"""A sweep as tables: for the terminal and as Markdown."""

from collections.abc import Callable
from typing import Any

from rich.table import Table

from surmax.console import markdown_table
from surmax.pages.prose import prose
from surmax.pages.report.tables import number
from surmax.synth.pnr.route import show_rates
from surmax.synth.report.sweep import Measurement

_COLUMNS: dict[str, Callable[[Measurement], str]] = {
    "front": lambda m: "*" if m["front"] else "",
    "design": lambda m: m["design"]["name"],
    "lanes": lambda m: str(m["design"]["lanes"]),
    "row length": lambda m: str(m["design"]["length"]),
    "target": lambda m: m["target"],
    "GE": lambda m: number(m["derived"]["ge"]),
    "GE storage": lambda m: number(m["derived"]["ge"] and m["derived"]["storage_ge"]),
    "LUT": lambda m: number(m["area"]["total"]["lut"]),
    "FF": lambda m: number(m["area"]["total"]["ff"]),
    "DSP": lambda m: number(m["area"]["total"]["dsp"]),
    "ns": lambda m: number(m["timing"] and m["timing"]["period_ns"]),
    "MHz": lambda m: "" if m["fpga"] is None else show_rates(m["fpga"]["fmax_median"]),
    "Gscores/s": lambda m: number(m["derived"]["gscores"]),
    "pJ a score": lambda m: number(m["objectives"]["energy"]),
    "mean error": lambda m: _scientific(m["objectives"]["error"]),
    "KL, nats": lambda m: _scientific(m["error"] and m["error"]["all"]["kl_mean"]),
}


def table_of(sweep: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return the columns that have a figure, and a row for each measurement."""
    measured = sweep["measurements"]
    shown = {n: [cell(one) for one in measured] for n, cell in _COLUMNS.items()}
    shown = {name: cells for name, cells in shown.items() if any(cells)}
    return list(shown), [list(row) for row in zip(*shown.values(), strict=True)]


def terminal_table(sweep: dict[str, Any]) -> Table:
    """Return the table for a terminal."""
    columns, rows = table_of(sweep)
    table = Table()
    for name in columns:
        table.add_column(name, justify="left" if name in ("design", "target") else "right")
    for row in rows:
        table.add_row(*row)
    return table


def markdown_sweep(sweep: dict[str, Any], drawing: str | None) -> str:
    """Return the sweep as one page of Markdown; `drawing` is the file name of its Pareto plot."""
    parts = [f"<!-- made by: {sweep['command']} -->\n# Sweep", *prose("sweep", "columns")]
    if drawing:
        parts.append(f"![error, energy, area and throughput]({drawing})")
    columns, rows = table_of(sweep)
    if rows:
        parts.append(markdown_table(columns, rows))
    skipped = [(one["title"], one["reason"]) for one in sweep["skipped"]]
    failed = [(one["title"], one["error"]) for one in sweep["failed"]]
    for title, lines in (("Skipped: cannot be built", skipped), ("Failed", failed)):
        if lines:
            parts.append(f"## {title}\n\n" + markdown_table(("what", "why"), lines))
    parts.append(_made(sweep))
    return "\n\n".join(parts) + "\n"


def _made(sweep: dict[str, Any]) -> str:
    """Return the libraries and tools that made the figures, each once."""
    found = dict.fromkeys(
        f"- {one['target']}: {one['library']} {one['corner']}; "
        + ", ".join(f"{tool} {version}" for tool, version in one["versions"].items())
        for one in sweep["measurements"]
    )
    lines = [
        "## How the figures were made",
        "",
        *prose("sweep", "energy", clock=sweep["clock_ns"]),
        "",
        *found,
    ]
    return "\n".join(lines)


def _scientific(value: float | None) -> str:
    return "" if value is None else f"{value:.2g}"
