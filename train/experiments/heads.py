# SPDX-License-Identifier: Apache-2.0
"""HCCS normalisers from collected scores, and the constants of normalisers as rows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from surmax.calibrate.hccs.fit import group_heads
from surmax.calibrate.hccs.search import Bounds, search
from surmax.calibrate.histograms import make_histograms
from surmax.calibrate.scores import HeadScores, make_head, real_rows
from surmax.golden.hccs.config import HccsConfig
from surmax.golden.hccs.law import HccsConstants
from surmax.train.normalisers.base import Normaliser
from surmax.train.normalisers.consmax import ConsmaxNormaliser
from surmax.train.normalisers.hccs import HccsNormaliser

# A search over several heads looks at this many rows at most, spread evenly over all of them.
_POOL_ROWS = 1 << 15

ConstantsByHead = dict[tuple[int, int], HccsConstants]


def quantise_head(
    layer: int,
    head: int,
    scores: npt.NDArray[np.float32],
    mask: npt.NDArray[np.bool_],
    scale: float | None = None,
) -> HeadScores:
    """Return the int8 codes of a head's real scores, without the real scores themselves.

    Args:
        layer, head: place of the head.
        scores: (rows, length).
        mask: of the same shape, True where a position is masked.
        scale: score units a code; None makes the largest |score| that counts code 127.
    """
    found = make_head(layer, head, [real_rows(scores, mask)], scale)
    return replace(found, rows=tuple(replace(rows, real=None) for rows in found.rows))


def search_constants(
    heads: Sequence[HeadScores], granularity: str, bounds: Bounds
) -> ConstantsByHead:
    """Return the constants with the least mean KL(softmax || s/Z), by (layer, head).

    `granularity`: "head", "layer" or "global": which heads share constants.
    """
    found = {}
    for group in group_heads(heads, granularity):
        step = -(-sum(head.count for head in group) // _POOL_ROWS)
        constants = search(make_histograms([head.every(step) for head in group]), bounds).constants
        found |= {(head.layer, head.head): constants for head in group}
    return found


def hccs_layers(
    constants: Mapping[tuple[int, int], HccsConstants],
    scales: Sequence[Sequence[float]],
    config: HccsConfig,
    *,
    length: int,
    learn: bool = False,
    learn_scale: bool = False,
) -> list[HccsNormaliser]:
    """Return one normaliser a layer, its face "exact".

    Args:
        constants: of every head, by (layer, head).
        scales: score units a code of every head, layer by layer.
        config: the datapath.
        length: longest row, in positions.
        learn, learn_scale: see HccsNormaliser.
    """
    return [
        HccsNormaliser(
            len(layer_scales),
            [constants[layer, head] for head in range(len(layer_scales))],
            layer_scales,
            config,
            length=length,
            face="exact",
            learn=learn,
            learn_scale=learn_scale,
        )
        for layer, layer_scales in enumerate(scales)
    ]


def describe_heads(normaliser: Normaliser, layer: int) -> list[list[float]]:
    """Return a row for each head of a layer: layer, head, then its constants.

    HCCS: scale, B, S, Dmax. ConSmax: beta, gamma. Softmax: scale, or nothing without one.
    """
    if isinstance(normaliser, HccsNormaliser):
        rows = [
            [head.scale, head.constants.B, head.constants.S, head.constants.Dmax]
            for head in normaliser.export(layer)
        ]
    elif isinstance(normaliser, ConsmaxNormaliser):
        betas, gammas = normaliser.beta.tolist(), normaliser.log_gamma.exp().tolist()
        rows = [[beta, gamma] for beta, gamma in zip(betas, gammas, strict=True)]
    elif normaliser.scale is None:
        rows = [[] for _ in range(normaliser.heads)]
    else:
        rows = [[scale] for scale in normaliser.scale.tolist()]
    return [[layer, head, *row] for head, row in enumerate(rows)]
