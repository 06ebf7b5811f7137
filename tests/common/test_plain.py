# SPDX-License-Identifier: Apache-2.0
"""NumPy scalars in configurations and constants give what plain integers give."""

import json
import math
from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from helpers.malformed import check_fields
from surmax.common.plain import PlainFields
from surmax.golden import (
    CONSMAX_PRESETS,
    ConsmaxHead,
    HccsConstants,
    HccsHead,
    InputError,
    SoftmaxConstants,
    solve_tables,
    unit_entry,
    unit_names,
)
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
    (
        ConsmaxHead,
        ConsmaxHead(1, 2, solve_tables(CONSMAX_PRESETS["small"], scale=0.05, beta=1, gamma=2)),
    ),
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


@pytest.mark.parametrize(("kind", "good"), CONFIGS + OTHERS)
def test_any_value_is_stored_as_a_plain_one_or_refused_in_one_line(kind, good):
    assert check_fields(kind, good) > 0


def test_fields_are_of_their_declared_types():
    @dataclass(frozen=True)
    class Sample(PlainFields):
        count: int
        share: float = 1.0
        name: str = "a"
        switch: bool = False
        size: int | None = None
        parts: tuple[HccsConstants, ...] | None = None
        anything: Any = None

    constants = HccsConstants(511, 13, 39)
    made = Sample(np.uint8(3), 2, np.str_("b"), np.True_, np.int8(4), [constants], np.int8(5))
    assert made == Sample(3, 2.0, "b", True, 4, (constants,), 5)
    stored = [type(getattr(made, field.name)) for field in fields(made)]
    assert stored == [int, float, str, bool, int, tuple, np.int8]
    for values, message in (
        ({"count": 3.0}, "count must be an integer, not 3.0"),
        ({"count": True}, "count must be an integer, not True"),
        ({"count": np.array([3])}, r"count must be an integer, not array\(\[3\]\)"),
        ({"count": Fraction(3)}, r"count must be an integer, not Fraction\(3, 1\)"),
        ({"count": None}, "count must be an integer, not None"),
        ({"share": "1"}, "share must be a number, not '1'"),
        ({"share": math.nan}, "share must be a finite number, not nan"),
        ({"share": Decimal(1)}, r"share must be a number, not Decimal\('1'\)"),
        ({"name": b"a"}, "name must be text, not b'a'"),
        ({"switch": 1}, "switch must be true or false, not 1"),
        ({"size": "4"}, "size must be an integer, not '4'"),
        ({"parts": constants}, "parts must be a list or a tuple, not Hccs"),
        ({"parts": [constants, 1]}, r"parts\[1\] must be HccsConstants, not 1"),
    ):
        with pytest.raises(InputError, match=f"^{message}"):
            Sample(**{"count": 1} | values)


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
