# SPDX-License-Identifier: Apache-2.0
"""The law of the integer softmax, a baseline: output codes of int8 scores in integer arithmetic."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from surmax.common.errors import InputError, check_kind, check_range
from surmax.common.plain import PlainFields
from surmax.golden.checks import row_mask
from surmax.golden.reference import IntArray, check_scale
from surmax.golden.rows import constants_by_head, int8_rows
from surmax.golden.softmax.config import SoftmaxConfig


@dataclass(frozen=True)
class SoftmaxConstants(PlainFields):
    """The integer of one head. The weight of a score d below the maximum is 2**-(d*rate*u).

    u = 2**-rate_bits is the unit of the rate.

    Attributes:
        rate: scale*log2(e) in units of u, 1 to 2**(rate_bits - 1) - 1.

    Raises:
        InputError: it is out of the range of every configuration.
    """

    rate: int

    def __post_init__(self) -> None:
        """Check the range that covers all configurations."""
        super().__post_init__()
        check_range("rate", self.rate, 1, (1 << 19) - 1)

    @classmethod
    def of_scale(cls, scale: float, config: SoftmaxConfig) -> "SoftmaxConstants":
        """Return the constants whose scale is nearest to `scale`, in real score units a code.

        Raises InputError when the scale is outside of the configuration's range.
        """
        scale = check_scale(scale)
        check_kind("config", config, SoftmaxConfig)
        rate = round(math.ldexp(scale * math.log2(math.e), config.rate_bits))
        unit = math.ldexp(math.log(2), -config.rate_bits)
        if not 1 <= rate <= config.max_rate:
            raise InputError(
                f"scale must be {unit:.2g} to {config.max_rate * unit:.4g}, not {scale:g} with "
                f"rate_bits {config.rate_bits}"
            )
        return cls(rate)

    def scale(self, config: SoftmaxConfig) -> float:
        """Return the scale that the rate stands for, in real score units a code."""
        return math.ldexp(self.rate * math.log(2), -config.rate_bits)

    def check(self, config: SoftmaxConfig) -> None:
        """Raise InputError unless the rate is in the configuration's range."""
        check_kind("config", config, SoftmaxConfig)
        check_range("rate", self.rate, 1, config.max_rate)


def softmax(
    scores: npt.ArrayLike,
    constants: SoftmaxConstants | Sequence[SoftmaxConstants],
    config: SoftmaxConfig | None = None,
    mask: npt.ArrayLike | None = None,
) -> npt.NDArray[np.uint8] | npt.NDArray[np.int16]:
    """Return the output codes of int8 scores, each row along the last axis.

    The steps, with d the distance of a score from the row maximum:

    1. t = d*rate, rounded to fraction_bits.
    2. value = 2**-t, cut to value_bits for the output and to sum_bits for the row sum Z.
    3. rho is the reciprocal of the leading bits of Z.
    4. code = value*rho, shifted and rounded.

    Every code is within config.max_error(n) codes of full scale times
    softmax(constants.scale(config) * scores).

    Args:
        scores: integers from -128 to 127, shape (..., n), n from 1.
        constants: those of one head for all rows, or a sequence with those of each head; scores
            then have shape (..., heads, rows, n).
        config: the datapath; None is SoftmaxConfig(), uint8.
        mask: broadcastable to `scores`, True where a position is masked. A masked position gives
            0 and takes no part in maximum and sum; a row that is masked everywhere gives zeros.

    Returns:
        Codes of the shape of `scores`: uint8 (p = code / 255) or int16 (p = code / 32767).

    Raises:
        InputError: scores are not int8 codes, constants are outside of the configuration's range,
            or the mask does not broadcast.
    """
    config = SoftmaxConfig() if config is None else check_kind("config", config, SoftmaxConfig)
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
    """Return 2**-(distance*rate/2**rate_bits) with value_bits and with sum_bits fraction bits.

    Args:
        distance: 0 to 255, any shape.
        rate: broadcasts to `distance`.
        config: the datapath.
    """
    cut = config.rate_bits - config.fraction_bits
    t = (distance * rate + (1 << (cut - 1))) >> cut
    mantissa = config.mantissas(t & ((1 << config.fraction_bits) - 1))
    # The shift can be 128, and shifts of int64 by 64 or more are undefined.
    shift = np.minimum(t >> config.fraction_bits, 63)
    return mantissa >> shift, mantissa << (config.sum_bits - config.value_bits) >> shift


def sum_reciprocal(total: IntArray, config: SoftmaxConfig) -> tuple[IntArray, IntArray]:
    """Return exponent and reciprocal of row sums `total`, any shape.

    With k the position of the leading one, the exponent is k - (sum_bits - 1), at least 0. The
    reciprocal is dividend // (the first reciprocal_bits bits of the sum). A sum of 0, that of a row
    that is masked everywhere, is treated as the smallest sum that any other row can have.
    """
    total = np.maximum(total, 1 << (config.sum_bits - 1))
    k = np.frexp(total.astype(np.float64))[1].astype(np.int64) - 1
    leading = total >> (k - (config.reciprocal_bits - 1))
    return k - (config.sum_bits - 1), config.dividend // leading


def kept_product(value: IntArray, rho: IntArray, config: SoftmaxConfig) -> IntArray:
    """Return value*rho as the unit multiplies: two bits of `value` at a time, low columns dropped.

    The lowest dropped_columns columns of each partial product are left out.
    """
    total = np.zeros(np.broadcast_shapes(value.shape, rho.shape), dtype=np.int64)
    for low in range(0, config.value_bits, 2):
        row = (value >> low & 3) * rho
        cut = max(config.dropped_columns - low, 0)
        total += row >> cut << cut << low
    return total


def _rates(
    constants: SoftmaxConstants | Sequence[SoftmaxConstants], config: SoftmaxConfig, x: IntArray
) -> IntArray:
    """Check constants; return the rates as an array that broadcasts over the scores."""
    heads, shape = constants_by_head(constants, SoftmaxConstants, x.shape)
    for head in heads:
        head.check(config)
    return np.array([head.rate for head in heads], dtype=np.int64).reshape(shape)
