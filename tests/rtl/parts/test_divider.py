# SPDX-License-Identifier: Apache-2.0
import random

import pytest
from amaranth.hdl import Cat, Const, unsigned
from amaranth.lib import data
from helpers.native import StreamRun, evaluate
from surmax.rtl.parts.divider import Divider, bits_to_keep_up, divide_steps, divider_cycles

DIVIDEND, LEAST = (1 << 15) - 1, 256
QUOTIENT_BITS = (DIVIDEND // LEAST).bit_length()


@pytest.mark.parametrize("bits", [1, 3, 7])
@pytest.mark.parametrize("hold", [False, True])
def test_divider_multiplies_the_quotient_by_each_factor(bits, hold):
    divided = data.StructLayout({"divisor": unsigned(14), "B": unsigned(9), "S": unsigned(7)})
    products = data.StructLayout({"offset": unsigned(16), "slope": unsigned(14)})
    divider = Divider(DIVIDEND, divided, products, QUOTIENT_BITS, bits, hold=hold)
    dice = random.Random(bits)
    # Without a copy of their own the factors stay as long as a quotient is made: one pair for all.
    factors = [(dice.randrange(512), dice.randrange(128)) for _ in range(200 if hold else 1)]
    words = [(dice.randrange(LEAST, 1 << 14), *factors[k % len(factors)]) for k in range(200)]

    def put(ctx, payload, word):
        for name, number in zip(("divisor", "B", "S"), word, strict=True):
            ctx.set(payload[name], number)

    run = StreamRun(divider, put, lambda payload: (payload.offset, payload.slope), seed=bits)
    assert run.run(words) == [
        (DIVIDEND // divisor * B & 0xFFFF, DIVIDEND // divisor * S & 0x3FFF)
        for divisor, B, S in words
    ]


def test_divider_without_factors_gives_the_quotient():
    divided = data.StructLayout({"divisor": unsigned(14)})
    quotient = data.StructLayout({"rho": unsigned(QUOTIENT_BITS)})
    divider = Divider(DIVIDEND, divided, quotient, QUOTIENT_BITS, 2, hold=False)
    words = [*range(LEAST, 1 << 14, 61)]
    run = StreamRun(
        divider,
        lambda ctx, payload, word: ctx.set(payload.divisor, word),
        lambda payload: payload.rho,
        seed=1,
    )
    assert run.run(words) == [DIVIDEND // divisor for divisor in words]


def test_divide_steps_are_restoring_division():
    def build(m, divisor):
        bits = [Const(DIVIDEND >> k & 1, 1) for k in reversed(range(15))]
        rest, quotient = divide_steps(m, Const(0, 14), divisor, bits, "step")
        return Cat(quotient, rest)

    divisors = [*range(1, 1 << 14, 97)]
    got = evaluate(build, [14], [(divisor,) for divisor in divisors])
    assert [(word & 0x7FFF, word >> 15) for word in got] == [
        divmod(DIVIDEND, divisor) for divisor in divisors
    ]


def test_fewest_bits_keep_up():
    for quotient_bits in range(1, 25):
        for cycles in range(1, 30):
            bits = bits_to_keep_up(quotient_bits, cycles)
            assert divider_cycles(quotient_bits, bits) <= cycles or bits == 16
            assert bits == 1 or divider_cycles(quotient_bits, bits - 1) > cycles
