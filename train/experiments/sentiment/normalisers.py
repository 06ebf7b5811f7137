# SPDX-License-Identifier: Apache-2.0
"""Normalisers of the sentiment experiment by their names in an arm's settings.

A name is a unit, then how its constants are found, then for HCCS its preset: "softmax", "int8",
"hccs-head", "hccs-learned-div16", "consmax-calibrated".
"""

from collections.abc import Sequence

from surmax.calibrate.consmax.fit import log_sums
from surmax.calibrate.hccs.fit import HccsTarget
from surmax.calibrate.scores import HeadScores
from surmax.golden.hccs.config import HCCS_PRESETS
from surmax.train.experiments.heads import hccs_layers, search_constants
from surmax.train.experiments.sentiment.settings import LENGTH, STARTS, TRAINED_FORM
from surmax.train.normalisers.base import Normaliser
from surmax.train.normalisers.consmax import ConsmaxNormaliser
from surmax.train.normalisers.hccs import HccsNormaliser
from surmax.train.normalisers.softmax import SoftmaxNormaliser


def training_normalisers(name: str, layers: Sequence[Sequence[HeadScores]]) -> list[Normaliser]:
    """Return the normalisers of that name for training, one a layer.

    They compute what the hardware computes, or close to it: HCCS runs through its integers; ConSmax
    sees int8 scores, and its output saturates and is rounded.

    Args:
        name: unit and how its constants are found.
        layers: calibration scores of the heads, layer by layer.
    """
    unit, _, how = name.partition("-")
    if unit == "softmax":
        return [SoftmaxNormaliser(len(heads)) for heads in layers]
    if unit == "int8":
        return [SoftmaxNormaliser(len(heads), _scales(heads)) for heads in layers]
    if unit == "hccs":
        return _hccs(layers, how)
    return [_consmax(heads, how) for heads in layers]


def tested_normalisers(
    tested: str,
    trained: str,
    normalisers: Sequence[Normaliser],
    layers: Sequence[Sequence[HeadScores]],
) -> list[Normaliser]:
    """Return the normalisers to test with, one a layer: those of training, or others.

    Args:
        tested: the arm's setting.
        trained: its setting; after training with softmax, others are made from the scores.
        normalisers: those of training.
        layers: scores with the trained weights, layer by layer.
    """
    unit, how, form = (*tested.split("-"), "", "")[:3]
    if trained == "softmax":
        return training_normalisers("-".join(filter(None, (unit, how))), layers)
    if unit == "hccs" and form != TRAINED_FORM:
        return [_other_form(normaliser, form) for normaliser in normalisers]
    return list(normalisers)


def full_scale(normaliser: Normaliser) -> int:
    """Return what the output codes of HCCS or ConSmax are divided by."""
    if isinstance(normaliser, HccsNormaliser):
        return normaliser.config.max_code
    assert isinstance(normaliser, ConsmaxNormaliser)
    return 1 << normaliser.config.output_bits


def _scales(heads: Sequence[HeadScores]) -> list[float]:
    return [head.scale for head in heads]


def _hccs(layers: Sequence[Sequence[HeadScores]], how: str) -> list[Normaliser]:
    config = HCCS_PRESETS[TRAINED_FORM]
    learn = how == "learned"
    heads = [head for layer in layers for head in layer]
    granularity = "head" if learn else how
    constants = search_constants(heads, granularity, HccsTarget(config, LENGTH).bounds)
    scales = [_scales(layer) for layer in layers]
    return list(
        hccs_layers(constants, scales, config, length=LENGTH, learn=learn, learn_scale=learn)
    )


def _consmax(heads: Sequence[HeadScores], how: str) -> ConsmaxNormaliser:
    start = STARTS[how]
    if start is None:
        beta: float | list[float] = [
            float(log_sums(head.rows[0], head.scale).mean()) for head in heads
        ]
        gamma = 1.0
    else:
        beta, gamma = start
    return ConsmaxNormaliser(len(heads), beta, gamma, scale=_scales(heads), face="quantised")


def _other_form(normaliser: Normaliser, form: str) -> HccsNormaliser:
    """Return the same constants in the datapath of another preset."""
    assert isinstance(normaliser, HccsNormaliser)
    return HccsNormaliser(
        normaliser.heads,
        normaliser.constants(),
        normaliser.scale.tolist(),
        HCCS_PRESETS[form],
        length=normaliser.length,
        face="exact",
    )
