# SPDX-License-Identifier: Apache-2.0
"""Small pieces of combinational logic that several components use."""

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Mux, Value


def equals(value: Value, number: int) -> Value:
    """Return value == number, bit by bit: Amaranth narrows constants, which linters mind."""
    bits = (bit if number >> k & 1 else ~bit for k, bit in enumerate(value))
    return Cat(*bits).all() if len(value) else Const(number == 0, 1)


def choose(values: Sequence[Value], index: Value) -> Value:
    """Return values[index]; for an index out of range one of them.

    Halves by one bit of the index at a time: half the gates of a chain of comparisons.
    """
    if len(values) == 1:
        return values[0]
    bit = (len(values) - 1).bit_length() - 1
    low, high = values[: 1 << bit], values[1 << bit :]
    return Mux(index[bit], choose(high, index), choose(low, index))


def following(pointer: Value, count: int) -> Value:
    """Return pointer + 1, or 0 after count - 1."""
    return Mux(equals(pointer, count - 1), 0, (pointer + 1)[: len(pointer)])


def leading_lines(value: Value) -> list[Value]:
    """Return a line for each bit: set where the bit is the leading one."""
    return [value[k] & ~value[k + 1 :].any() for k in range(len(value))]


def select(values: Sequence[Value], index: Value) -> Value:
    """Return values[index], or 0 for an index out of range.

    By a line for each value: the smallest form where lanes choose among what they all are given.
    """
    result: Value = Const(0, len(values[0]))
    for number, value in enumerate(values):
        result = result | (value & equals(index, number).replicate(len(value)))
    return result


def shift_by_fours(value: Value, amount: Value) -> Value:
    """Return value >> 4*amount; smaller than levels of multiplexers."""
    return select([value[4 * k :] for k in range(-(-len(value) // 4))], amount)
