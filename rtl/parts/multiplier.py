# SPDX-License-Identifier: Apache-2.0
"""A truncated multiplier: with operators, or as a tree of full adders, smallest area first.

In the tree every full adder takes one bit out of the sum, so the number of adders is fixed by the
number of partial products; which three bits one takes is chosen by arrival time. The tree works on
complemented bits: a partial product is then a NAND (the cheapest gate there is) and a full adder,
which is its own dual, needs no inverter anywhere. The adders are modules of their own, so that
synthesis can map them to a library's adder cells by name.
"""

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Mux, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl.parts.hierarchy import place


def truncated_product(upper: Value, lower: Value, drop: int) -> Value:
    """Return upper*lower without the partial products of the lowest `drop` columns.

    Written with operators: a plain product when it is whole, else a sum of masked rows.
    """
    if not drop:
        return upper * lower
    return sum(masked_rows(upper, lower, drop), Const(0, 1))[: len(upper) + len(lower)]


def masked_rows(upper: Value, lower: Value, drop: int) -> list[Value]:
    """Return the rows of upper*lower, one a bit of `lower`, without the lowest `drop` columns."""
    rows = []
    for row in range(len(lower)):
        left = min(max(drop - row, 0), len(upper))
        rows.append(Cat(Const(0, row + left), Mux(lower[row], upper[left:], 0)))
    return rows


class FullAdder(wiring.Component):
    """a + b + c = 2*carry + total, for single bits. Combinational."""

    combinational = True

    a: In(1)
    b: In(1)
    c: In(1)
    total: Out(1)
    carry: Out(1)

    def elaborate(self, platform: object) -> Module:
        """Build exclusive or and majority."""
        m = Module()
        a, b, c = self.a, self.b, self.c
        m.d.comb += [self.total.eq(a ^ b ^ c), self.carry.eq((a & b) | (c & (a ^ b)))]
        return m


class HalfAdderN(wiring.Component):
    """The half adder for complemented bits: (1-a) + (1-b) = 2*(1-carry) + (1-total)."""

    combinational = True

    a: In(1)
    b: In(1)
    total: Out(1)
    carry: Out(1)

    def elaborate(self, platform: object) -> Module:
        """Build the complements of exclusive or and and, from complements."""
        m = Module()
        m.d.comb += [self.total.eq(~(self.a ^ self.b)), self.carry.eq(self.a | self.b)]
        return m


# A bit of a column: arrival time in units of half an adder, and its complemented value.
Bit = tuple[int, Value]
Columns = list[list[Bit]]


def partial_products(upper: Value, lower: Value, drop: int, width: int) -> Columns:
    """Return the columns of upper*lower from column `drop` up, as complemented bits.

    Column c has the weight 2**c; columns below `drop` are empty; `width` columns in all, modulo
    2**width.
    """
    columns: Columns = [[] for _ in range(width)]
    for i in range(len(upper)):
        for j in range(len(lower)):
            if drop <= i + j < width:
                columns[i + j].append((0, ~(upper[i] & lower[j])))
    return columns


def add_constant(columns: Columns, constant: int) -> None:
    """Add the bits of `constant` to the columns."""
    for column, bits in enumerate(columns):
        if constant >> column & 1:
            bits.append((0, Const(0, 1)))


def add_value(columns: Columns, value: Value) -> None:
    """Add a number, modulo 2**len(columns)."""
    for bits, bit in zip(columns, value, strict=False):
        bits.append((0, ~bit))


def subtract_product(columns: Columns, upper: Value, lower: Value) -> None:
    """Subtract upper*lower, modulo 2**len(columns).

    A negative partial product is its complement less one; the ones make one constant.
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
    """Add digits*single two bits of `digits` at a time; `triple` is 3*single, formed once for all.

    Modulo 2**len(columns). Columns below `drop` get nothing. Half the adders of one row a bit.
    """
    for low in range(0, len(digits), 2):
        pair = digits[low : low + 2]
        high = pair[1] if len(pair) > 1 else Const(0, 1)
        one, two, three = pair[0] & ~high, high & ~pair[0], pair[0] & high
        for k in range(max(drop - low, 0), min(len(single) + 2, len(columns) - low)):
            term: Value = Const(0, 1)
            if k < len(single):
                term |= one & single[k]
            if 0 < k <= len(single):
                term |= two & single[k - 1]
            if k < len(triple):
                term |= three & triple[k]
            columns[low + k].append((1, ~term))


def add_bit(columns: Columns, column: int, bit: Value) -> None:
    """Add one bit of weight 2**column."""
    columns[column].append((1, ~bit))


def reduce_columns(
    m: Module, platform: object, columns: Columns, *, rows: int, name: str
) -> Columns:
    """Add full and half adders to `m` until no column has more than `rows` (1 or 2) bits.

    Modulo 2**len(columns). Returns the new columns, complemented as before.
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
    """Return the sum of values, modulo 2**bits: as "operators" or as a tree of adder "cells"."""
    if adders == "operators":
        return sum(values[1:], values[0])[:bits]
    columns: Columns = [[] for _ in range(bits)]
    for value in values:
        add_value(columns, value)
    return true_sum(reduce_columns(m, platform, columns, rows=1, name=name))


def flatten(columns: Columns) -> Value:
    """Return all bits of reduced columns as one value, lowest column first, for a register."""
    return Cat(*(value for bits in columns for _, value in bits))


def unflatten(columns: Columns, value: Value) -> Columns:
    """Put the bits of `value` into the shape that `flatten` took them from."""
    index, result = 0, []
    for bits in columns:
        result.append([(0, value[index + k]) for k in range(len(bits))])
        index += len(bits)
    return result


def true_sum(columns: Columns) -> Value:
    """Return the plain (not complemented) number that one-bit columns stand for."""
    return Cat(*(~bits[0][1] if bits else Const(0, 1) for bits in columns))


def _time(bit: Bit) -> int:
    return bit[0]
