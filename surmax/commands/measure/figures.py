# SPDX-License-Identifier: Apache-2.0
"""`surmax figures`: each unit's function against softmax, and what HCCS loses by row length."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np

from surmax.calibrate.hccs.fit_rows import fit_rows
from surmax.calibrate.hccs.modes import COMPARISONS, Row, compare_modes, fit_lengths
from surmax.common.writing import write_whole
from surmax.console import out, say
from surmax.golden import (
    CONSMAX_PRESETS,
    HccsConfig,
    consmax,
    exact_consmax,
    exact_hccs,
    exact_softmax,
    solve_tables,
)
from surmax.golden.consmax.law import all_scores
from surmax.golden.hccs.samples import FIT_ROWS, sample_rows
from surmax.options import output_folder
from surmax.pages.drawing import draw_svg, need_matplotlib
from surmax.pages.flow_picture import SIZE, draw_flow

LENGTHS = (16, 32, 64, 128, 256, 512, 1024)
ROW_LENGTH = 64
FILES = ("flow.svg", "consmax.svg", "hccs.svg", "hccs-row-sum.svg", "hccs-error.svg")

# Light to dark for an ordered quantity; the reference is always grey.
_ORDERED = ("#8fc1ea", "#3c86c8", "#0b3c6e")
# The scale whose rounding is shown.
_ROUNDED_SCALE = 0.04
_REFERENCE, _MAIN, _BAND = "#8a8a8a", "#1f66a8", "#c9dff2"
# One hue a reciprocal, dashed where it rounds down, as published.
_MODES = {
    "clb": ("leading", "#8f3b00", "--"),
    "clb1": ("leading", "#c2570c", "--"),
    "clb2": ("leading", "#e08a3c", "--"),
    "div16": ("fraction", "#2d8a5f", "--"),
    "div": ("rounding", "#1f66a8", "--"),
    "div, nearest": ("rounding", "#1f66a8", "-"),
    "div16, 15 bits, nearest": ("fraction", "#2d8a5f", "-"),
}


@click.command(epilog="Example: surmax figures -o docs/figures")
@output_folder("folder for the SVG files", Path("docs/figures"), FILES)
def figures(folder: Path) -> None:
    """Draw the flow, the units against softmax, and HCCS errors.

    Each drawing is an SVG file; drawing it again gives the same bytes.
    """
    need_matplotlib()
    folder.mkdir(parents=True, exist_ok=True)
    losses = _measure_modes()
    say("modes measured")
    drawings: dict[str, tuple[tuple[float, float], Callable[[Any], None]]] = {
        FILES[0]: (SIZE, draw_flow),
        FILES[1]: ((8, 3.2), _draw_consmax),
        FILES[2]: ((8, 3), _draw_hccs),
        FILES[3]: ((8, 4.6), lambda figure: _draw_row_sums(figure, losses)),
        FILES[4]: ((8, 4), lambda figure: _draw_errors(figure, losses)),
    }
    for name, (size, draw) in drawings.items():
        path = folder / name
        write_whole(path, draw_svg(size, draw, "surmax figures"))
        out.print(str(path))


def _measure_modes() -> list[Row]:
    modes = {name: COMPARISONS[table][name] for name, (table, _, _) in _MODES.items()}
    return compare_modes(modes, fit_lengths(LENGTHS), kinds=("natural",))


def _draw_consmax(figure: Any) -> None:
    scores = all_scores(8)
    values, distances = figure.subplots(1, 2, width_ratios=(3, 2))
    for scale, colour, height in zip((0.02, 0.04, 0.1), _ORDERED, (0.9, 0.82, 0.74), strict=True):
        # beta so that the largest score gives probability 1.
        head = {"scale": scale, "beta": 127 * scale, "gamma": 1.0}
        exact = exact_consmax(scores, **head)
        codes = consmax(scores, solve_tables(CONSMAX_PRESETS["small"], **head))
        values.step(scores, codes / 256, color=colour, where="mid")
        values.plot(scores, exact, color=_REFERENCE, linewidth=0.7)
        values.text(0.04, height, f"scale {scale:g}", color=colour, transform=values.transAxes)
        if scale == _ROUNDED_SCALE:
            error = codes - np.minimum(256 * exact, 255)
            distances.plot(scores, error, ".", color=colour, markersize=3)
    values.set(xlabel="score q, codes", ylabel="output, full scale = 1")
    values.set_title("ConSmax, solved tables (steps), and exp(scale*q - beta) (grey)")
    for bound in (-0.5, 0.5):
        distances.axhline(bound, color=_REFERENCE, linewidth=0.8)
    distances.set(xlabel="score q, codes", ylabel="output - exact, codes", ylim=(-0.75, 0.75))
    distances.set_title(f"Error, scale {_ROUNDED_SCALE:g}: at most half a code")


def _draw_hccs(figure: Any) -> None:
    rows = sample_rows("natural", ROW_LENGTH)
    panels = figure.subplots(1, 3)
    for axes, scale in zip(panels, (0.04, 0.08, 0.16), strict=True):
        fit = fit_rows(rows[:FIT_ROWS], HccsConfig(), scale=scale)
        constants = fit.constants
        wanted = exact_softmax(rows, scale=scale)
        # The row in the middle by its largest probability.
        row = np.argsort(wanted.max(axis=-1), kind="stable")[len(rows) // 2]
        distance = int(rows[row].max()) - rows[row].astype(np.int64)
        order = np.argsort(distance, kind="stable")
        got = exact_hccs(rows[row], constants)
        axes.plot(distance[order], wanted[row][order], color=_REFERENCE, marker=".", ms=4)
        axes.plot(distance[order], got[order], color=_MAIN, marker=".", ms=4)
        axes.set_title(
            f"scale {scale:g}: B {constants.B}, S {constants.S}, Dmax {constants.Dmax}\n"
            f"mean KL {fit.kl:.2f} nats"
        )
        axes.set_ylim(0, None)
    figure.supxlabel("distance from the row maximum, codes", fontsize=9)
    panels[0].set_ylabel("probability")
    for text, colour, height in (("softmax", _REFERENCE, 0.9), ("HCCS, s/Z", _MAIN, 0.8)):
        panels[0].text(0.95, height, text, color=colour, ha="right", transform=panels[0].transAxes)


def _draw_row_sums(figure: Any, rows: list[Row]) -> None:
    wanted = ("div", "div, nearest", "div16", "clb", "clb2", "div16, 15 bits, nearest")
    panels = figure.subplots(2, 3, sharex=True, sharey=True)
    for number, (axes, mode) in enumerate(zip(panels.flat, wanted, strict=True)):
        low, mean, high = (_line(rows, mode, f"row_sum_{key}") for key in ("min", "mean", "max"))
        axes.axhline(1, color=_REFERENCE, linewidth=0.8)
        axes.fill_between(LENGTHS, low, high, color=_BAND, linewidth=0)
        axes.plot(LENGTHS, mean, color=_MAIN, marker=".")
        axes.set_title(mode)
        _lengths_axis(axes, label=number > 2)
        axes.set_ylim(0, 2.05)
    for axes in panels[:, 0]:
        axes.set_ylabel("row sum, full scale = 1")
    panels[0, 0].text(18, 0.35, "mean, and\nleast to largest", color=_MAIN)


def _draw_errors(figure: Any, rows: list[Row]) -> None:
    axes = figure.subplots()
    for mode, (_, colour, dashes) in _MODES.items():
        axes.plot(LENGTHS, _line(rows, mode, "max_error"), dashes, color=colour, marker=".")
    _label_starts(axes, {mode: _line(rows, mode, "max_error")[0] for mode in _MODES})
    axes.set_yscale("log")
    axes.set_title("Largest error against s/Z, natural rows (dashed: rounds down)")
    axes.set_ylabel("largest error, full scale = 1")
    _lengths_axis(axes, label=True)
    axes.set_xlim(4, 1200)


def _label_starts(axes: Any, starts: dict[str, float]) -> None:
    """Name each line at its left end, at least a line of text apart on a logarithmic axis."""
    least = 0.0
    for mode, value in sorted(starts.items(), key=lambda item: item[1]):
        place = max(value, least)
        least = place * 1.7
        axes.text(LENGTHS[0] * 0.9, place, mode, color=_MODES[mode][1], ha="right", va="center")


def _line(rows: list[Row], mode: str, key: str) -> list[float]:
    return [row[key] for n in LENGTHS for row in rows if row["mode"] == mode and row["n"] == n]


def _lengths_axis(axes: Any, *, label: bool) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xticks(LENGTHS, map(str, LENGTHS))
    if label:
        axes.set_xlabel("row length n, positions")
