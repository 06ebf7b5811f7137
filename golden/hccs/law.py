# SPDX-License-Identifier: Apache-2.0
"""The HCCS law: output codes of int8 scores in integer arithmetic, and the constants of a head."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from surmax.common.errors import InputError, check_kind, check_range
from surmax.common.plain import PlainFields, check_flag
from surmax.golden.checks import row_mask
from surmax.golden.formats import check_length
from surmax.golden.hccs.config import HccsConfig
from surmax.golden.reference import FloatArray, IntArray
from surmax.golden.rows import constants_by_head, int8_rows


@dataclass(frozen=True)
class HccsConstants(PlainFields):
    """The integers of one head. The weight of score x is s = B - S*min(max - x, Dmax).

    Attributes:
        B: weight of the row maximum, 1 to 32767.
        S: slope, the weight lost for each score code below the maximum, 0 to 127.
        Dmax: distance from the maximum at which the line is clipped, in score codes, 0 to 127.

    Raises:
        InputError: one is out of range, or B - S*Dmax is negative.
    """

    B: int
    S: int
    Dmax: int

    def __post_init__(self) -> None:
        """Check the ranges, and that no weight is negative."""
        super().__post_init__()
        for name, low, high in (("B", 1, 32767), ("S", 0, 127), ("Dmax", 0, 127)):
            check_range(name, getattr(self, name), low, high)
        if self.floor < 0:
            raise InputError(f"B - S*Dmax must be at least 0, not {self.floor} ({self})")

    @property
    def floor(self) -> int:
        """Weight of a score that is Dmax or more below the maximum: B - S*Dmax."""
        return self.B - self.S * self.Dmax

    def check(self, config: HccsConfig, length: int, *, masked: bool = False) -> None:
        """Check that the row sum Z and the reciprocal rho fit their widths.

        - Z fits when length*B <= 2**sum_bits - 1.
        - rho fits when Z >= min_sum. Without masks every position has at least the floor, so that
          length*(B - S*Dmax) >= min_sum is enough (the published rule). With masks a single
          position may be left, which has the weight B: B >= min_sum is needed.

        Args:
            config: the datapath.
            length: positions of a row.
            masked: whether rows may be shorter or have masked positions. A hardware unit takes
                rows of any length up to its own and any mask, so it checks with True.

        Raises:
            InputError: one of the rules does not hold, or `length` is no positive integer.
        """
        check_kind("config", config, HccsConfig)
        length, masked = check_length(length), check_flag("masked", masked)
        if length * self.B > config.max_sum:
            raise InputError(
                f"length*B must be at most 2**sum_bits - 1 = {config.max_sum}, not "
                f"{length * self.B} ({self}, length {length})"
            )
        if masked and config.min_sum > self.B:
            raise InputError(
                f"B must be at least min_sum = {config.min_sum} where positions can be masked, not "
                f"{self.B} ({self})"
            )
        if not masked and length * self.floor < config.min_sum:
            raise InputError(
                f"length*(B - S*Dmax) must be at least min_sum = {config.min_sum}, not "
                f"{length * self.floor} ({self}, length {length})"
            )


def reciprocal(config: HccsConfig, sums: IntArray) -> IntArray:
    """Return the reciprocal rho of row sums Z >= 1, any shape (arXiv 2604.02292, Div and CLB).

    With k = floor(log2 Z) and full scale F:

    - "div": (F << fraction_bits) // Z;
    - "clb": (F << fraction_bits) >> k;
    - "clb1", "clb2": F divided by 1.m, then << fraction_bits and >> k. m is the first one or two
      bits of Z below its leading one.
    """
    if config.mantissa_bits is None:
        # The float64 quotient is exact enough to be cut: the dividend is below 2**39, so that its
        # rounding error is below 2**-14 / Z, and a quotient that is not an integer is at least
        # 1 / Z away from the next integer.
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
    """Return the output codes of int8 scores, each row along the last axis.

    With d = min(max - x, Dmax), the code is (B*rho - d*(S*rho) + half) >> fraction_bits, and the
    row sum is Z = n*B - S*sum(d). For legal constants this equals the five steps of the published
    kernel bit for bit (arXiv 2604.02292, section on the kernel), because none of them wraps or
    saturates before the last one.

    Args:
        scores: integers from -128 to 127, shape (..., n), n from 1.
        constants: those of one head for all rows, or a sequence with those of each head; scores
            then have shape (..., heads, rows, n).
        config: the datapath; None is HccsConfig(), the published uint8 form.
        mask: broadcastable to `scores`, True where a position is masked. A masked position gives
            0 and takes no part in maximum and sum; a row that is masked everywhere gives zeros.

    Returns:
        Codes of the shape of `scores`: uint8 (p = code / 255) or int16 (p = code / 32767).

    Raises:
        InputError: scores are not int8 codes, constants are illegal for rows of this length, or
            the mask does not broadcast.
    """
    config = HccsConfig() if config is None else check_kind("config", config, HccsConfig)
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
    # The difference of two int8 is 0 to 255 and therefore exact modulo 256, as in the kernel.
    d = np.subtract(top.view(np.uint8), x.view(np.uint8))
    np.minimum(d, Dmax.astype(np.uint8), out=d)
    if drop is not None:
        d[drop] = 0
    total = count * B - S * d.sum(axis=-1, keepdims=True, dtype=np.int32)
    rho = reciprocal(config, np.maximum(total, 1))
    wide = np.int32 if config.max_product < 1 << 31 else np.int64
    # A row that is masked everywhere has a rho without meaning, which may not fit `wide`: its
    # codes are set to 0 below.
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
    """Return s/Z in float64: HCCS with a real reciprocal and without rounding.

    Arguments and masked positions are as for hccs, with constants of one head.

    Raises InputError when scores are not int8 codes or the mask does not broadcast.
    """
    check_kind("constants", constants, HccsConstants)
    x = int8_rows(scores).astype(np.int64)
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
    """Check constants; return B, S and Dmax as arrays that broadcast over the scores."""
    heads, shape = constants_by_head(constants, HccsConstants, x.shape)
    for head in heads:
        head.check(config, x.shape[-1], masked=masked)
    fields = ([getattr(head, name) for head in heads] for name in ("B", "S", "Dmax"))
    return tuple(np.array(values, dtype=np.int64).reshape(shape) for values in fields)
