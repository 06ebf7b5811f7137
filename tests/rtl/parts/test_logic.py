# SPDX-License-Identifier: Apache-2.0
import pytest
from amaranth.hdl import Cat, Const
from helpers.native import evaluate
from surmax.rtl.parts import logic

NUMBERS = [(number,) for number in range(64)]
VALUES = [Const(7 * k + 3 & 15, 4) for k in range(11)]


def test_equals_a_constant():
    got = evaluate(lambda m, value: logic.equals(value, 37), [6], NUMBERS)
    assert got == [number == 37 for (number,) in NUMBERS]


@pytest.mark.parametrize("pick", [logic.choose, logic.select])
def test_one_of_several_values(pick):
    cases = [(k,) for k in range(len(VALUES))]
    got = evaluate(lambda m, index: pick(VALUES, index), [4], cases)
    assert got == [value.value for value in VALUES]


def test_select_gives_zero_out_of_range():
    assert evaluate(lambda m, index: logic.select(VALUES, index), [4], [(11,), (15,)]) == [0, 0]


def test_following_wraps_at_the_count():
    got = evaluate(lambda m, pointer: logic.following(pointer, 11), [4], [(k,) for k in range(11)])
    assert got == [*range(1, 11), 0]


def test_leading_bit_is_one_hot():
    got = evaluate(lambda m, value: Cat(*logic.leading_lines(value)), [6], NUMBERS)
    assert got == [1 << number.bit_length() >> 1 for (number,) in NUMBERS]


def test_shift_by_multiples_of_four():
    cases = [(number, shift) for number in range(0, 1 << 13, 61) for shift in range(8)]
    got = evaluate(logic_shift, [13, 3], cases)
    assert got == [number >> 4 * shift for number, shift in cases]


def logic_shift(m, value, amount):
    return logic.shift_by_fours(value, amount)
