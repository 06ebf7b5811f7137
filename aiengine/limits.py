# SPDX-License-Identifier: Apache-2.0
"""Limits of the kernels on constants and configurations, beyond those of golden."""

import numpy as np
from surmax.aie.forms import Form, form_of
from surmax.golden import (
    ConsmaxConstantsFile,
    HccsConfig,
    HccsConstants,
    HccsConstantsFile,
    InputError,
)
from surmax.golden.hccs.law import reciprocal

MAX_LENGTH = 65535  # Row.valid has 16 bits
MAX_INT16 = 32767
# Most bits of rho: as one int16 operand of a multiplication, or in two parts.
_NARROW_BITS, _WIDE_BITS = 15, 22


def check_kernel(
    config: HccsConfig, constants: HccsConstants, length: int, *, masked: bool
) -> Form:
    """Return the form for rows of `length` positions with these constants.

    `masked` says that positions of a row may be masked.

    Raises InputError naming the bound:
    - there is no such form, or its row sums are narrower than sum_bits;
    - HccsConstants.check refuses the constants;
    - rho at the least row sum is wider than the operand of the kernel;
    - S*rho, a factor in forms without fraction bits, does not fit int16.
    """
    form = form_of(config)
    if not 1 <= length <= MAX_LENGTH:
        raise InputError(f"length must be 1 to {MAX_LENGTH}, not {length}")
    constants.check(config, length, masked=masked)
    least = least_sum(constants, length, masked=masked)
    rho = int(reciprocal(config, np.array(least)))
    bits = _NARROW_BITS if config.fraction_bits in (0, 15) and config.output == "u8" else _WIDE_BITS
    if not config.fraction_bits:
        if constants.S * rho > MAX_INT16:
            raise InputError(
                f"S*rho must be at most {MAX_INT16} in the kernel {form.name}, not "
                f"{constants.S * rho} at the least row sum {least} ({constants})"
            )
    elif rho.bit_length() > bits:
        raise InputError(
            f"rho must have at most {bits} bits in the kernel {form.name}, not "
            f"{rho.bit_length()} at the least row sum {least} ({constants})"
        )
    return form


def least_sum(constants: HccsConstants, length: int, *, masked: bool) -> int:
    """Return the least sum of a row with a visible position.

    The maximum contributes B, and every other visible position at least the floor.
    """
    return constants.B if masked else constants.B + (length - 1) * constants.floor


def check_file(given: HccsConstantsFile) -> Form:
    """Return the form for an HCCS file; raises InputError naming the head and the bound."""
    form = None
    for head in given.heads:
        try:
            form = check_kernel(given.config, head.constants, given.length, masked=given.masked)
        except InputError as error:
            raise InputError(f"layer {head.layer} head {head.head}: {error}") from None
    return form


def check_tables(given: ConsmaxConstantsFile) -> None:
    """Raise InputError when a ConSmax file is not for 8-bit scores."""
    if given.config.score_bits != 8:
        raise InputError(
            f"score_bits must be 8 in the kernel, whose table has an entry for every score, not "
            f"{given.config.score_bits}"
        )
