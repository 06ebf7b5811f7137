# SPDX-License-Identifier: Apache-2.0
"""How far integer outputs are from a real-valued reference."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from surmax.common.errors import InputError


@dataclass(frozen=True)
class ErrorMetrics:
    """Errors of output codes against probabilities, over all rows of an array.

    Attributes:
        max_ulp, mean_ulp: distance in output codes from the reference, clipped to the output range.
        max_error, mean_error: the same in units of full scale 1.0, not clipped.
        row_sum_min, row_sum_mean, row_sum_max: sums of the outputs' probabilities over a row.
        kl_mean: mean over rows of KL(reference || output), both normalised to sum 1, in nats; an
            output of 0 counts as half a code.
        top1_flips: rows in which a position with the largest output is not one with the largest
            reference, as a fraction.
        top1_agreement: mean over rows of the share that positions with the largest reference have
            among those with the largest output: a tie counts as one choice of the tied at random.
    """

    max_ulp: float
    mean_ulp: float
    max_error: float
    mean_error: float
    row_sum_min: float
    row_sum_mean: float
    row_sum_max: float
    kl_mean: float
    top1_flips: float
    top1_agreement: float

    def to_json(self) -> dict[str, Any]:
        """All figures as a JSON-ready dictionary."""
        return asdict(self)


def error_metrics(
    codes: npt.ArrayLike,
    reference: npt.ArrayLike,
    output_bits: int,
    *,
    full_scale: int | None = None,
    mask: npt.ArrayLike | None = None,
) -> ErrorMetrics:
    """Compare codes with probabilities of the same shape, rows on the last axis.

    A code stands for code / full_scale; None is 2**output_bits (uQ0.output_bits), whose largest
    code is one less. Masked (True) positions take no part but in row sums. The reference may exceed
    1 (ConSmax) and need not sum to 1. Raises InputError when the shapes differ or are empty.
    """
    code = np.asarray(codes, dtype=np.float64)
    exact = np.asarray(reference, dtype=np.float64)
    if code.shape != exact.shape or code.size == 0:
        raise InputError(f"codes of shape {code.shape}, reference {exact.shape}: equal ones needed")
    full = float(full_scale or 1 << output_bits)
    ulp = np.abs(code - np.minimum(exact * full, full_scale or full - 1))
    error = np.abs(code / full - exact)
    sums = (code / full).sum(axis=-1)
    counts = ~np.broadcast_to(False if mask is None else np.asarray(mask, bool), code.shape)
    kl = _kl(exact, np.where(counts, np.maximum(code, 0.5), 0.0))
    best = counts & (code == code.max(axis=-1, keepdims=True))
    wanted = exact == exact.max(axis=-1, keepdims=True)
    return ErrorMetrics(
        max_ulp=float(ulp.max()),
        mean_ulp=float(ulp[counts].mean()),
        max_error=float(error.max()),
        mean_error=float(error[counts].mean()),
        row_sum_min=float(sums.min()),
        row_sum_mean=float(sums.mean()),
        row_sum_max=float(sums.max()),
        kl_mean=float(kl.mean()),
        top1_flips=float(np.mean(~(best & wanted).any(axis=-1))),
        top1_agreement=float(
            ((best & wanted).sum(axis=-1) / np.maximum(best.sum(axis=-1), 1)).mean()
        ),
    )


def _kl(p: npt.NDArray[np.float64], q: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    p = p / np.maximum(p.sum(axis=-1, keepdims=True), np.finfo(np.float64).tiny)
    q = q / q.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log(p / q), 0.0)
    return terms.sum(axis=-1)
