# SPDX-License-Identifier: Apache-2.0
"""The report as sections of text and tables, whatever they are written as."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from surmax.pages.prose import prose
from surmax.synth.pnr.route import show_rates
from surmax.synth.report.matrix import (
    AREA_22NM,
    BASELINE,
    ENERGY_22NM,
    STORAGE,
    Measurement,
    energy_parts,
)

# Column title: the cell for a measurement, "" where there is none.
Columns = dict[str, Callable[[Measurement], str]]


@dataclass(frozen=True)
class Section:
    """A title, paragraphs, and a table, which may have no rows."""

    title: str
    text: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def sections(report: dict[str, Any]) -> list[Section]:
    """Return the report's sections; a target that has no measurement has none."""
    measured = report["measurements"]
    found = [_conditions(report)]
    for target in dict.fromkeys(one["target"] for one in measured):
        here = [one for one in measured if one["target"] == target]
        if here[0]["fpga"] is not None or here[0]["area"]["total"]["ge"] is None:
            found.append(
                _table(f"FPGA: {target}", prose("report", "fpga"), {**_DESIGN, **_FPGA}, here)
            )
            continue
        name = _library(here[0])
        found.append(
            _table(
                f"Area and speed: {name}",
                _scaled_prose("area", AREA_22NM),
                {**_DESIGN, **_AREA},
                here,
            )
        )
        if any(one["energy"] for one in here):
            found.append(
                _table(
                    f"Energy: {name}",
                    _scaled_prose("energy", ENERGY_22NM),
                    {**_DESIGN, **_ENERGY},
                    here,
                )
            )
    found.append(_errors(measured))
    ratios = [one for one in measured if one["ratios"] and one["design"]["name"] != BASELINE]
    if ratios:
        columns = {"target": lambda m: m["target"], **_DESIGN, **_RATIOS}
        found.append(
            _table(
                f"Against the {BASELINE}",
                prose("report", "ratio", baseline=BASELINE),
                columns,
                ratios,
            )
        )
    timed = [one for one in measured if one["timing"]]
    if timed:
        found.append(
            _table("Critical paths", prose("report", "paths"), {**_DESIGN, **_PATHS}, timed)
        )
    found.append(_table("How each figure was made", prose("report", "made"), _MADE, measured))
    if report["failed"]:
        rows = tuple((one["title"], one["error"]) for one in report["failed"])
        found.append(Section("What could not be measured", (), ("what", "why"), rows))
    return found


def number(value: float | None, digits: int = 3) -> str:
    """Return `value` with `digits` significant digits, all of those before the point.

    An int has all of its digits; None is "". Thousands are set apart by a blank.
    """
    if value is None:
        return ""
    if abs(value) >= 10 ** (digits - 1) or isinstance(value, int):
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:#.{digits}g}"


def _table(
    title: str, text: Iterable[str], columns: Columns, measured: Iterable[Measurement]
) -> Section:
    """A row a measurement, by length and lanes; columns that are empty throughout are left out."""
    order = sorted(measured, key=lambda m: (m["design"]["length"], m["design"]["lanes"]))
    cells = {name: [cell(one) for one in order] for name, cell in columns.items()}
    cells = {name: values for name, values in cells.items() if any(values)}
    return Section(title, tuple(text), tuple(cells), tuple(zip(*cells.values(), strict=True)))


def _library(one: Measurement) -> str:
    library, corner = one["library"], one["corner"]
    shown = corner and corner != "none" and corner not in library
    return f"{one['target']} ({library}{', ' + corner if shown else ''})"


def _storage(one: Measurement, *titles: str) -> str:
    parts = one["area"]["parts"]
    return number(sum(parts[title]["ge"] for title in titles if title in parts) or None)


def _scaled(values: tuple[float, float, float] | None, unit: float = 1.0) -> str:
    if not values:
        return ""
    low, used, high = (number(unit * value, 2) for value in values)
    return f"{used} ({low} to {high})"


_DESIGN: Columns = {
    "design": lambda m: m["design"]["name"],
    "lanes": lambda m: str(m["design"]["lanes"]),
    "row length": lambda m: str(m["design"]["length"]),
}
_AREA: Columns = {
    "GE": lambda m: number(m["derived"]["ge"]),
    "GE a lane": lambda m: number(m["derived"]["ge"] / m["design"]["lanes"]),
    "logic": lambda m: number(m["derived"]["logic_ge"]),
    "row storage": lambda m: _storage(m, "row storage"),
    "table and constant storage": lambda m: _storage(m, *STORAGE[1:]),
    "um2": lambda m: number(m["area"]["total"]["area_um2"]),
    "sized for, ns": lambda m: number(m["timing"] and m["design"]["sized_for"]),
    "period, ns": lambda m: number(m["timing"] and m["timing"]["period_ns"]),
    "MHz": lambda m: number(m["timing"] and m["timing"]["mhz"]),
    "Gscores/s": lambda m: number(m["derived"]["gscores"]),
    "Gscores/s per mm2": lambda m: number(m["derived"]["gscores_per_mm2"]),
    "scaled to 22 nm, 1e-3 mm2": lambda m: _scaled(m["derived"]["scaled_mm2"], 1e3),
}


def _less(value: float | None, part: float | None) -> float | None:
    return None if value is None else value - part


def _part(*titles: str) -> Callable[[Measurement], str]:
    def cell(one: Measurement) -> str:
        parts = energy_parts(one)
        # Storage that rests leaks 1e-5 pJ a score.
        total = sum(parts.get(title, 0.0) for title in titles)
        return number(round(total, 3) if parts else None)

    return cell


_ENERGY: Columns = {
    "pJ a score": lambda m: number(m["derived"]["pj"]),
    "datapath": _part("datapath"),
    "row storage": _part("row storage"),
    "table and constant storage": _part(*STORAGE[1:]),
    "clock pins": _part("clock pins"),
    "all but storage": lambda m: number(_less(m["derived"]["pj"], m["derived"]["storage_pj"])),
    "random codes": lambda m: number(sum(energy_parts(m, "random").values()) or None),
    "Tscores/J": lambda m: number(m["derived"]["tscores_per_j"]),
    "clock, ns": lambda m: number(m["energy"] and m["energy"]["random"]["period_ns"]),
    "scaled to 22 nm, pJ": lambda m: _scaled(m["derived"]["scaled_pj"]),
}
_FPGA: Columns = {
    title: lambda m, field=field: number(m["area"]["total"][field])
    for title, field in (("LUT", "lut"), ("FF", "ff"), ("carry", "carry"), ("DSP", "dsp"))
} | {
    "BRAM": lambda m: number(m["area"]["total"]["bram"]),
    "MHz, min / median / max": lambda m: _rates(m["fpga"]),
    "Gscores/s": lambda m: number(m["derived"]["gscores"]),
}
_RATIOS: Columns = {
    title: lambda m, field=field: _ratio(m["ratios"].get(field))
    for title, field in (
        ("area", "area"),
        ("area without storage", "area_without_storage"),
        ("energy", "energy"),
        ("energy without storage", "energy_without_storage"),
        ("LUT", "lut"),
    )
} | {"rate": lambda m: _fair_rate(m)}
_PATHS: Columns = {
    "target": lambda m: m["target"],
    "ns": lambda m: number(m["timing"]["period_ns"]),
    "from": lambda m: m["timing"]["paths"]["register to register"]["start"],
    "to": lambda m: m["timing"]["paths"]["register to register"]["end"],
    "input to register, ns": lambda m: _path(m, "input to register"),
    "register to output, ns": lambda m: _path(m, "register to output"),
}
_MADE: Columns = {
    **_DESIGN,
    "target": lambda m: m["target"],
    "commands": lambda m: _commands(m["commands"]),
    "tools": lambda m: ", ".join(_tools(m)),
}
_ERROR: Columns = {
    title: lambda m, field=field: number(m["error"]["all"][field])
    for title, field in (
        ("largest error", "max_error"),
        ("mean error", "mean_error"),
        ("KL, nats", "kl_mean"),
        ("row sum, least", "row_sum_min"),
        ("mean", "row_sum_mean"),
        ("largest", "row_sum_max"),
        ("top-1 agreement", "top1_agreement"),
    )
}


def _commands(lines: list[str]) -> str:
    """Join commands; those that differ only in the recorded head are one."""
    found: dict[str, list[str]] = {}
    for line in lines:
        command, _, head = line.partition(" --head ")
        found.setdefault(command, []).append(head)
    return "; ".join(
        f"`{command}`" if heads == [""] else f"`{command} --head N`, N = {', '.join(heads)}"
        for command, heads in found.items()
    )


def _tools(one: Measurement) -> list[str]:
    """Names with versions; timing and energy are our own or another tool's."""
    versions = dict(one["versions"])
    names = [f"surmax {versions.pop('surmax')}", versions.pop("yosys")]
    return names + [f"{stage}: {tool}" for stage, tool in versions.items()]


def _fair_rate(one: Measurement) -> str:
    """No ratio of a netlist that is sized for a clock to one of the least area."""
    return "" if one["design"]["sized_for"] else _ratio(one["ratios"].get("rate"))


def _rates(fpga: dict[str, Any] | None) -> str:
    if fpga is None:
        return ""
    return show_rates(*(fpga[f"fmax_{name}"] for name in ("min", "median", "max")))


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _path(one: Measurement, kind: str) -> str:
    path = one["timing"]["paths"].get(kind)
    return number(path and path["ns"])


def _errors(measured: list[Measurement]) -> Section:
    """One row a design and length: the error depends on no target, and hardly on the lanes."""
    widest: dict[tuple[str, int], Measurement] = {}
    for one in measured:
        design = one["design"]
        kept = widest.setdefault((design["name"], design["length"]), one)
        if design["lanes"] > kept["design"]["lanes"]:
            widest[design["name"], design["length"]] = one
    chosen = [one for one in widest.values() if one["error"]]
    columns = {name: cell for name, cell in _DESIGN.items() if name != "lanes"} | _ERROR
    return _table(
        "Error against softmax on recorded scores", prose("report", "error"), columns, chosen
    )


def _conditions(report: dict[str, Any]) -> Section:
    measured = report["measurements"]
    versions = {tool for one in measured for tool in _tools(one)}
    wires = {
        f"{t['wire']['pitches_per_sink']:g} cell pitches of {t['wire']['ff_per_um']:g} fF/um a sink"
        for t in (one["timing"] for one in measured)
        if t
    }
    text = prose(
        "report",
        "conditions",
        command=report["command"],
        tools=", ".join(sorted(versions)),
        wires=", ".join(sorted(wires)) or "none where nothing is timed",
    )
    return Section("Conditions", text)


def _scaled_prose(section: str, factor: tuple[float, float, float]) -> tuple[str, ...]:
    """Return the prose of a section whose scaled column is a figure times `factor`."""
    low, used, high = factor
    return prose("report", section, low=low, used=used, high=high)
