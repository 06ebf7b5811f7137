# SPDX-License-Identifier: Apache-2.0
import json
from dataclasses import replace

import pytest
from surmax.golden import HCCS_PRESETS, InputError, unit_entry, unit_names
from surmax.golden.hccs.config import fit_min_sum
from surmax.rtl import ConsmaxBuild, HccsBuild
from surmax.synth.report.designs import Design

CLB = Design("HCCS clb", "hccs", "clb", 16, 256)


def test_a_design_makes_its_build():
    build = CLB.make("cells")
    assert isinstance(build, HccsBuild)
    assert build.config == fit_min_sum(HCCS_PRESETS["clb"], 256)
    assert (build.lanes, build.max_length, build.adders) == (16, 256, "cells")
    assert CLB.rows
    fast = Design("ConSmax", "consmax", "fast", 4, 64, {"mantissa_bits": 11}, {"heads": 3})
    build = fast.make()
    assert isinstance(build, ConsmaxBuild)
    assert (build.config.mantissa_bits, build.stages, build.heads) == (11, 3, 3)
    assert not fast.rows


def test_a_field_that_is_given_is_not_fitted():
    assert replace(CLB, config={"min_sum": 64}).make().config.min_sum == 64


def test_a_design_survives_json():
    assert Design(**json.loads(json.dumps(CLB.to_json()))) == CLB


def test_every_preset_of_every_unit_makes_a_build():
    for unit in unit_names():
        for preset in unit_entry("golden", unit).presets:
            assert Design(preset, unit, preset, 4, 16).make().unit_name == unit


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": "relu"}, "unit must be one of consmax, hccs, softmax, softermax"),
        ({"preset": "small"}, "preset must be one of div, clb"),
        ({"length": 0}, "length must be 1 to 4096, not 0"),
        ({"config": {"bits": 3}}, "config must have names from fraction_bits, .*, not 'bits'"),
        ({"config": {"sum_bits": 99}}, "sum_bits must be 15 to 23"),
        ({"parameters": {"top": "axi"}}, r"parameters must have names from divider.*, not 'top'"),
        ({"lanes": 24}, "max_length must be"),
    ],
)
def test_an_impossible_design_is_one_line(change, message):
    with pytest.raises(InputError, match=message):
        replace(CLB, **change).make()
