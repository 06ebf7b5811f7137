# SPDX-License-Identifier: Apache-2.0
import itertools
import random

import pytest
from amaranth.hdl import Cat
from helpers.native import evaluate
from surmax.rtl.parts import multiplier

DICE = random.Random(5)
PAIRS = [(DICE.randrange(64), DICE.randrange(128)) for _ in range(300)]


def truncated(upper, lower, drop):
    """Sum of the partial products of columns from `drop` up."""
    return sum(
        1 << (i + j)
        for i, j in itertools.product(range(6), range(7))
        if i + j >= drop and upper >> i & 1 and lower >> j & 1
    )


@pytest.mark.parametrize("drop", [0, 3, 6])
def test_operators_and_tree_give_the_truncated_product(drop):
    expected = [truncated(*pair, drop) for pair in PAIRS]

    def operators(m, upper, lower):
        return multiplier.truncated_product(upper, lower, drop)

    def tree(m, upper, lower):
        columns = multiplier.partial_products(upper, lower, drop, 13)
        two = multiplier.reduce_columns(m, None, columns, rows=2, name="two")
        kept = multiplier.unflatten(two, multiplier.flatten(two))
        one = multiplier.reduce_columns(m, None, kept, rows=1, name="one")
        return multiplier.true_sum(one)

    for build in (operators, tree):
        assert evaluate(build, [6, 7], PAIRS) == expected


def test_adders_add():
    def full(m, a, b, c):
        m.submodules.adder = adder = multiplier.FullAdder()
        m.d.comb += [adder.a.eq(a), adder.b.eq(b), adder.c.eq(c)]
        return Cat(adder.total, adder.carry)

    cases = [*itertools.product((0, 1), repeat=3)]
    assert evaluate(full, [1, 1, 1], cases) == [sum(case) for case in cases]

    def half(m, a, b):
        m.submodules.adder = adder = multiplier.HalfAdderN()
        m.d.comb += [adder.a.eq(~a), adder.b.eq(~b)]
        return Cat(~adder.total, ~adder.carry)

    cases = [*itertools.product((0, 1), repeat=2)]
    assert evaluate(half, [1, 1], cases) == [sum(case) for case in cases]


@pytest.mark.parametrize("adders", ["operators", "cells"])
def test_sum_of_many_values(adders):
    cases = [[DICE.randrange(32) for _ in range(7)] for _ in range(200)]
    got = evaluate(
        lambda m, *values: multiplier.sum_of(m, None, adders, values, 8, "sum"), [5] * 7, cases
    )
    assert got == [sum(case) for case in cases]


def test_a_product_is_subtracted_and_constants_are_added():
    def build(m, start, upper, lower):
        columns = [[] for _ in range(12)]
        multiplier.add_value(columns, start)
        multiplier.subtract_product(columns, upper, lower)
        multiplier.add_constant(columns, 77)
        multiplier.add_bit(columns, 3, upper[0])
        return multiplier.true_sum(
            multiplier.reduce_columns(m, None, columns, rows=1, name="difference")
        )

    cases = [(DICE.randrange(4096), *pair) for pair in PAIRS]
    assert evaluate(build, [12, 6, 7], cases) == [
        (start - upper * lower + 77 + 8 * (upper & 1)) % 4096 for start, upper, lower in cases
    ]


def test_digits_of_two_bits_make_the_product():
    def build(m, digits, single):
        columns = [[] for _ in range(13)]
        triple = (single + (single << 1))[:9]
        multiplier.add_digits(columns, digits, single, triple)
        return multiplier.true_sum(
            multiplier.reduce_columns(m, None, columns, rows=1, name="product")
        )

    assert evaluate(build, [6, 7], PAIRS) == [digits * single for digits, single in PAIRS]
