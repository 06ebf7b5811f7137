# SPDX-License-Identifier: Apache-2.0
"""The law of Softermax, a baseline: base-2 softmax with an integer running maximum."""

import numpy as np
import numpy.typing as npt
from surmax.common.errors import check_kind, check_range
from surmax.golden.checks import row_mask
from surmax.golden.reference import FloatArray, IntArray, exact_softmax
from surmax.golden.rows import int8_rows
from surmax.golden.softermax.config import FRACTIONS, SoftermaxConfig


def softermax(
    scores: npt.ArrayLike,
    config: SoftermaxConfig | None = None,
    mask: npt.ArrayLike | None = None,
    *,
    lanes: int = 16,
) -> npt.NDArray[np.uint8] | npt.NDArray[np.int16]:
    """Return the output codes of int8 scores q, each row along the last axis.

    The real function is 2**(q/4) / sum(2**(q/4)). A row comes in beats of `lanes` scores (Stevens
    et al., DAC 2021, arXiv 2103.09301).

    1. With each beat, the integer maximum M rises to that of the scores so far.
    2. The exponential of a score is 2**(q/4 - M), cut to value_bits.
    3. The sum so far is shifted right by the rise of M, and the sum of the beat is added. The bits
       that are shifted out depend on where beats end, so that codes for different `lanes` may
       differ, within max_error.
    4. After the row, the sum is normalised to m*2**e with 1 <= m < 2, and rho ~ 1/m follows from
       straight lines.
    5. The code is 2**(q/4 - M - e) * rho, rounded half up once. A score has two fraction bits, so
       that 2**(q/4) has four mantissas. A row needs their four products with rho; each code is one
       of these, shifted. It saturates at full scale, except for "uq1.7", which has codes above.

    Every code is within config.max_error(n, lanes) codes of full scale times the real function.

    Args:
        scores: integers from -128 to 127, shape (..., n), n from 1.
        config: the datapath; None is SoftermaxConfig(), the published formats.
        mask: broadcastable to `scores`, True where a position is masked. A masked position gives
            0 and takes no part in maximum and sum; a row that is masked everywhere gives zeros.
        lanes: scores of a beat, 1 to 65536; the last beat of a row may have fewer.

    Returns:
        Codes of the shape of `scores`: uint8 (p = code / 128 or code / 255) or int16 (p = code /
        32767).

    Raises:
        InputError: scores are not int8 codes, the mask does not broadcast, or `lanes` is out of
            range.
    """
    config = SoftermaxConfig() if config is None else check_kind("config", config, SoftermaxConfig)
    x = int8_rows(scores).astype(np.int64)
    drop = row_mask(False if mask is None else mask, x.shape)
    lanes = check_range("lanes", lanes, 1, 1 << 16)
    top, total = _running(x, drop, config, lanes)
    place = np.frexp(np.maximum(total, 1).astype(np.float64))[1].astype(np.int64) - 1
    unit = 1 << config.reciprocal_bits
    mantissa = np.maximum((total << config.reciprocal_bits >> place) - unit, 0)
    rho = config.reciprocals(mantissa)[..., np.newaxis]
    products = np.array(config.mantissas) * rho >> config.shift
    chosen = np.take_along_axis(products, x & (FRACTIONS - 1), axis=-1)
    shift = top[..., np.newaxis] - (x >> 2) + (place - config.sum_bits)[..., np.newaxis]
    codes = ((chosen >> np.clip(shift, 0, 62)) + 1) >> 1
    if config.output != "uq1.7":
        np.minimum(codes, config.max_code, out=codes)
    codes[drop] = 0
    return codes.astype(np.int16 if config.output == "i16" else np.uint8)


def _running(
    x: IntArray, drop: npt.NDArray[np.bool_], config: SoftermaxConfig, lanes: int
) -> tuple[IntArray, IntArray]:
    """Return the integer maximum of each row, and its sum of 2**(q/4 - maximum) in sum_bits."""
    rows, length = x.shape[:-1], x.shape[-1]
    spread = [(0, 0)] * len(rows) + [(0, -length % lanes)]
    shape = (*rows, -1, lanes)
    beats = np.pad(x, spread).reshape(shape)
    absent = np.pad(drop, spread, constant_values=True).reshape(shape)
    whole = beats >> 2
    integer = -(-beats >> 2) if config.maximum == "ceil" else whole
    best = np.where(absent, -128 >> 2, integer).max(axis=-1)
    best = np.maximum.accumulate(best, axis=-1)
    exponentials = np.array(config.values)[beats & (FRACTIONS - 1)]
    values = np.where(absent, 0, exponentials >> np.clip(best[..., np.newaxis] - whole, 0, 62))
    sums = values.sum(axis=-1) + config.rounding >> (config.value_bits - config.sum_bits)
    total = sums[..., 0]
    for beat in range(1, sums.shape[-1]):
        rise = np.minimum(best[..., beat] - best[..., beat - 1], 62)
        total = (total >> rise) + sums[..., beat]
    return best[..., -1], total


def exact_softermax(scores: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> FloatArray:
    """Return 2**(q/4) / sum(2**(q/4)) over the last axis in float64; masked positions give 0."""
    return exact_softmax(scores, scale=float(np.log(2)) / FRACTIONS, mask=mask)
