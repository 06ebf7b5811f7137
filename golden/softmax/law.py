# SPDX-License-Identifier: Apache-2.0
"""The law of the integer softmax, the baseline: from int8 scores to output codes by integers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from surmax.common.errors import InputError, check_range
from surmax.common.plain import PlainFields
from surmax.golden.reference import IntArray, check_head
from surmax.golden.rows import int8_rows, row_mask
from surmax.golden.softmax.config import SoftmaxConfig


@dataclass(frozen=True)
class SoftmaxConstants(PlainFields):
    """The integer of one head: a score code d below the maximum counts 2**-(d*rate/2**rate_bits).

    Attributes:
        rate: scale*log2(e) in units of 2**-rate_bits, 1 to 2**(rate_bits - 1) - 1.

    Raises:
        InputError: it is out of the range of every configuration.
    """

    rate: int

    def __post_init__(self) -> None:
        """Refuse what no configuration has."""
        super().__post_init__()
        object.__setattr__(self, "rate", check_range("rate", self.rate, 1, (1 << 19) - 1))

    @classmethod
    def of_scale(cls, scale: float, config: SoftmaxConfig) -> "SoftmaxConstants":
        """Return the constants nearest to `scale`, real score units a code.

        Raises InputError naming the bounds when the configuration has none so large or small.
        """
        scale, _, _ = check_head(scale, 0.0, 1.0)
        rate = round(math.ldexp(scale * math.log2(math.e), config.rate_bits))
        unit = math.ldexp(math.log(2), -config.rate_bits)
        if not 1 <= rate <= config.max_rate:
            raise InputError(
                f"scale must be {unit:.2g} to {config.max_rate * unit:.4g}, not {scale!r} with "
                f"rate_bits {config.rate_bits}"
            )
        return cls(rate)

    def scale(self, config: SoftmaxConfig) -> float:
        """Return the scale that the rate stands for, real score units a code."""
        return math.ldexp(self.rate * math.log(2), -config.rate_bits)

    def check(self, config: SoftmaxConfig) -> None:
        """Raise InputError, naming the bound, if the configuration has no such rate."""
        check_range("rate", self.rate, 1, config.max_rate)


def softmax(
    scores: npt.ArrayLike,
    constants: SoftmaxConstants | Sequence[SoftmaxConstants],
    config: SoftmaxConfig | None = None,
    mask: npt.ArrayLike | None = None,
) -> npt.NDArray[np.uint8] | npt.NDArray[np.int16]:
    """Return the output codes of int8 scores; each row on the last axis by itself.

    With d the distance of a score from the row maximum: t = d*rate, rounded to fraction_bits;
    value = 2**-t, cut to value_bits for the output and to sum_bits for the sum Z; rho is the
    reciprocal of Z's leading bits; code = value*rho, shifted and rounded. Every code is within
    config.max_error(n) of full scale times softmax(constants.scale(config) * scores).

    Args:
        scores: integers -128..127, shape (..., n), n from 1.
        constants: of one head, or one for each head, heads being axis -3: (..., heads, rows, n).
        config: None is SoftmaxConfig(), uint8.
        mask: broadcastable to `scores`, True where a position is masked: it gives 0 and takes no
            part in maximum and sum. A row that is masked everywhere gives zeros.

    Returns:
        codes of the shape of `scores`, uint8 (p = code / 255) or int16 (p = code / 32767).

    Raises:
        InputError: scores that are no int8 codes, constants that the configuration does not have,
            a mask that fits no scores.
    """
    config = SoftmaxConfig() if config is None else config
    x = int8_rows(scores).astype(np.int64)
    drop = row_mask(False if mask is None else mask, x.shape)
    top = np.where(drop, -128, x).max(axis=-1, keepdims=True)
    values, terms = exponentials(np.where(drop, 0, top - x), _rates(constants, config, x), config)
    values[drop] = 0
    terms[drop] = 0
    exponent, rho = sum_reciprocal(terms.sum(axis=-1, keepdims=True), config)
    halves = (kept_product(values, rho, config) + config.offset) >> (config.shift - 1 + exponent)
    return ((halves + 1) >> 1).astype(np.uint8 if config.output == "u8" else np.int16)


def exponentials(
    distance: IntArray, rate: IntArray, config: SoftmaxConfig
) -> tuple[IntArray, IntArray]:
    """Return 2**-(distance*rate/2**rate_bits) with value_bits and with sum_bits behind the point.

    distance: 0 to 255, any shape; rate broadcasts.
    """
    cut = config.rate_bits - config.fraction_bits
    t = (distance * rate + (1 << (cut - 1))) >> cut
    mantissa = config.mantissas(t & ((1 << config.fraction_bits) - 1))
    shift = t >> config.fraction_bits  # 128 at most: int64 shifts are defined below 64
    shift = np.minimum(shift, 63)
    return mantissa >> shift, mantissa << (config.sum_bits - config.value_bits) >> shift


def sum_reciprocal(total: IntArray, config: SoftmaxConfig) -> tuple[IntArray, IntArray]:
    """Return exponent and reciprocal of row sums.

    With k the place of the sum's leading one, the exponent is k - (sum_bits - 1), at least 0; the
    reciprocal is dividend // (the sum's first reciprocal_bits bits). A sum of 0 counts as the
    least one.
    """
    total = np.maximum(total, 1 << (config.sum_bits - 1))
    k = np.frexp(total.astype(np.float64))[1].astype(np.int64) - 1
    leading = total >> (k - (config.reciprocal_bits - 1))
    return k - (config.sum_bits - 1), config.dividend // leading


def kept_product(value: IntArray, rho: IntArray, config: SoftmaxConfig) -> IntArray:
    """Return value*rho by digits of two bits of `value`, each product cut at dropped_columns."""
    total = np.zeros(np.broadcast_shapes(value.shape, rho.shape), dtype=np.int64)
    for low in range(0, config.value_bits, 2):
        row = (value >> low & 3) * rho
        cut = max(config.dropped_columns - low, 0)
        total += row >> cut << cut << low
    return total


def _rates(
    constants: SoftmaxConstants | Sequence[SoftmaxConstants], config: SoftmaxConfig, x: IntArray
) -> IntArray:
    """Return the rates as an array that broadcasts over rows, after checking them."""
    many = not isinstance(constants, SoftmaxConstants)
    heads = list(constants) if many else [constants]
    for one in heads:
        one.check(config)
    if many and (x.ndim < 3 or x.shape[-3] != len(heads)):
        raise InputError(
            f"constants of {len(heads)} heads for scores of shape {x.shape}: heads on axis -3 are "
            "needed"
        )
    shape = (len(heads), 1, 1) if many else (1,) * x.ndim
    return np.array([one.rate for one in heads], dtype=np.int64).reshape(shape)
