# SPDX-License-Identifier: Apache-2.0
"""NumPy scalars in configurations and constants give what plain integers give."""

import json
from dataclasses import fields

import numpy as np
import pytest
from surmax.golden import HccsConstants, HccsHead, SoftmaxConstants, unit_entry, unit_names
from surmax.golden.consmax.config import WordFormat

CONFIGS = [
    (law.config, config)
    for law in (unit_entry("golden", unit) for unit in unit_names())
    for config in law.presets.values()
]
OTHERS = [
    (HccsConstants, HccsConstants(511, 13, 39)),
    (SoftmaxConstants, SoftmaxConstants(5000)),
    (WordFormat, WordFormat(10, 2, 4, False)),
    (HccsHead, HccsHead(3, 1, 0.05, HccsConstants(511, 13, 39))),
]
SCALARS = {int: (np.int16, np.int32, np.int64, np.uint16), bool: (np.bool_,), float: (np.float64,)}


@pytest.mark.parametrize(("kind", "good"), CONFIGS + OTHERS)
def test_numpy_scalars_are_stored_as_python_values(kind, good):
    values = {field.name: getattr(good, field.name) for field in fields(good)}
    for name, value in values.items():
        for scalar in SCALARS.get(type(value), ()):
            made = kind(**values | {name: scalar(value)})
            assert made == good
            assert type(getattr(made, name)) is type(value)


@pytest.mark.parametrize(("kind", "good"), CONFIGS)
def test_such_configurations_are_json(kind, good):
    values = {field.name: getattr(good, field.name) for field in fields(good)}
    numbers = {
        name: np.int64(value) if type(value) is int else value for name, value in values.items()
    }
    assert json.loads(json.dumps(kind(**numbers).to_json())) == good.to_json()


@pytest.mark.parametrize("unit", ["hccs", "softmax", "softermax"])
def test_codes_do_not_depend_on_the_type_of_a_width(unit):
    law, calibration = unit_entry("golden", unit), unit_entry("calibrate", unit)
    scores = np.random.default_rng(1).integers(-128, 128, (16, 64), dtype=np.int8)
    mask = np.zeros(scores.shape, dtype=bool)
    good = law.presets[law.default_preset]
    content = calibration.content(good, scores, mask, 0.05)
    narrow = {
        field.name: np.int16(getattr(good, field.name))
        for field in fields(good)
        if type(getattr(good, field.name)) is int
    }
    expected = law.codes(good, content, scores, mask, 16)
    assert (
        law.codes(law.config(**narrow | text_fields(good)), content, scores, mask, 16) == expected
    ).all()


def text_fields(config):
    """Return the fields of a configuration that are no integers."""
    values = {field.name: getattr(config, field.name) for field in fields(config)}
    return {name: value for name, value in values.items() if type(value) is not int}
