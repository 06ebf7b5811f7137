# SPDX-License-Identifier: Apache-2.0
"""The largest of several numbers, found bit by bit."""

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Signal, Value


def largest(m: Module, alive: Value, values: Sequence[Value]) -> Value:
    """Return the largest of the unsigned values whose bit of `alive` is set, 0 if there is none.

    The search goes from the highest bit to the lowest. Where any value that is still alive has the
    bit set, the values without it drop out. This takes half the gates of a tree of comparators.

    Args:
        m: module that the logic is added to.
        alive: one bit a value: whether it takes part.
        values: numbers of equal width, at least one.
    """
    result = []
    for bit in reversed(range(len(values[0]))):
        column = Signal(len(values), name=f"column{bit}")
        running = Signal(len(values), name=f"alive{bit}")
        found = Signal(name=f"found{bit}")
        m.d.comb += [
            column.eq(Cat(*(value[bit] for value in values))),
            running.eq(alive),
            found.eq((column & running).any()),
        ]
        alive = running & (column | (~found).replicate(len(values)))
        result.insert(0, found)
    return Cat(*result)
