# SPDX-License-Identifier: Apache-2.0
"""The law of the identity unit."""

from dataclasses import dataclass

import numpy as np
from surmax.common.config import JsonConfig
from surmax.golden.protocol import UnitLaw


@dataclass(frozen=True)
class IdentityConfig(JsonConfig):
    """The identity has one form: 8-bit codes."""

    output_bits: int = 8


PLAIN = IdentityConfig()


def identity(scores, mask):
    """Return the scores' bits as codes, 0 where masked."""
    return np.where(mask, 0, np.asarray(scores, dtype=np.int8).view(np.uint8))


ENTRY = UnitLaw(
    title="identity",
    config=IdentityConfig,
    presets={"plain": PLAIN},
    default_preset="plain",
    rows=False,
    codes=lambda config, content, scores, mask, lanes: identity(scores, mask),
    full_scale=lambda config: 255,
)
