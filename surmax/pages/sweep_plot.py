# SPDX-License-Identifier: Apache-2.0
"""The Pareto plot of a sweep, as SVG text."""

from collections.abc import Callable, Iterator
from typing import Any

from surmax.pages.drawing import draw_svg, log_scales
from surmax.synth.report.sweep import Measurement

_COLOURS = ("#0b3c6e", "#8f3b00", "#1b7a5a", "#7a3c8f", "#3c86c8", "#e08a3c", "#6cbf9f", "#8a8a8a")
_MARKERS = ("o", "s", "^", "D", "v", "P")
_ERROR = ("error", "mean error")


def sweep_plot(sweep: dict[str, Any]) -> str:
    """Return SVG text: a row of panels a target; designs on the front are filled.

    Colours are units and presets, markers are row lengths. A panel without figures is left out.
    Raises InputError when matplotlib is not installed.
    """
    measured = sweep["measurements"]
    targets = list(dict.fromkeys(one["target"] for one in measured))
    kinds = list(dict.fromkeys(map(_kind, measured)))
    lengths = sorted({one["design"]["length"] for one in measured})

    def draw(figure: Any) -> None:
        rows = figure.subplots(len(targets), 3, squeeze=False)
        for row, target in zip(rows, targets, strict=True):
            here = [one for one in measured if one["target"] == target]
            for axes, (x, y) in zip(row, _panels(here[0]), strict=True):
                axes.set(xlabel=x[1], ylabel=y[1])
                for one in here:
                    marker = _MARKERS[lengths.index(one["design"]["length"]) % len(_MARKERS)]
                    colour = _COLOURS[kinds.index(_kind(one)) % len(_COLOURS)]
                    _point(axes, one, x[0], y[0], marker, colour)
                log_scales(axes) if axes.lines else axes.set_axis_off()
            row[0].set_title(target)
        legend = dict(_legend(rows[0][0], kinds, lengths))
        figure.legend(legend.values(), legend, loc="outside lower center", ncols=4, frameon=False)

    return draw_svg((10, 0.8 + 2.8 * max(1, len(targets))), draw, "surmax sweep")


def _panels(one: Measurement) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """Return the panels for the target of `one`: objective and label of the x and the y axis."""
    area = ("area", "LUT" if one["derived"]["ge"] is None else "GE")
    rate = ("throughput", "Gscores/s" if one["derived"]["gscores"] else "scores a cycle")
    return [(area, _ERROR), (("energy", "pJ a score"), _ERROR), (area, rate)]


def _kind(one: Measurement) -> str:
    return f"{one['design']['unit']} {one['design']['preset']}"


def _point(axes: Any, one: Measurement, x: str, y: str, marker: str, colour: str) -> None:
    at = one["objectives"][x], one["objectives"][y]
    if None not in at:
        face = colour if one["front"] else "none"
        axes.plot(*at, marker, color=colour, markerfacecolor=face, markersize=6)


def _legend(axes: Any, kinds: list[str], lengths: list[int]) -> Iterator[tuple[str, Any]]:
    """Handles that no panel shows: a colour for each kind, a marker for each row length."""
    handle: Callable[..., Any] = axes.plot
    for kind, colour in zip(kinds, _COLOURS * len(kinds), strict=False):
        yield kind, handle([], [], "o", color=colour)[0]
    for length, marker in zip(lengths, _MARKERS * len(lengths), strict=False):
        yield f"rows of {length}", handle([], [], marker, color="#555555")[0]
