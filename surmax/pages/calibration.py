# SPDX-License-Identifier: Apache-2.0
"""Drawings of `surmax calibrate`: scores, probabilities and attention maps of a head."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from surmax.calibrate.histograms import reference
from surmax.calibrate.plan import Plan, Result
from surmax.calibrate.scores import HeadScores
from surmax.common.writing import write_whole
from surmax.pages.drawing import draw_svg
from surmax.units.protocol import UnitCalibrationCommand

# Softmax is always grey.
_REFERENCE, _MAIN = "#8a8a8a", "#1f66a8"
_MAP_ROWS = 64


def draw_heads(
    folder: Path,
    unit: UnitCalibrationCommand,
    plan: Plan,
    heads: Mapping[tuple[int, int], HeadScores],
    results: Sequence[Result],
) -> Iterator[Path]:
    """Write a drawing for each head, layer-L-head-H.svg, and yield its path.

    Four panels: the codes of the positions that count; mean probability by distance from the row's
    maximum; and the attention of softmax and of the unit on the first rows, on one scale of grey.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for one in results:
        head = heads[one["layer"], one["head"]]
        path = folder / f"layer-{head.layer}-head-{head.head}.svg"
        text = draw_svg(
            (10, 2.8), lambda f, h=head, r=one: _draw(f, unit, plan, h, r), "surmax calibrate"
        )
        write_whole(path, text)
        yield path


def _draw(
    figure: Any, unit: UnitCalibrationCommand, plan: Plan, head: HeadScores, result: Result
) -> None:
    rows = head.rows[-1][: max(_MAP_ROWS, len(head.rows[-1]) // 8)]
    keep = np.ones(rows.codes.shape, dtype=bool) if rows.mask is None else ~rows.mask
    wanted, got = reference(rows, head.scale), unit.probabilities(plan, result, rows)
    codes, distances, left, right = figure.subplots(1, 4, width_ratios=(3, 3, 2, 2))
    codes.hist(rows.codes[keep], bins=np.arange(-128.5, 128, 4), color=_MAIN)
    codes.set(xlabel="score, codes", yticks=[])
    codes.set_title(f"Layer {head.layer}, head {head.head}: scale {head.scale:.4f}")
    top = np.where(keep, rows.codes, -128).max(axis=1, keepdims=True).astype(np.int64)
    distance = (top - rows.codes)[keep]
    count = np.bincount(distance, minlength=256)
    seen = np.flatnonzero(count)
    for values, colour in ((wanted, _REFERENCE), (got, _MAIN)):
        mean = np.bincount(distance, values[keep], 256)[seen] / count[seen]
        distances.plot(seen, np.maximum(mean, 1e-6), color=colour)
    distances.set(yscale="log", xlabel="distance from the maximum, codes")
    distances.minorticks_off()
    distances.set_title(f"Probability: softmax grey, KL {result['kl']:.3f}")
    most = max(float(wanted[:_MAP_ROWS].max()), 1e-9) ** 0.5
    for axes, values, title in ((left, wanted, "softmax"), (right, got, unit.title)):
        axes.imshow(
            np.sqrt(values[:_MAP_ROWS]),
            cmap="Greys",
            vmin=0,
            vmax=most,
            aspect="auto",
            interpolation="nearest",
        )
        axes.set(title=title, xticks=[], yticks=[], xlabel="position")
        axes.grid(visible=False)
