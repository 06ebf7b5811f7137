# SPDX-License-Identifier: Apache-2.0
"""Real-valued reference functions, and their correctly rounded codes decided exactly."""

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from numbers import Real

import numpy as np
import numpy.typing as npt
from surmax.common.errors import InputError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# The relative error of exp(s*q - beta)/gamma in float64 is a few 1e-13 for |x| < 710. Values that
# are nearer than this to a rounding boundary are decided by decimal arithmetic.
_DOUBT = 1e-11


def check_head(scale: float, beta: float, gamma: float) -> tuple[float, float, float]:
    """Return (scale, beta, gamma) as floats.

    Raises InputError unless `scale` (real score units a code) is 1e-9 to 16, `beta` is -300 to 300
    and `gamma` is 1e-30 to 1e30.
    """
    bounds = (("scale", scale, 1e-9, 16.0), ("beta", beta, -300.0, 300.0))
    for name, value, low, high in (*bounds, ("gamma", gamma, 1e-30, 1e30)):
        if isinstance(value, bool) or not isinstance(value, Real):
            raise InputError(f"{name} must be a number, not {value!r}")
        number = float(value)
        if not (math.isfinite(number) and low <= number <= high):
            raise InputError(f"{name} must be {low:g} to {high:g}, not {number!r}")
    return float(scale), float(beta), float(gamma)


def exact_consmax(scores: npt.ArrayLike, *, scale: float, beta: float, gamma: float) -> FloatArray:
    """Return exp(scale*q - beta)/gamma in float64 for scores q of any shape.

    Source: arXiv 2402.10930, Eq. 2. Raises InputError as check_head does.
    """
    scale, beta, gamma = check_head(scale, beta, gamma)
    with np.errstate(over="ignore"):
        return np.exp(scale * np.asarray(scores, dtype=np.float64) - beta) / gamma


def exact_softmax(
    scores: npt.ArrayLike, *, scale: float, mask: npt.ArrayLike | None = None
) -> FloatArray:
    """Return softmax(scale*q) over the last axis in float64.

    `mask` broadcasts to the scores, True where a position is masked. A masked position gives 0; a
    row that is masked everywhere gives zeros.
    """
    x = scale * np.asarray(scores, dtype=np.float64)
    if mask is not None:
        x = np.where(np.asarray(mask, dtype=bool), -np.inf, x)
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

    Raises InputError as check_head does.
    """
    scale, beta, gamma = check_head(scale, beta, gamma)
    limit = (1 << bits) - 1
    x = scale * scores.astype(np.float64) - beta
    value = np.ldexp(np.exp(np.clip(x, -745.0, 600.0)) / gamma, bits)
    codes = np.minimum(np.floor(value + 0.5), limit).astype(np.int64)
    near = np.abs(value - np.floor(value) - 0.5) <= value * _DOUBT
    for index in zip(*np.nonzero(near & (value < limit + 1)), strict=True):
        codes[index] = min(_decide(int(scores[index]), bits, scale, beta, gamma), limit)
    return codes


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
