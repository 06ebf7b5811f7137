# SPDX-License-Identifier: Apache-2.0
"""HCCS a second and a third time, one position after another: what the golden model must equal."""

from fractions import Fraction
from math import floor

import numpy as np
from surmax.golden import HCCS_PRESETS, HccsConfig, HccsConstants, InputError

PUBLISHED = ("div", "clb", "div16", "clb16")
FULL = {"u8": 255, "i16": 32767}


def wrap(value, bits):
    """Two's complement of that many bits, as a register without saturation."""
    return (value + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)


def saturate(value, bits):
    return max(-(1 << bits - 1), min((1 << bits - 1) - 1, value))


def published_kernel(row, constants, *, output, divide, fault=None):
    """The five steps of the published kernel for one row, each in the type that it has there.

    `fault` plants one: the tests use it to show that their rows can tell.
    """
    B, S, Dmax = constants.B, constants.S, constants.Dmax
    # Maximum reduction over int8.
    m = max(row)
    # Subtraction of bytes, which wraps, then a clamp of bytes.
    d = [(m - x) % 256 for x in row]
    if fault == "subtract saturates as unsigned":
        d = [max(m % 256 - x % 256, 0) for x in row]
    if fault == "maximum of the first 16":
        d = [(max(row[:16]) - x) % 256 for x in row]
    clamp = {"no clamp": 255, "clamp one low": max(Dmax - 1, 0)}.get(fault, Dmax)
    d = [min(v, clamp) for v in d]
    # int8 multiply-accumulate into a 32-bit accumulator, moved to int16 with saturation.
    s = [saturate(wrap(B - S * v, 32), 16) for v in d]
    # 32-bit sum of the scratch row and one scalar reciprocal, kept in 16 bits.
    z = 0
    for v in s[: -1 if fault == "last position not summed" and len(s) > 1 else None]:
        z = wrap(z + v, 32)
    k = z.bit_length() - 1
    if output == "u8":
        rho = wrap((255 << 15) // z if divide else 255 << 15 - k, 16)
        shift = 14 if fault == "shift of 14" else 15
        return [max(0, min(255, wrap(v * rho, 32) >> shift)) for v in s]
    rho = wrap(32767 // z if divide else 32767 >> k, 16)
    return [saturate(wrap(v * rho, 32), 16) for v in s]


def exact_model(row, constants, config, mask=None):
    """The definition in rational numbers, for any mode and mask: no widths, no shifts."""
    mask = [False] * len(row) if mask is None else mask
    kept = [x for x, drop in zip(row, mask, strict=True) if not drop]
    if not kept:
        return [0] * len(row)
    s = [constants.B - constants.S * min(max(kept) - x, constants.Dmax) for x in row]
    z = sum(v for v, drop in zip(s, mask, strict=True) if not drop)
    full, scale = FULL[config.output], Fraction(2) ** config.fraction_bits
    if config.reciprocal == "div":
        rho = floor(full * scale / z)
    else:
        bits = {"clb": 0, "clb1": 1, "clb2": 2}[config.reciprocal]
        # Z = 2**k * (1.m...), of which `bits` bits of m count.
        k = max(k for k in range(64) if 2**k <= z)
        leading = Fraction(floor(Fraction(z, 2**k) * 2**bits), 2**bits)
        rho = floor(Fraction(floor(full / leading)) * scale / 2**k)
    half = Fraction(1, 2) if config.rounding == "nearest" else 0
    codes = [min(full, floor(v * rho / scale + half)) for v in s]
    return [0 if drop else code for code, drop in zip(codes, mask, strict=True)]


def adversarial_rows(length):
    """Rows that the usual mistakes get wrong, int8 (rows, length)."""
    position = np.arange(length)
    rows = [np.full(length, value) for value in (-128, -1, 0, 127)]
    rows += [np.where(position == place, 127, -128) for place in (0, length // 2, length - 1)]
    rows += [np.where(position == place, -128, 127) for place in (0, length - 1)]
    rows.append(np.where(position % 2, 127, -128))
    rows.append(127 - position * 255 // max(length - 1, 1))
    rows.append(np.maximum(127 - position, -128))
    rows.append(position % 256 - 128)
    return np.array(rows).astype(np.int8)


def bound_constants(config, length, *, masked):
    """Legal constants at every bound: largest and least B, steepest, flattest, floor least."""
    least_floor = 0 if masked else -(-config.min_sum // length)
    found = []
    least_b = config.min_sum if masked else least_floor
    for B in {config.max_b(length), least_b, (least_b + config.max_b(length)) // 2}:
        for S in (0, 1, 2, 7, 127):
            for Dmax in {0, 1, 127, min(127, max(B - least_floor, 0) // S) if S else 127}:
                try:
                    one = HccsConstants(B, S, Dmax)
                    one.check(config, length, masked=masked)
                except InputError:
                    continue
                found.append(one)
    return sorted(set(found), key=lambda one: (one.B, one.S, one.Dmax))


def every_mode():
    """All outputs, reciprocals, roundings and several widths, as (name, config)."""
    modes = dict(HCCS_PRESETS)
    for output, few in (("u8", 9), ("i16", 8)):
        for reciprocal in ("div", "clb", "clb1", "clb2"):
            for rounding in ("floor", "nearest"):
                for fraction_bits in (None, 0, few, 15, 24):
                    config = HccsConfig(output, reciprocal, rounding, fraction_bits)
                    name = f"{output}-{reciprocal}-{rounding}-{fraction_bits}"
                    modes[name] = config
    modes["narrow"] = HccsConfig(min_sum=1)
    modes["wide"] = HccsConfig(sum_bits=23, min_sum=1 << 14, rounding="nearest", fraction_bits=24)
    return list(modes.items())
