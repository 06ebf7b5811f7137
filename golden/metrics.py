# SPDX-License-Identifier: Apache-2.0
"""Error metrics: integer output codes against a real-valued reference."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from surmax.common.errors import InputError, check_range
from surmax.golden.checks import real_array, row_mask

# Largest code and reference: leaves room for the sum of a row.
_MOST = 1e200


@dataclass(frozen=True)
class ErrorMetrics:
    """Errors of output codes against probabilities, over all rows of an array.

    Attributes:
        max_ulp, mean_ulp: distance in output codes from the reference, which is clipped to the
            range of the output.
        max_error, mean_error: distance with full scale as 1, from the reference without clipping.
        row_sum_min, row_sum_mean, row_sum_max: sum of a row's outputs, full scale as 1.
        kl_mean: mean over rows of KL(reference || output) in nats, both normalised to sum 1. An
            output of 0 is taken as half a code.
        top1_flips: fraction of rows in which no position with the largest output has the largest
            reference.
        top1_agreement: mean over rows of the probability that a random choice among the positions
            with the largest output has the largest reference.
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
        """Return all figures as a JSON-ready dictionary."""
        return asdict(self)


def error_metrics(
    codes: npt.ArrayLike,
    reference: npt.ArrayLike,
    output_bits: int,
    *,
    full_scale: int | None = None,
    mask: npt.ArrayLike | None = None,
) -> ErrorMetrics:
    """Compare output codes with a reference, rows along the last axis.

    Args:
        codes: output codes, shape (..., n).
        reference: real values of the same shape. They may exceed 1 and need not sum to 1
            (ConSmax).
        output_bits: bits of a code.
        full_scale: the code that stands for 1. None is 2**output_bits (uQ0.output_bits), which is
            one more than the largest code.
        mask: broadcastable to `codes`, True where a position is masked. A masked position counts
            in row sums only.

    Raises:
        InputError: the shapes differ, there is no code or none that is not masked, or an argument
            is not finite or out of range.
    """
    code, exact = real_array("codes", codes), real_array("reference", reference)
    if code.shape != exact.shape or code.size == 0 or code.ndim == 0:
        raise InputError(
            f"codes and reference must have the same shape, not {code.shape} and {exact.shape}"
        )
    output_bits = check_range("output_bits", output_bits, 1, 32)
    if full_scale is not None:
        full_scale = check_range("full_scale", full_scale, 1, 1 << 32)
    for name, values in (("codes", code), ("reference", exact)):
        if values.min() < 0 or values.max() > _MOST:
            raise InputError(
                f"{name} must be 0 to {_MOST:g}, not {values.min():g} to {values.max():g}"
            )
    full = float(full_scale or 1 << output_bits)
    ulp = np.abs(code - np.minimum(exact * full, full_scale or full - 1))
    error = np.abs(code / full - exact)
    sums = (code / full).sum(axis=-1)
    counts = ~row_mask(False if mask is None else mask, code.shape)
    if not counts.any():
        raise InputError("mask must leave at least one position")
    kl = _kl(exact, np.where(counts, np.maximum(code, 0.5), 0.0))
    best = counts & (code == code.max(axis=-1, keepdims=True))
    right = exact == exact.max(axis=-1, keepdims=True)
    return ErrorMetrics(
        max_ulp=float(ulp.max()),
        mean_ulp=float(ulp[counts].mean()),
        max_error=float(error.max()),
        mean_error=float(error[counts].mean()),
        row_sum_min=float(sums.min()),
        row_sum_mean=float(sums.mean()),
        row_sum_max=float(sums.max()),
        kl_mean=float(kl.mean()),
        top1_flips=float(np.mean(~(best & right).any(axis=-1))),
        top1_agreement=float(
            ((best & right).sum(axis=-1) / np.maximum(best.sum(axis=-1), 1)).mean()
        ),
    )


def _kl(p: npt.NDArray[np.float64], q: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    # A row that is masked everywhere has sums of 0, and no divergence.
    p = p / np.maximum(p.sum(axis=-1, keepdims=True), np.finfo(np.float64).tiny)
    q = q / np.maximum(q.sum(axis=-1, keepdims=True), np.finfo(np.float64).tiny)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log(p / q), 0.0)
    return terms.sum(axis=-1)
