# SPDX-License-Identifier: Apache-2.0
"""Real-valued reference functions, and their correctly rounded codes decided exactly."""

from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from surmax.common.errors import InputError, check_range, check_real
from surmax.golden.checks import FloatArray, IntArray, check_scores, real_array, row_mask

# The relative error of exp(s*q - beta)/gamma in float64 is a few 1e-13 for |x| < 710. Values that
# are nearer than this to a rounding boundary are decided by decimal arithmetic.
_DOUBT = 1e-11
# Half the range of floats: the difference of two such numbers is finite.
_HALF_RANGE = np.finfo(np.float64).max / 2


# Real score units a code.
SMALLEST_SCALE, LARGEST_SCALE = 1e-9, 16.0


def check_scale(scale: object) -> float:
    """Return `scale`, real score units a code, as a float; raises InputError unless 1e-9 to 16."""
    return check_real("scale", scale, SMALLEST_SCALE, LARGEST_SCALE)


def check_head(scale: float, beta: float, gamma: float) -> tuple[float, float, float]:
    """Return (scale, beta, gamma) as floats.

    Raises InputError unless `scale` (real score units a code) is 1e-9 to 16, `beta` is -300 to 300
    and `gamma` is 1e-30 to 1e30.
    """
    return (
        check_scale(scale),
        check_real("beta", beta, -300.0, 300.0),
        check_real("gamma", gamma, 1e-30, 1e30),
    )


def exact_consmax(scores: npt.ArrayLike, *, scale: float, beta: float, gamma: float) -> FloatArray:
    """Return exp(scale*q - beta)/gamma in float64 for scores q of any shape.

    A value beyond the range of floats is infinite.

    Source: arXiv 2402.10930, Eq. 2. Raises InputError as check_head does, and for scores that are
    not finite numbers.
    """
    scale, beta, gamma = check_head(scale, beta, gamma)
    with np.errstate(over="ignore"):
        return np.exp(scale * real_array("scores", scores) - beta) / gamma


def exact_softmax(
    scores: npt.ArrayLike, *, scale: float, mask: npt.ArrayLike | None = None
) -> FloatArray:
    """Return softmax(scale*q) over the last axis in float64.

    `mask` broadcasts to the scores, True where a position is masked. A masked position gives 0; a
    row that is masked everywhere gives zeros.

    Raises InputError unless the scores are finite numbers, `scale` is 1e-9 to 16 and the mask
    broadcasts.
    """
    x = real_array("scores", scores)
    if x.ndim == 0 or x.shape[-1] == 0:
        raise InputError(f"scores must be rows of at least 1 position, not shape {x.shape}")
    with np.errstate(over="ignore"):
        x = check_scale(scale) * x
    if x.size and max(-x.min(), x.max()) > _HALF_RANGE:
        x = np.clip(x, -_HALF_RANGE, _HALF_RANGE)
    if mask is not None:
        x = np.where(row_mask(mask, x.shape), -np.inf, x)
    top = np.max(x, axis=-1, keepdims=True)
    e = np.exp(x - np.where(np.isfinite(top), top, 0.0))
    total = e.sum(axis=-1, keepdims=True)
    return np.divide(e, total, out=np.zeros_like(e), where=total > 0)


def correctly_rounded(
    scores: IntArray, bits: int, *, scale: float, beta: float, gamma: float
) -> IntArray:
    """Return round(2**bits * exp(scale*q - beta)/gamma) for scores q, saturated at 2**bits - 1.

    The floats scale, beta and gamma are taken as exact rationals. float64 decides wherever it is
    certainly right, decimal arithmetic with enough digits decides the rest. A tie is possible only
    where scale*q equals beta, because the value is transcendental elsewhere; it goes to the even
    code.

    Raises InputError as check_head does, and unless the scores are integers of at most 16 bits and
    `bits` is 1 to 32.
    """
    scale, beta, gamma = check_head(scale, beta, gamma)
    bits = check_range("bits", bits, 1, 32)
    scores = check_scores(scores, 16)
    limit = (1 << bits) - 1
    shape, scores = scores.shape, scores.ravel()
    x = scale * scores.astype(np.float64) - beta
    value = np.ldexp(np.exp(np.clip(x, -745.0, 600.0)) / gamma, bits)
    codes = np.minimum(np.floor(value + 0.5), limit).astype(np.int64)
    near = np.abs(value - np.floor(value) - 0.5) <= value * _DOUBT
    for index in np.flatnonzero(near & (value < limit + 1)):
        codes[index] = min(_decide(int(scores[index]), bits, scale, beta, gamma), limit)
    return codes.reshape(shape)


def _decide(score: int, bits: int, scale: float, beta: float, gamma: float) -> int:
    """Return 2**bits * exp(scale*score - beta)/gamma rounded exactly, half to even."""
    exponent = Fraction(scale) * score - Fraction(beta)
    if exponent == 0:
        return round((1 << bits) / Fraction(gamma))
    digits = 60
    while True:
        with localcontext() as context:
            context.prec = digits
            x = Decimal(exponent.numerator) / Decimal(exponent.denominator)
            value = x.exp() * (1 << bits) / Decimal(gamma)
            # The error of three correctly rounded operations and of x (|x| < 1000) is far below
            # this bound.
            error = value.scaleb(8 - digits)
            low = int((value - error + Decimal("0.5")).to_integral_value("ROUND_FLOOR"))
            high = int((value + error + Decimal("0.5")).to_integral_value("ROUND_FLOOR"))
        if low == high:
            return low
        digits *= 2
