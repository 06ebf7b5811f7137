# SPDX-License-Identifier: Apache-2.0
"""What constants and configurations the kernels can work with, beyond golden's own law."""

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
# rho is kept in so many bits: an int16 operand of a multiplication, or two halves of one.
_NARROW_BITS, _WIDE_BITS = 15, 22


def check_kernel(
    config: HccsConfig, constants: HccsConstants, length: int, *, masked: bool
) -> Form:
    """Return the form for rows of `length` positions with these constants.

    `masked` says that positions may be left out of a row.

    Raises InputError, naming the bound, when golden's law or the kernel excludes them:
    - there is no such form, or its row sums are narrower than sum_bits;
    - HccsConstants.check;
    - rho at the least row sum is wider than the kernel's operand;
    - S*rho, which the forms without fraction bits multiply by, leaves int16.
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
                f"S*rho is {constants.S * rho} at the least row sum {least} ({constants}): at most "
                f"{MAX_INT16} is allowed in the kernel {form.name}"
            )
    elif rho.bit_length() > bits:
        raise InputError(
            f"rho has {rho.bit_length()} bits at the least row sum {least} ({constants}): at most "
            f"{bits} are allowed in the kernel {form.name}"
        )
    return form


def least_sum(constants: HccsConstants, length: int, *, masked: bool) -> int:
    """Return the least sum of a row that is not empty.

    The maximum counts B; every other position counts at least the floor.
    """
    return constants.B if masked else constants.B + (length - 1) * constants.floor


def check_file(given: HccsConstantsFile) -> Form:
    """Return the form of a file of HCCS; raises InputError naming the head and the bound."""
    form = None
    for one in given.heads:
        try:
            form = check_kernel(given.config, one.constants, given.length, masked=given.masked)
        except InputError as error:
            raise InputError(f"layer {one.layer} head {one.head}: {error}") from None
    return form


def check_tables(given: ConsmaxConstantsFile) -> None:
    """Raise InputError when a file of ConSmax is not for 8-bit scores."""
    if given.config.score_bits != 8:
        raise InputError(
            f"score_bits must be 8, not {given.config.score_bits} in the kernel, whose table has "
            "an entry for every score"
        )
