# SPDX-License-Identifier: Apache-2.0
"""Combinational logic that several components use."""

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Mux, Value


def equals(value: Value, number: int) -> Value:
    """Return value == number, as the AND of single bits.

    For the operator == Amaranth writes a constant of fewer bits than the value, which Verilator
    reports as a mismatch of widths.
    """
    bits = (bit if number >> k & 1 else ~bit for k, bit in enumerate(value))
    return Cat(*bits).all() if len(value) else Const(number == 0, 1)


def choose(values: Sequence[Value], index: Value) -> Value:
    """Return values[index] through a tree of multiplexers.

    Each level of the tree looks at one bit of the index, which takes half the gates of a chain of
    comparisons. An index out of range selects one of the values.
    """
    if len(values) == 1:
        return values[0]
    bit = (len(values) - 1).bit_length() - 1
    low, high = values[: 1 << bit], values[1 << bit :]
    return Mux(index[bit], choose(high, index), choose(low, index))


def following(pointer: Value, count: int) -> Value:
    """Return pointer + 1, and 0 for count - 1."""
    return Mux(equals(pointer, count - 1), 0, (pointer + 1)[: len(pointer)])


def leading_lines(value: Value) -> list[Value]:
    """Return one-hot bits: bit k is set where bit k of `value` is its leading one."""
    return [value[k] & ~value[k + 1 :].any() for k in range(len(value))]


def select(values: Sequence[Value], index: Value) -> Value:
    """Return values[index] by one-hot AND-OR, and 0 for an index out of range.

    This is the smallest form when all lanes select from the same values.
    """
    result: Value = Const(0, len(values[0]))
    for number, value in enumerate(values):
        result = result | (value & equals(index, number).replicate(len(value)))
    return result


def shift_by_fours(value: Value, amount: Value) -> Value:
    """Return value >> 4*amount by one-hot AND-OR, which is smaller than levels of multiplexers."""
    return select([value[4 * k :] for k in range(-(-len(value) // 4))], amount)
