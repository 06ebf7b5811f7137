# SPDX-License-Identifier: Apache-2.0
import json

import pytest
from helpers.malformed import LONGEST_MESSAGE, put
from surmax.golden import (
    CONSMAX_PRESETS,
    ConsmaxHead,
    InputError,
    load_constants,
    save_constants,
    solve_tables,
)


@pytest.fixture
def document(tmp_path):
    config = CONSMAX_PRESETS["mixed"]
    heads = [
        ConsmaxHead(0, 0, solve_tables(config, scale=0.0002, beta=1.0, gamma=2.0)),
        ConsmaxHead(0, 1, solve_tables(config.narrow, scale=0.05, beta=1.0, gamma=2.0)),
    ]
    save_constants(tmp_path / "good.json", config, heads)
    return json.loads((tmp_path / "good.json").read_text())


def test_round_trip(tmp_path, document):
    path = tmp_path / "again.json"
    path.write_text(json.dumps(document))
    loaded = load_constants(path)
    assert loaded.config == CONSMAX_PRESETS["mixed"]
    assert [(one.layer, one.head) for one in loaded.heads] == [(0, 0), (0, 1)]
    assert [one.tables.config.score_bits for one in loaded.heads] == [16, 8]
    assert loaded.heads[1].tables.words.tolist() == document["heads"][1]["words"]
    save_constants(tmp_path / "third.json", loaded.config, loaded.heads)
    assert json.loads((tmp_path / "third.json").read_text()) == document


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["format"], "other", "format must be surmax-head-constants, not 'other'"),
        (["version"], 2, "version must be 1, not 2"),
        (["version"], 1.0, "version must be 1, not 1.0"),
        (["version"], True, "version must be 1, not True"),
        (["version"], "1", "version must be 1, not '1'"),
        (["version"], KeyError, "version must be 1, not None"),
        (["unit"], ["consmax"], "unit must be one of consmax, hccs, not ['consmax']"),
        (["layr"], 0, "top level must not have the field 'layr'"),
        (["length"], 64, "top level must not have the field 'length'"),
        (["config"], KeyError, "top level must have the field config"),
        (["config", "table_rounding"], KeyError, "config must have the field table_rounding"),
        (["config", "hidden_bit"], 1, "hidden_bit must be true or false, not 1"),
        (["config", "output"], 16, "output must be text, not 16"),
        (["config", "chain_bits"], 22.0, "chain_bits must be an integer, not 22.0"),
        (["config", "score_bits"], 16.0, "score_bits must be an integer, not 16.0"),
        (["config", "x" * 10**6], 1, "config must not have the field 'xxxx"),
        (["heads"], KeyError, "top level must have the field heads"),
        (["heads", 1, "mode"], 8.0, "heads[1]: mode must be 8 or 16, not 8.0"),
        (["heads", 1, "layer"], True, "heads[1]: layer must be an integer"),
        (["heads", 1, "scale"], 10**400, "heads[1]: scale must be 1e-09 to 16, not "),
        (["heads", 1, "scale"], True, "heads[1]: scale must be a number, not True"),
        (["heads", 1, "scale"], [0.1] * 10**5, "heads[1]: scale must be a number, not [0.1"),
        (["heads", 1, "beta"], 10**4000, "heads[1]: beta must be -300 to 300, not an integer of"),
        (["heads", 1, "wrong_codes"], 0.0, "heads[1]: wrong_codes must be 0 for these tables, no"),
        (["heads", 1, "max_ulp"], False, "heads[1]: max_ulp must be 0 for these tables, not False"),
        (["unit"], "other", "unit must be one of consmax, hccs, not 'other'"),
        (["config"], None, "config must be an object, not None"),
        (["config", "mantissa_bits"], 99, "mantissa_bits must be 4 to 24, not 99"),
        (["config", "extra"], 1, "config must not have the field 'extra'"),
        (["heads"], {}, "heads must be a list, not dict"),
        (["heads"], [], "heads must be one or more, not none"),
        (["heads", 1], 3, "heads[1] must be an object, not int"),
        (["heads", 1, "beta"], KeyError, "heads[1] must have the field beta"),
        (["heads", 1, "bias"], 1, "heads[1] must not have the field 'bias'"),
        (["heads", 1, "mode"], 12, "heads[1]: mode must be 8 or 16, not 12"),
        (["heads", 1, "layer"], -1, "heads[1]: layer must be 0 to 65535, not -1"),
        (["heads", 1, "head"], 0, "layer 0 head 0 must be in the file once only"),
        (["heads", 1, "scale"], 0, "heads[1]: scale must be 1e-09 to 16, not 0.0"),
        (["heads", 1, "gamma"], "1", "heads[1]: gamma must be a number, not '1'"),
        (["heads", 1, "words"], [[0] * 16], "heads[1]: words must be 2 lists of 16 integers"),
        (["heads", 1, "words", 1, 0], 1.5, "heads[1]: words must be 2 lists of 16 integers"),
        (
            ["heads", 1, "words", 0, 4],
            1 << 18,
            "heads[1]: table 0: words must be 0 to 262143, not 262144",
        ),
        (["heads", 1, "wrong_codes"], 7, "heads[1]: wrong_codes must be 0 for these tables, not 7"),
    ],
)
def test_every_malformed_field_gives_one_clear_error(tmp_path, document, path, value, message):
    put(document, path, value)
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(document))
    with pytest.raises(InputError) as error:
        load_constants(file)
    assert str(error.value).startswith(f"constants file {file}: {message}")
    assert str(error.value).isprintable()
    assert len(str(error.value)) <= LONGEST_MESSAGE
    assert "\n" not in str(error.value)


def test_files_that_are_none(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        load_constants(tmp_path / "absent.json")
    (tmp_path / "text.json").write_text("{")
    with pytest.raises(InputError, match="must be JSON"):
        load_constants(tmp_path / "text.json")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(InputError, match="top level must be an object, not list"):
        load_constants(tmp_path / "list.json")


def test_nothing_is_written_when_saving_is_refused(tmp_path):
    with pytest.raises(InputError, match="heads must be one or more, not none"):
        save_constants(tmp_path / "none.json", CONSMAX_PRESETS["paper"], [])
    assert list(tmp_path.iterdir()) == []
