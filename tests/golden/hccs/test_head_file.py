# SPDX-License-Identifier: Apache-2.0
import json

import numpy as np
import pytest
from helpers.malformed import put
from surmax.golden import (
    CONSMAX_PRESETS,
    HCCS_PRESETS,
    ConsmaxHead,
    HccsConstants,
    HccsConstantsFile,
    HccsHead,
    InputError,
    hccs,
    load_constants,
    save_constants,
    solve_tables,
)

HEADS = (
    HccsHead(0, 0, 0.05, HccsConstants(500, 7, 60)),
    HccsHead(0, 1, 0.1, HccsConstants(256, 2, 127)),
    HccsHead(3, 0, 1, HccsConstants(511, 0, 0)),
)


@pytest.fixture
def document(tmp_path):
    save_constants(tmp_path / "good.json", HCCS_PRESETS["nearest"], HEADS, length=64)
    return json.loads((tmp_path / "good.json").read_text())


def test_round_trip(tmp_path, document):
    loaded = load_constants(tmp_path / "good.json", "hccs")
    assert loaded == HccsConstantsFile(HCCS_PRESETS["nearest"], HEADS, 64, True)
    assert loaded == load_constants(tmp_path / "good.json")
    assert document["unit"] == "hccs"
    assert document["heads"][0] == {
        "layer": 0,
        "head": 0,
        "scale": 0.05,
        "B": 500,
        "S": 7,
        "Dmax": 60,
    }
    scores = np.random.default_rng(1).integers(-128, 128, (3, 4, 64))
    mask = scores > 100
    codes = hccs(scores, [one.constants for one in loaded.heads], loaded.config, mask)
    alone = hccs(scores[1], HEADS[1].constants, loaded.config, mask[1])
    np.testing.assert_array_equal(codes[1], alone)


def test_constants_for_rows_without_masks(tmp_path):
    path = tmp_path / "plain.json"
    heads = (HccsHead(0, 0, 0.05, HccsConstants(100, 1, 96)),)
    save_constants(path, HCCS_PRESETS["div16"], heads, length=300, masked=False)
    loaded = load_constants(path, "hccs")
    assert loaded == HccsConstantsFile(HCCS_PRESETS["div16"], heads, 300, False)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["unit"], "softermax", "unit must be hccs, not 'softermax'"),
        (["config"], None, "config must be an object, not None"),
        (["config", "reciprocal"], "lut", "reciprocal must be one of div, clb"),
        (["config", "min_sum"], 100, "min_sum must be a power of two, not 100"),
        (["config", "lanes"], 1, "config must not have the field 'lanes'"),
        (["length"], KeyError, "top level must have the field length"),
        (["length"], 0, "length must be 1 to 32767, not 0"),
        (
            ["length"],
            65,
            "layer 0 head 2: length*B must be at most 2**sum_bits - 1 = 32767, not 33215",
        ),
        (["masked"], 1, "masked must be true or false, not 1"),
        (["masked"], KeyError, "masked must be true or false, not None"),
        (
            ["masked"],
            False,
            "layer 0 head 1: length*(B - S*Dmax) must be at least min_sum = 256, not 128",
        ),
        (["heads"], {}, "heads must be a list, not dict"),
        (["heads"], [], "heads must be one or more, not none"),
        (["heads", 1], [], "heads[1] must be an object, not list"),
        (["heads", 1, "Dmax"], KeyError, "heads[1] must have the field Dmax"),
        (["heads", 1, "D"], 1, "heads[1] must not have the field 'D'"),
        (["heads", 1, "layer"], -1, "heads[1]: layer must be 0 to 65535, not -1"),
        (["heads", 1, "head"], 0, "layer 0 head 0 must be in the file once only"),
        (["heads", 1, "scale"], 0, "heads[1]: scale must be 1e-09 to 16, not 0.0"),
        (["heads", 1, "scale"], 10**400, "heads[1]: scale must be a finite number, not 1000"),
        (["heads", 1, "scale"], "1", "heads[1]: scale must be a number, not '1'"),
        (["heads", 1, "B"], 0, "heads[1]: B must be 1 to 32767, not 0"),
        (
            ["heads", 1, "B"],
            255,
            "layer 0 head 1: B must be at least min_sum = 256 where positions can be masked",
        ),
        (["heads", 1, "S"], 2.5, "heads[1]: S must be an integer, not 2.5"),
        (["heads", 1, "S"], 3, "heads[1]: B - S*Dmax must be at least 0, not -125"),
        (["heads", 1, "Dmax"], 128, "heads[1]: Dmax must be 0 to 127, not 128"),
    ],
)
def test_every_malformed_field_gives_one_clear_error(tmp_path, document, path, value, message):
    document["heads"][2]["layer"], document["heads"][2]["head"] = 0, 2
    put(document, path, value)
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(document))
    with pytest.raises(InputError) as error:
        load_constants(file, "hccs")
    assert str(error.value).startswith(f"constants file {file}: {message}")
    assert "\n" not in str(error.value)


def test_the_other_unit_is_refused_by_name(tmp_path):
    tables = solve_tables(CONSMAX_PRESETS["small"], scale=0.05, beta=1.0, gamma=2.0)
    path = tmp_path / "consmax.json"
    save_constants(path, CONSMAX_PRESETS["small"], [ConsmaxHead(0, 0, tables)])
    with pytest.raises(InputError, match="unit must be hccs, not 'consmax'"):
        load_constants(path, "hccs")
    save_constants(path, HCCS_PRESETS["div"], HEADS, length=64)
    with pytest.raises(InputError, match="unit must be consmax, not 'hccs'"):
        load_constants(path, "consmax")


@pytest.mark.parametrize(
    ("heads", "length", "message"),
    [
        ([], 64, "heads must be one or more, not none"),
        (HEADS, None, "length must be an integer from 1 to 32767, not None"),
        (HEADS, 65, r"layer 3 head 0: length\*B must be at most .*, not 33215"),
        (HEADS[:1] * 2, 64, "layer 0 head 0 must be in the file once only"),
    ],
)
def test_nothing_is_written_when_saving_is_refused(tmp_path, heads, length, message):
    with pytest.raises(InputError, match=message):
        save_constants(tmp_path / "none.json", HCCS_PRESETS["div"], heads, length=length)
    assert list(tmp_path.iterdir()) == []
