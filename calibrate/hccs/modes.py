# SPDX-License-Identifier: Apache-2.0
"""Errors of each HCCS mode against the real-valued function, on seeded rows."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
from surmax.calibrate.hccs.fit_rows import fit_rows
from surmax.calibrate.hccs.search import Found
from surmax.golden.hccs.config import HCCS_PRESETS, HccsConfig
from surmax.golden.hccs.law import HccsConstants, exact_hccs, hccs
from surmax.golden.hccs.samples import FIT_ROWS, KINDS, SCALE, Int8Array, sample_rows
from surmax.golden.reference import exact_softmax

Row = dict[str, Any]
# By row length.
Fits = dict[int, Found]

LENGTHS = (16, 64, 256, 1024)
LONG_LENGTHS = (256, 1024, 4096)
MASK_LENGTH, VALID, MASK_FLOORS = 64, 20, (4, 32, 128)

_DIV, _CLB, _DIV16, _CLB16 = (HCCS_PRESETS[name] for name in ("div", "clb", "div16", "clb16"))
_FINE16, _LONG = HCCS_PRESETS["fine16"], HCCS_PRESETS["long"]

# Modes that stand side by side: a form, then what improves on it.
COMPARISONS: dict[str, dict[str, HccsConfig]] = {
    "published": {"div": _DIV, "clb": _CLB, "div16": _DIV16, "clb16": _CLB16},
    "rounding": {
        "div": _DIV,
        "div, nearest": HCCS_PRESETS["nearest"],
        "clb": _CLB,
        "clb, nearest": replace(_CLB, rounding="nearest"),
    },
    "fraction": {
        "div16": _DIV16,
        "div16, 8 bits": replace(_DIV16, fraction_bits=8),
        "div16, 15 bits": replace(_DIV16, fraction_bits=15),
        "div16, 15 bits, nearest": _FINE16,
    },
    "leading": {
        "clb": _CLB,
        "clb1": replace(_CLB, reciprocal="clb1"),
        "clb2": replace(_CLB, reciprocal="clb2"),
        "clb1, nearest": replace(_CLB, reciprocal="clb1", rounding="nearest"),
        "clb2, nearest": HCCS_PRESETS["clb2"],
    },
    "leading16": {
        "clb16": _CLB16,
        "clb2, int16": replace(_CLB16, reciprocal="clb2"),
        "clb2, int16, 15 bits, nearest": replace(_FINE16, reciprocal="clb2"),
    },
}
LONG_MODES = {
    "div": _DIV,
    "u8, nearest, 22-bit sum": _LONG,
    "div16": _DIV16,
    "i16, nearest, 22-bit sum": replace(_LONG, output="i16"),
}
MASK_MODES = {"div": _DIV, "div16": _DIV16, "fine16": _FINE16}


def fit_lengths(lengths: tuple[int, ...] = LENGTHS) -> Fits:
    """Return constants for the natural rows of each length, legal for the published forms."""
    return {n: _fit(sample_rows("natural", n), _DIV) for n in lengths}


def _fit(scores: Int8Array, config: HccsConfig, least_floor: int | None = None) -> Found:
    return fit_rows(scores[:FIT_ROWS], config, scale=SCALE, least_floor=least_floor)


def measure(scores: Int8Array, constants: HccsConstants, config: HccsConfig) -> dict[str, float]:
    """Return the row sums over full scale and the largest error against s/Z, full scale 1.0."""
    outputs = hccs(scores, constants, config) / config.max_code
    sums = outputs.sum(axis=-1)
    return {
        "row_sum_min": float(sums.min()),
        "row_sum_mean": float(sums.mean()),
        "row_sum_max": float(sums.max()),
        "max_error": float(np.abs(outputs - exact_hccs(scores, constants)).max()),
    }


def compare_modes(
    modes: dict[str, HccsConfig], fits: Fits, kinds: tuple[str, ...] = tuple(KINDS)
) -> list[Row]:
    """Return one measurement for each kind of rows, length and mode."""
    return [
        {"kind": kind, "n": n, "mode": mode, "config": config.to_json()}
        | measure(sample_rows(kind, n), fit.constants, config)
        for kind in kinds
        for n, fit in fits.items()
        for mode, config in modes.items()
    ]


def compare_sums() -> list[Row]:
    """Return what a wider row sum gains: natural rows, constants fitted for each width.

    `total_variation` is the mean over rows of half the sum of |output - softmax|.
    """
    found = []
    for n in LONG_LENGTHS:
        scores = sample_rows("natural", n)
        wanted = exact_softmax(scores, scale=SCALE)
        fits = {config.sum_bits: _fit(scores, config) for config in (_DIV, _LONG)}
        for mode, config in LONG_MODES.items():
            fit = fits[config.sum_bits]
            constants = fit.constants
            apart = np.abs(hccs(scores, constants, config) / config.max_code - wanted) / 2
            row = {"n": n, "mode": mode, "config": config.to_json()} | asdict(constants)
            row |= {"kl": fit.kl} | measure(scores, constants, config)
            found.append(row | {"total_variation": float(apart.sum(axis=-1).mean())})
    return found


def compare_masks() -> list[Row]:
    """Return what padding keeps of a row, without a mask (scores of -128) and with one.

    `leak` is the share of the row sum on padding, `valid_mean` the mean sum of the valid positions
    over full scale.
    """
    scores = sample_rows("natural", MASK_LENGTH)
    mask = np.arange(MASK_LENGTH) >= VALID
    padded = np.where(mask, np.int8(-128), scores)
    found = []
    for floor in MASK_FLOORS:
        constants = _fit(scores, _DIV, floor).constants
        for mode, config in MASK_MODES.items():
            row: Row = {"mode": mode, "floor": constants.floor, "config": config.to_json()}
            row |= asdict(constants)
            for name, drop in (("padded", None), ("masked", mask)):
                codes = hccs(padded, constants, config, drop).astype(np.int64)
                leak = codes[:, VALID:].sum(axis=-1) / codes.sum(axis=-1)
                valid = codes[:, :VALID].sum(axis=-1) / config.max_code
                row[f"{name}_leak_mean"] = float(leak.mean())
                row[f"{name}_leak_max"] = float(leak.max())
                row[f"{name}_valid_mean"] = float(valid.mean())
            found.append(row)
    return found
