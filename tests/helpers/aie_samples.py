# SPDX-License-Identifier: Apache-2.0
"""Head-constants files for the tests of the kernels."""

from surmax.golden import (
    HCCS_PRESETS,
    ConsmaxHead,
    HccsConstants,
    HccsHead,
    consmax_preset,
    save_constants,
    solve_tables,
)

HEADS = (HccsConstants(500, 7, 60), HccsConstants(256, 2, 127), HccsConstants(511, 0, 0))


def hccs_file(path, config=HCCS_PRESETS["div"], constants=HEADS, length=64, masked=True):
    """Write a file of HCCS; return its path."""
    heads = [HccsHead(0, k, 0.05, one) for k, one in enumerate(constants)]
    save_constants(path, config, heads, length=length, masked=masked)
    return path


def consmax_file(path, name="small"):
    """Write a file of ConSmax with two heads; return its path."""
    config = consmax_preset(name)
    scale = 0.05 if config.score_bits == 8 else 0.0002
    heads = [
        ConsmaxHead(1, k, solve_tables(config, scale=scale, beta=1.0 + k, gamma=5.0))
        for k in range(2)
    ]
    save_constants(path, config, heads)
    return path
