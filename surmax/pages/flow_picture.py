# SPDX-License-Identifier: Apache-2.0
"""The picture of the flow that opens the README: what is made of what, and by which command."""

from dataclasses import dataclass
from typing import Any

SIZE = (8.6, 3.9)  # inches
_INPUT, _LAW, _BODY, _CHECK = "#eef2f6", "#f7d9b8", "#c9dff2", "#d8ecd9"


@dataclass(frozen=True)
class _Box:
    """A box: its centre and size in the drawing's units, a title, a line below it, a colour."""

    x: float
    y: float
    title: str
    line: str
    colour: str
    width: float = 1.5
    height: float = 0.62


_BOXES = {
    "model": _Box(0.8, 3.2, "model + text", "or recorded scores", _INPUT),
    "constants": _Box(0.8, 1.9, "head constants", "calibrate, learn, solve", _INPUT),
    "golden": _Box(2.9, 3.2, "golden", "integer NumPy: the law", _LAW),
    "rtl": _Box(2.9, 1.9, "rtl", "elaborate: Verilog", _BODY),
    "aie": _Box(2.9, 0.9, "AI Engine", "C++ kernels, header", _BODY),
    "train": _Box(5.0, 3.2, "train", "PyTorch normalisers", _BODY),
    "tb": _Box(5.0, 1.9, "sim", "Icarus, Verilator, proofs", _CHECK),
    "check": _Box(5.0, 0.9, "aie check", "every kernel, bit for bit", _CHECK),
    "accuracy": _Box(7.2, 3.2, "accuracy", "perplexity, sentiment", _CHECK),
    "synth": _Box(7.2, 1.9, "synth", "cells, time, energy, FPGA", _CHECK),
    "report": _Box(7.2, 0.9, "report, sweep", "all of it side by side", _CHECK),
}
_ARROWS = (
    ("model", "constants"),
    ("constants", "golden"),
    ("constants", "rtl"),
    ("constants", "aie"),
    ("golden", "train"),
    ("golden", "tb"),
    ("golden", "check"),
    ("rtl", "tb"),
    ("aie", "check"),
    ("train", "accuracy"),
    ("tb", "synth"),
    ("synth", "report"),
)


def draw_flow(figure: Any) -> None:
    """Draw the boxes and arrows of the flow on a matplotlib figure of SIZE inches."""
    axes = figure.subplots()
    axes.set(xlim=(-0.1, 8.1), ylim=(0.4, 3.75))
    axes.axis("off")
    for start, end in _ARROWS:
        _draw_arrow(axes, _BOXES[start], _BOXES[end])
    for box in _BOXES.values():
        _draw_box(axes, box)


def _draw_box(axes: Any, box: _Box) -> None:
    from matplotlib.patches import FancyBboxPatch

    corner = (box.x - box.width / 2, box.y - box.height / 2)
    style = "round,pad=0.02,rounding_size=0.08"
    edge = {"facecolor": box.colour, "edgecolor": "#555555", "linewidth": 0.8}
    axes.add_patch(FancyBboxPatch(corner, box.width, box.height, boxstyle=style, **edge))
    axes.text(box.x, box.y + 0.11, box.title, ha="center", va="center", weight="bold")
    axes.text(box.x, box.y - 0.14, box.line, ha="center", va="center", size=7.5)


def _draw_arrow(axes: Any, start: _Box, end: _Box) -> None:
    """Draw an arrow from the edge of one box to the edge of another."""
    down = end.x == start.x
    begin = (start.x, start.y - start.height / 2) if down else (start.x + start.width / 2, start.y)
    tip = (end.x, end.y + end.height / 2) if down else (end.x - end.width / 2, end.y)
    style = {"arrowstyle": "-|>", "color": "#777777", "linewidth": 0.9, "shrinkA": 1, "shrinkB": 1}
    axes.annotate("", xy=tip, xytext=begin, arrowprops=style)
