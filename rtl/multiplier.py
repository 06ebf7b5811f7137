# SPDX-License-Identifier: Apache-2.0
"""A truncated multiplier as a tree of full adders, smallest area first.

Every full adder takes one bit out of the sum, so the number of adders is fixed by the number of
partial products; which three bits a full adder takes is chosen by arrival time. The tree works on
complemented bits: a partial product is then a NAND (the cheapest gate there is) and a full adder,
which is its own dual, needs no inverter anywhere.
"""

from amaranth.hdl import Cat, Const, Module, Signal, Value

# A bit of a column: arrival time in units of half an adder, and its complemented value.
Bit = tuple[int, Value]
Columns = list[list[Bit]]


def partial_products(upper: Value, lower: Value, drop: int, width: int) -> Columns:
    """Return the columns of upper*lower from column `drop` up, as complemented bits.

    Column c has the weight 2**c; columns below `drop` are empty; `width` columns in all.
    """
    columns: Columns = [[] for _ in range(width)]
    for i in range(len(upper)):
        for j in range(len(lower)):
            if i + j >= drop:
                columns[i + j].append((0, ~(upper[i] & lower[j])))
    return columns


def add_constant(columns: Columns, constant: int) -> None:
    """Add the bits of `constant` to the columns."""
    for column, bits in enumerate(columns):
        if constant >> column & 1:
            bits.append((0, Const(0, 1)))


def add_bit(columns: Columns, column: int, bit: Value) -> None:
    """Add one bit of weight 2**column."""
    columns[column].append((1, ~bit))


def reduce_columns(m: Module, columns: Columns, *, rows: int, name: str) -> Columns:
    """Add full and half adders to `m` until no column has more than `rows` (1 or 2) bits.

    Modulo 2**len(columns). Returns the new columns, complemented as before.
    """
    work = [sorted(bits, key=_time) for bits in columns]
    for column, bits in enumerate(work):
        while len(bits) > rows:
            full = len(bits) >= 3
            taken, bits[:] = bits[: 2 + full], bits[2 + full :]
            time = max(t for t, _ in taken)
            a, b = taken[0][1], taken[1][1]
            total = Signal(name=f"{name}_s{column}_{len(bits)}")
            carry = Signal(name=f"{name}_c{column}_{len(bits)}")
            if full:
                c = taken[2][1]
                m.d.comb += [total.eq(a ^ b ^ c), carry.eq((a & b) | (c & (a ^ b)))]
            else:
                m.d.comb += [total.eq(~(a ^ b)), carry.eq(a | b)]
            bits.append((time + 2, total))
            bits.sort(key=_time)
            if column + 1 < len(work):
                work[column + 1].append((time + 1, carry))
                work[column + 1].sort(key=_time)
    return work


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
