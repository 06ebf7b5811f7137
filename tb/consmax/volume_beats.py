# SPDX-License-Identifier: Apache-2.0
"""Stimulus of the volume run of ConSmax: tables, beats that show every code, random beats."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from surmax.golden import ConsmaxConfig, ConsmaxTables, solve_tables
from surmax.rtl import ConsmaxBuild
from surmax.tb.consmax.contents import shown_words
from surmax.tb.volume.library import Beats

Rng = np.random.Generator


def random_tables(config: ConsmaxConfig, rng: Rng) -> ConsmaxTables:
    """Return tables of a random head for a unit of `config`; every other one holds random words.

    Rounded, not solved: the lane must equal golden for any words, and this takes no time. A unit
    for 16-bit scores gets heads of both modes.
    """
    if config.score_bits == 16 and rng.integers(2):
        config = config.narrow
    per_code = 1 if config.score_bits == 8 else 256
    head = {
        "scale": float(rng.uniform(0.01, 0.12)) / per_code,
        "beta": float(rng.uniform(-2, 8)),
        "gamma": float(rng.uniform(1, 200)),
    }
    if rng.integers(2):
        rounded = solve_tables(replace(config, table_rounding="nearest"), **head)
        return replace(rounded, config=config)
    return shown_words(config, int(rng.integers(config.tables)), rng)[rng.integers(2)]


def ramp_beats(build: ConsmaxBuild, first: int, count: int) -> Beats:
    """Return beats `first` and up of those that show every score code to every lane and head."""
    beat = np.arange(first, first + count, dtype=np.int64)
    size = build.config.score_bits // 8
    lane = np.arange(build.lanes // size, dtype=np.int64)
    # Neighbours differ, so that a swap of lanes shows.
    codes = beat[:, None] // build.heads + 37 * lane
    scores = codes.astype(np.uint8 if size == 1 else np.uint16).view(np.uint8)
    return Beats(
        scores=np.ascontiguousarray(scores.reshape(count, build.lanes)),
        mask=np.zeros((count, (build.lanes + 7) // 8), dtype=np.uint8),
        head=(beat % build.heads).astype(np.uint8),
        last=(beat % 7 == 6).astype(np.uint8),
    )


def random_beats(build: ConsmaxBuild, rng: Rng, count: int, without: int | None = None) -> Beats:
    """Return random beats: a quarter of the lanes masked, a quarter of the beats last of a row."""
    mask_bytes = (build.lanes + 7) // 8
    mask = _bytes(rng, count, mask_bytes) & _bytes(rng, count, mask_bytes)
    mask[:, -1] &= 0xFF >> (8 * mask_bytes - build.lanes)
    head = rng.integers(0, build.heads - (without is not None), count, dtype=np.uint8)
    if without is not None:
        head += head >= without
    return Beats(
        scores=_bytes(rng, count, build.lanes),
        mask=mask,
        head=head,
        last=(rng.integers(0, 256, count, dtype=np.uint8) < 64).astype(np.uint8),
    )


def _bytes(rng: Rng, rows: int, columns: int) -> npt.NDArray[np.uint8]:
    return rng.integers(0, 256, (rows, columns), dtype=np.uint8)
