# SPDX-License-Identifier: Apache-2.0
"""Protocol of the golden layer: the configurations and the law of a unit, as functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Int8Array = npt.NDArray[np.int8]
BoolArray = npt.NDArray[np.bool_]


class HeadFormat(Protocol):
    """Format of a unit's heads in a head-constants file (see surmax.golden.head_file)."""

    fields: tuple[str, ...]

    def check(self, config: Any, heads: Any, about: dict[str, Any]) -> None:
        """Raise InputError unless `heads` are legal for `config` and the rows `about` describes."""

    def to_json(self, head: Any) -> dict[str, Any]:
        """Return the fields of a head."""

    def from_json(self, config: Any, fields: dict[str, Any]) -> Any:
        """Return the head of a file's fields; raises InputError for a bad value."""

    def about(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a file says beside configuration and heads; raises InputError."""

    def content(self, config: Any, heads: tuple[Any, ...], about: dict[str, Any]) -> Any:
        """Return what load_constants returns."""


def scores_unchanged(scores: Int8Array, scale: float) -> Int8Array:
    """Return the scores: for a unit that takes int8 codes of any scale."""
    return scores


def config_unchanged(config: Any, length: int) -> Any:
    """Return the configuration: for a unit whose configurations suit rows of any length."""
    return config


@dataclass(frozen=True)
class UnitLaw:
    """The law of one unit.

    Attributes:
        title: what tables and messages call the unit.
        config: class of its configurations.
        presets: named configurations.
        default_preset: the one that is taken where none is named.
        rows: whether a code depends on the whole row, so that the hardware goes over rows.
        codes: (config, content, scores, mask, lanes) -> output codes of int8 `scores` (rows,
            length) as the unit takes them; `mask` True is masked; `content` is what a head stores,
            None for a unit that stores nothing; `lanes` is scores a beat.
        full_scale: config -> the code that means a probability of 1.
        scores: (scores, scale) -> the codes that the unit takes for int8 scores of `scale` real
            units a code.
        fit: (config, length) -> the configuration with those fields changed that depend on the
            length of the longest row.
        heads: how its heads stand in a head-constants file; None for a unit without such a file.
    """

    title: str
    config: type
    presets: Mapping[str, Any]
    default_preset: str
    rows: bool
    codes: Callable[[Any, Any, Int8Array, BoolArray, int], npt.NDArray[Any]]
    full_scale: Callable[[Any], int]
    scores: Callable[[Int8Array, float], Int8Array] = scores_unchanged
    fit: Callable[[Any, int], Any] = config_unchanged
    heads: HeadFormat | None = None
