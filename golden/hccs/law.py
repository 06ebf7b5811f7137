# SPDX-License-Identifier: Apache-2.0
"""The HCCS law: from int8 scores to output codes by integers, and the constants of a head."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from surmax.common.errors import InputError, check_range
from surmax.common.plain import PlainFields
from surmax.golden.consmax.law import check_scores
from surmax.golden.hccs.config import HccsConfig
from surmax.golden.reference import FloatArray, IntArray
from surmax.golden.rows import int8_rows, row_mask


@dataclass(frozen=True)
class HccsConstants(PlainFields):
    """The integers of one head: a score counts B - S*min(max - x, Dmax).

    Attributes:
        B: what the row maximum counts, 1 to 32767.
        S: slope per score code, 0 to 127.
        Dmax: distance from the maximum at which the line is clipped, 0 to 127.

    Raises:
        InputError: one is out of range, or B - S*Dmax is negative.
    """

    B: int
    S: int
    Dmax: int

    def __post_init__(self) -> None:
        """Refuse constants that no row could use."""
        super().__post_init__()
        for name, low, high in (("B", 1, 32767), ("S", 0, 127), ("Dmax", 0, 127)):
            value = check_range(name, getattr(self, name), low, high)
            object.__setattr__(self, name, value)
        if self.floor < 0:
            raise InputError(f"B - S*Dmax must be at least 0, not {self.floor} ({self})")

    @property
    def floor(self) -> int:
        """What a score far below the maximum counts: B - S*Dmax."""
        return self.B - self.S * self.Dmax

    def check(self, config: HccsConfig, length: int, *, masked: bool = False) -> None:
        """Raise InputError, naming the bound, if rows of `length` positions could leave the widths.

        - length*B <= 2**sum_bits - 1: the row sum Z fits.
        - without masks length*(B - S*Dmax) >= min_sum (the published rule), and
        - with masks B >= min_sum: either way Z is at least min_sum, so that rho fits. With masks
          only one position may be left; the maximum itself always counts B, so Z >= B.

        A hardware unit takes rows of any length up to its own and with any mask: `masked`.
        """
        if length * self.B > config.max_sum:
            raise InputError(
                f"length*B is {length * self.B} ({self}, length {length}): at most "
                f"2**sum_bits - 1 = {config.max_sum} is allowed"
            )
        if masked and config.min_sum > self.B:
            raise InputError(
                f"B is {self.B} where positions can be masked ({self}): at least "
                f"min_sum = {config.min_sum} is needed"
            )
        if not masked and length * self.floor < config.min_sum:
            raise InputError(
                f"length*(B - S*Dmax) is {length * self.floor} ({self}, length {length}): at least "
                f"min_sum = {config.min_sum} is needed"
            )


def reciprocal(config: HccsConfig, sums: IntArray) -> IntArray:
    """Return rho of row sums Z >= 1, any shape (arXiv 2604.02292, the Div and CLB forms).

    With k = floor(log2 Z): "div" is (full << fraction_bits) // Z, "clb" is
    (full << fraction_bits) >> k; "clb1" and "clb2" divide full scale by 1.m, the m being the first
    one or two bits of Z behind its leading one.
    """
    if config.mantissa_bits is None:
        # Exact: dividend < 2**39, so that a quotient's float64 rounding error is below 2**-14 / Z,
        # and a quotient that is no integer is at least 1 / Z away from the next one.
        return (config.dividend / sums).astype(np.int64)
    k = np.frexp(sums.astype(np.float64))[1].astype(np.int64) - 1
    one = 1 << config.mantissa_bits
    mantissa = (sums << config.mantissa_bits) >> k
    return ((config.max_code * one) // mantissa << config.fraction_bits) >> k


def hccs(
    scores: npt.ArrayLike,
    constants: HccsConstants | Sequence[HccsConstants],
    config: HccsConfig | None = None,
    mask: npt.ArrayLike | None = None,
) -> npt.NDArray[np.uint8] | npt.NDArray[np.int16]:
    """Return the output codes of int8 scores; each row on the last axis by itself.

    Computed as B*rho - d*(S*rho), with Z = n*B - S*sum(d): bit for bit what the five steps of the
    published kernel give (arXiv 2604.02292, section on the kernel), because for legal constants
    nothing in them wraps or saturates before the last step.

    Args:
        scores: integers -128..127, shape (..., n), n from 1.
        constants: of one head, or one for each head, heads being axis -3: (..., heads, rows, n).
        config: None is HccsConfig(), the published uint8 form.
        mask: broadcastable to `scores`, True where a position is masked: it gives 0 and takes no
            part in maximum and sum. A row that is masked everywhere gives zeros.

    Returns:
        codes of the shape of `scores`, uint8 (p = code / 255) or int16 (p = code / 32767).

    Raises:
        InputError: scores that are no int8 codes, constants that are illegal for such rows, a mask
            that fits no scores.
    """
    config = HccsConfig() if config is None else config
    x = int8_rows(scores)
    B, S, Dmax = _spread(constants, config, x, masked=mask is not None)
    if mask is None:
        drop = None
        top = x.max(axis=-1, keepdims=True)
        count: npt.ArrayLike = x.shape[-1]
    else:
        drop = row_mask(mask, x.shape)
        top = np.where(drop, np.int8(-128), x).max(axis=-1, keepdims=True)
        count = x.shape[-1] - np.count_nonzero(drop, axis=-1, keepdims=True)
    # The difference of two int8 is exact modulo 256, as in the kernel.
    d = np.subtract(top.view(np.uint8), x.view(np.uint8))
    np.minimum(d, Dmax.astype(np.uint8), out=d)
    if drop is not None:
        d[drop] = 0
    total = count * B - S * d.sum(axis=-1, keepdims=True, dtype=np.int32)
    rho = reciprocal(config, np.maximum(total, 1))
    wide = np.int32 if config.max_product < 1 << 31 else np.int64
    # Where all is masked rho means nothing; cut so that it fits.
    p = d * (S * rho).astype(wide)
    np.subtract((B * rho + config.half).astype(wide), p, out=p)
    p >>= config.fraction_bits
    if config.saturates:
        np.minimum(p, config.max_code, out=p)
    if drop is not None:
        p[drop] = 0
    return p.astype(np.uint8 if config.output == "u8" else np.int16)


def exact_hccs(
    scores: npt.ArrayLike, constants: HccsConstants, mask: npt.ArrayLike | None = None
) -> FloatArray:
    """Return s/Z in float64: HCCS with a real reciprocal and no rounding. Masked positions give 0.

    Raises InputError when scores are no int8 codes or a mask fits no scores.
    """
    x = check_scores(scores, 8)
    drop = row_mask(False if mask is None else mask, x.shape)
    top = np.where(drop, -128, x).max(axis=-1, keepdims=True)
    s = constants.B - constants.S * np.minimum(top - x, constants.Dmax)
    s = np.where(drop, 0, s)
    total = s.sum(axis=-1, keepdims=True)
    return s / np.maximum(total, 1)


def _spread(
    constants: HccsConstants | Sequence[HccsConstants],
    config: HccsConfig,
    x: npt.NDArray[np.int8],
    *,
    masked: bool,
) -> tuple[IntArray, IntArray, IntArray]:
    """Return B, S and Dmax as arrays that broadcast over rows, after checking them."""
    many = not isinstance(constants, HccsConstants)
    heads = list(constants) if many else [constants]
    for one in heads:
        one.check(config, x.shape[-1], masked=masked)
    if many and (x.ndim < 3 or x.shape[-3] != len(heads)):
        raise InputError(
            f"constants of {len(heads)} heads for scores of shape {x.shape}: heads on axis -3 are "
            "needed"
        )
    shape = (len(heads), 1, 1) if many else (1,) * x.ndim
    fields = ([one.B for one in heads], [one.S for one in heads], [one.Dmax for one in heads])
    return tuple(np.array(values, dtype=np.int64).reshape(shape) for values in fields)
