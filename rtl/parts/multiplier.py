# SPDX-License-Identifier: Apache-2.0
"""Truncated products and sums: with operators, or as trees of full adders for least area.

A tree adds columns of bits of equal weight. Every full adder removes one bit from the sum, so the
number of partial products fixes the number of adders. Each adder takes the three bits of its column
that arrive first.

The tree works on complemented bits. A partial product is then a NAND, the cheapest gate. A full
adder of complements gives complements, so that no inverter is needed anywhere. The adders are
modules of their own: synthesis maps them by name to the adder cells of a library.
"""

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Mux, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl.parts.hierarchy import place


def truncated_product(upper: Value, lower: Value, drop: int) -> Value:
    """Return upper*lower without the partial products of the lowest `drop` columns.

    Written with operators: `*` when nothing is dropped, otherwise a sum of masked rows.
    """
    if not drop:
        return upper * lower
    return sum(masked_rows(upper, lower, drop), Const(0, 1))[: len(upper) + len(lower)]


def masked_rows(upper: Value, lower: Value, drop: int) -> list[Value]:
    """Return the rows of upper*lower, one for each bit of `lower`, without the lowest columns."""
    rows = []
    for row in range(len(lower)):
        left = min(max(drop - row, 0), len(upper))
        rows.append(Cat(Const(0, row + left), Mux(lower[row], upper[left:], 0)))
    return rows


class FullAdder(wiring.Component):
    """Full adder of single bits: a + b + c = 2*carry + total. Combinational.

    Members:
        a, b, c: bits in.
        total, carry: sum and carry out.
    """

    combinational = True

    a: In(1)
    b: In(1)
    c: In(1)
    total: Out(1)
    carry: Out(1)

    def elaborate(self, platform: object) -> Module:
        """Form the exclusive or and the majority."""
        m = Module()
        a, b, c = self.a, self.b, self.c
        m.d.comb += [self.total.eq(a ^ b ^ c), self.carry.eq((a & b) | (c & (a ^ b)))]
        return m


class HalfAdderN(wiring.Component):
    """Half adder of complemented bits: (1-a) + (1-b) = 2*(1-carry) + (1-total). Combinational.

    Members:
        a, b: complements of the bits in.
        total, carry: complements of sum and carry out.
    """

    combinational = True

    a: In(1)
    b: In(1)
    total: Out(1)
    carry: Out(1)

    def elaborate(self, platform: object) -> Module:
        """Form both results from complements, as complements."""
        m = Module()
        m.d.comb += [self.total.eq(~(self.a ^ self.b)), self.carry.eq(self.a | self.b)]
        return m


# Bit of a column: its arrival time in half adder delays, and its complemented value.
Bit = tuple[int, Value]
Columns = list[list[Bit]]


def partial_products(upper: Value, lower: Value, drop: int, width: int) -> Columns:
    """Return the columns of upper*lower modulo 2**width, as complemented bits.

    Bits of column c have the weight 2**c. There are `width` columns; those below `drop` are empty.
    """
    columns: Columns = [[] for _ in range(width)]
    for i in range(len(upper)):
        for j in range(len(lower)):
            if drop <= i + j < width:
                columns[i + j].append((0, ~(upper[i] & lower[j])))
    return columns


def add_constant(columns: Columns, constant: int) -> None:
    """Add a constant to the columns, modulo 2**len(columns)."""
    for column, bits in enumerate(columns):
        if constant >> column & 1:
            bits.append((0, Const(0, 1)))


def add_value(columns: Columns, value: Value) -> None:
    """Add a number to the columns, modulo 2**len(columns)."""
    for bits, bit in zip(columns, value, strict=False):
        bits.append((0, ~bit))


def subtract_product(columns: Columns, upper: Value, lower: Value) -> None:
    """Subtract upper*lower from the columns, modulo 2**len(columns).

    For a bit p, -p = (1-p) - 1: each partial product is added complemented, and the ones that are
    too much add up to one constant.
    """
    constant = 0
    for i in range(len(upper)):
        for j in range(len(lower)):
            if i + j < len(columns):
                columns[i + j].append((0, upper[i] & lower[j]))
                constant -= 1 << (i + j)
    add_constant(columns, constant % (1 << len(columns)))


def add_digits(
    columns: Columns, digits: Value, single: Value, triple: Value, drop: int = 0
) -> None:
    """Add digits*single to the columns, modulo 2**len(columns), by digits of two bits.

    Each pair of bits of `digits` selects 0, 1, 2 or 3 times `single`. This takes half the adders of
    a row for each bit. Columns below `drop` get nothing.

    Args:
        columns: columns that are added to.
        digits: first factor.
        single: second factor.
        triple: 3*single, which all lanes share.
        drop: number of columns that are left out.
    """
    for low in range(0, len(digits), 2):
        pair = digits[low : low + 2]
        high = pair[1] if len(pair) > 1 else Const(0, 1)
        once, twice, thrice = pair[0] & ~high, high & ~pair[0], pair[0] & high
        for k in range(max(drop - low, 0), min(len(single) + 2, len(columns) - low)):
            term: Value = Const(0, 1)
            if k < len(single):
                term |= once & single[k]
            if 0 < k <= len(single):
                term |= twice & single[k - 1]
            if k < len(triple):
                term |= thrice & triple[k]
            columns[low + k].append((1, ~term))


def add_bit(columns: Columns, column: int, bit: Value) -> None:
    """Add a bit of weight 2**column."""
    columns[column].append((1, ~bit))


def reduce_columns(
    m: Module, platform: object, columns: Columns, *, rows: int, name: str
) -> Columns:
    """Add full and half adders to `m` until no column has more than `rows` bits, 1 or 2.

    Returns the new columns, modulo 2**len(columns) and complemented as before.
    """
    work = [sorted(bits, key=_time) for bits in columns]
    for column, bits in enumerate(work):
        while len(bits) > rows:
            count = min(len(bits), 3)
            taken, bits[:] = bits[:count], bits[count:]
            time = max(t for t, _ in taken)
            adder = FullAdder() if count == 3 else HalfAdderN()
            kind = "surmax_full_adder" if count == 3 else "surmax_half_adder_n"
            place(m, platform, f"{name}_{column}_{len(bits)}", adder, kind)
            m.d.comb += [
                port.eq(bit) for port, (_, bit) in zip((adder.a, adder.b), taken, strict=False)
            ]
            if count == 3:
                m.d.comb += adder.c.eq(taken[2][1])
            bits.append((time + 2, adder.total))
            bits.sort(key=_time)
            if column + 1 < len(work):
                work[column + 1].append((time + 1, adder.carry))
                work[column + 1].sort(key=_time)
    return work


def sum_of(
    m: Module, platform: object, adders: str, values: Sequence[Value], bits: int, name: str
) -> Value:
    """Return the sum of values modulo 2**bits.

    With adders "operators" it is written with `+`, with "cells" as a tree of adder modules.
    """
    if adders == "operators":
        return sum(values[1:], values[0])[:bits]
    columns: Columns = [[] for _ in range(bits)]
    for value in values:
        add_value(columns, value)
    return true_sum(reduce_columns(m, platform, columns, rows=1, name=name))


def flatten(columns: Columns) -> Value:
    """Return all bits of the columns as one value, the lowest column first: for a register."""
    return Cat(*(value for bits in columns for _, value in bits))


def unflatten(columns: Columns, value: Value) -> Columns:
    """Return the bits of `value` in columns: the inverse of `flatten(columns)`."""
    index, result = 0, []
    for bits in columns:
        result.append([(0, value[index + k]) for k in range(len(bits))])
        index += len(bits)
    return result


def true_sum(columns: Columns) -> Value:
    """Return the number that columns of one bit stand for, not complemented."""
    return Cat(*(~bits[0][1] if bits else Const(0, 1) for bits in columns))


def _time(bit: Bit) -> int:
    return bit[0]
