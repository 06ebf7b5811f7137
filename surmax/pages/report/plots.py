# SPDX-License-Identifier: Apache-2.0
"""The report's drawings, as SVG text."""

from collections.abc import Callable
from typing import Any

from surmax.pages.drawing import draw_svg, log_scales
from surmax.synth.report.matrix import DESIGNS, STORAGE, Measurement, energy_parts

_CREATOR = "surmax report"
# One hue a family: the units blue, the baselines brown; a part of a design is a shade of grey-blue.
_COLOURS = {
    "ConSmax": "#0b3c6e",
    "ConSmax fast": "#3c86c8",
    "HCCS clb": "#1b7a5a",
    "HCCS div": "#6cbf9f",
    "integer softmax": "#8f3b00",
    "Softermax": "#e08a3c",
}
_PARTS = {
    "logic": "#1f66a8",
    "datapath": "#1f66a8",
    "row storage": "#9cc3e6",
    "table and constant storage": "#e0b04a",
    "clock pins": "#8a8a8a",
}
_MARKERS = ("o", "s", "^", "D")


def drawings(report: dict[str, Any]) -> dict[str, str]:
    """Return SVG text by title, of what the report has figures for.

    Raises InputError when matplotlib is not installed.
    """
    found: dict[str, str] = {}
    measured = report["measurements"]
    for target in dict.fromkeys(one["target"] for one in measured):
        here = _widest([one for one in measured if one["target"] == target])
        if here[0]["derived"]["ge"] is None:
            continue
        lanes = f"{target}, {here[0]['design']['lanes']} lanes"
        found[f"Area by part: {lanes}"] = _bars(here, _area, "GE a lane")
        timed = [one for one in here if one["derived"]["gscores_per_mm2"]]
        if timed:
            found[f"Speed: {lanes}"] = _bars(timed, _speed, "Gscores/s per mm2")
        powered = [one for one in here if one["derived"]["pj"]]
        if powered:
            found[f"Energy a score by part: {lanes}"] = _bars(powered, _energy, "pJ a score")
        if any(one["error"] for one in here):
            found[f"Error beside cost: {lanes}"] = _pareto(here)
    return found


def _widest(measured: list[Measurement]) -> list[Measurement]:
    lanes = max(one["design"]["lanes"] for one in measured)
    return [one for one in measured if one["design"]["lanes"] == lanes]


def _area(one: Measurement) -> dict[str, float]:
    parts = {title: part["ge"] for title, part in one["area"]["parts"].items()}
    return _grouped({"logic": one["area"]["logic"]["ge"], **parts}, 1 / one["design"]["lanes"])


def _energy(one: Measurement) -> dict[str, float]:
    return _grouped(energy_parts(one), 1.0)


def _speed(one: Measurement) -> dict[str, float]:
    return {"logic": one["derived"]["gscores_per_mm2"]}


def _grouped(parts: dict[str, float], factor: float) -> dict[str, float]:
    """Put both kinds of storage that are not of rows into one part."""
    found: dict[str, float] = {}
    for title, value in parts.items():
        name = "table and constant storage" if title in STORAGE[1:] else title
        found[name] = found.get(name, 0.0) + factor * value
    return found


def _lengths(measured: list[Measurement]) -> list[int]:
    return sorted({one["design"]["length"] for one in measured})


def _bars(
    measured: list[Measurement], parts: Callable[[Measurement], dict[str, float]], unit: str
) -> str:
    """Stacked bars: a panel a row length, a bar a design, a colour a part."""
    lengths = _lengths(measured)

    def draw(figure: Any) -> None:
        panels = figure.subplots(1, len(lengths), squeeze=False, sharex=True)[0]
        names = [name for name in DESIGNS if any(m["design"]["name"] == name for m in measured)]
        labelled = set()
        for axes, length in zip(panels, lengths, strict=True):
            for one in measured:
                if one["design"]["length"] != length:
                    continue
                left, at = 0.0, names.index(one["design"]["name"])
                for part, value in parts(one).items():
                    label = None if part in labelled else part
                    labelled.add(part)
                    colour = _PARTS.get(part, "#555555")
                    axes.barh(at, value, left=left, color=colour, label=label, height=0.7)
                    left += value
                axes.text(left, at, f" {left:.3g}", va="center", fontsize=8)
            axes.set(xlabel=unit, yticks=range(len(names)), yticklabels=names)
            axes.set_title(f"rows of {length}")
            axes.invert_yaxis()
            axes.margins(x=0.15)
        if len(labelled) > 1:
            figure.legend(loc="outside lower center", ncols=len(labelled), frameon=False)

    return draw_svg((9, 1.2 + 0.35 * len({m["design"]["name"] for m in measured})), draw, _CREATOR)


def _pareto(measured: list[Measurement]) -> str:
    """Mean KL divergence from softmax against area, and against energy where there is one."""
    costs = [("GE a lane", lambda m: m["derived"]["ge"] / m["design"]["lanes"])]
    if any(one["derived"]["pj"] for one in measured):
        costs.append(("pJ a score", lambda m: m["derived"]["pj"]))
    kinds = (("mean_error", "mean error, full scale = 1"), ("kl_mean", "KL from softmax, nats"))

    def draw(figure: Any) -> None:
        panels = figure.subplots(len(kinds), len(costs), squeeze=False, sharex="col", sharey="row")
        for row, (kind, error) in zip(panels, kinds, strict=True):
            for axes, (_, cost) in zip(row, costs, strict=True):
                for one in measured:
                    if one["error"] and cost(one):
                        _point(axes, one, cost(one), one["error"]["all"][kind], measured)
                log_scales(axes)
            row[0].set_ylabel(error)
        for axes, (unit, _) in zip(panels[-1], costs, strict=True):
            axes.set_xlabel(unit)
        handles = dict(zip(*panels[0][0].get_legend_handles_labels()[::-1], strict=True))
        figure.legend(handles.values(), handles, loc="outside lower center", ncols=4, frameon=False)

    return draw_svg((9, 6), draw, _CREATOR)


def _point(axes: Any, one: Measurement, x: float, y: float, measured: list[Measurement]) -> None:
    name, length = one["design"]["name"], one["design"]["length"]
    marker = _MARKERS[_lengths(measured).index(length) % len(_MARKERS)]
    label = f"{name}, {length}"
    axes.plot(x, y, marker, color=_COLOURS.get(name, "#555555"), markersize=6, label=label)
