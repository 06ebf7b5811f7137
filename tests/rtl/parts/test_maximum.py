# SPDX-License-Identifier: Apache-2.0
import random

import pytest
from helpers.native import evaluate
from surmax.rtl.parts.maximum import largest


@pytest.mark.parametrize("count", [1, 3, 8])
def test_largest_of_those_that_take_part(count):
    dice = random.Random(count)
    cases = [
        (
            dice.randrange(1 << count),
            *(dice.randrange(1 << dice.choice((2, 8))) for _ in range(count)),
        )
        for _ in range(400)
    ]
    got = evaluate(
        lambda m, alive, *values: largest(m, alive, values), [count, *[8] * count], cases
    )
    assert got == [
        max((value for k, value in enumerate(values) if alive >> k & 1), default=0)
        for alive, *values in cases
    ]
