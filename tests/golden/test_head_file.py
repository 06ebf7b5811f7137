# SPDX-License-Identifier: Apache-2.0
import json

import pytest
from helpers.malformed import put
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
