# SPDX-License-Identifier: Apache-2.0
from itertools import pairwise

from surmax.golden import CONSMAX_PRESETS
from surmax.rtl.consmax.lane import register_steps


def test_registers_go_where_they_are_cheapest():
    steps = [register_steps(CONSMAX_PRESETS["small"], stages, "cells") for stages in (1, 2, 3, 4)]
    assert steps[0] == {"round"}
    assert all(a < b for a, b in pairwise(steps))
