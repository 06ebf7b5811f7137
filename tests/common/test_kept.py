# SPDX-License-Identifier: Apache-2.0
"""Kept results: found when they are whole, reported and left when they are not."""

import json
import os

import pytest
from surmax.common.errors import InputError
from surmax.common.kept import Kept, keep_result, kept_result
from surmax.common.writing import write_whole


def test_a_result_is_found_again(tmp_path):
    path = tmp_path / "result.json"
    said = []
    assert kept_result(path, "digest", said.append) is None
    for value in ({"area": 1.1, 2: (3, 4)}, None, [], "text", 0.1 + 0.2):
        keep_result(path, "digest", value, about={"function": "f"})
        found = kept_result(path, "digest", said.append)
        assert found["result"] == json.loads(json.dumps(value))
        assert found["function"] == "f"
    assert said == []
    assert [one.name for one in tmp_path.iterdir()] == ["result.json"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: text.replace("1.25", "1.24"), "was changed after it was written"),
        (lambda text: text.replace('"unit"', '"other"'), "was changed after it was written"),
        (lambda text: text[:-30], "is damaged or no result of surmax"),
        (lambda text: "", "is damaged or no result of surmax"),
        (lambda text: "\udcff", "is damaged or no result of surmax"),
        (lambda text: '{"area": 1}', "is damaged or no result of surmax"),
        (lambda text: "[1]", "is damaged or no result of surmax"),
        (lambda text: "[" * 200_000, "is damaged or no result of surmax"),
        (lambda text: text.replace("1.25", "9" * 5000), "is damaged or no result of surmax"),
    ],
)
def test_a_result_that_was_damaged_is_reported(tmp_path, change, reason, capsys):
    path = tmp_path / "result.json"
    keep_result(path, "digest", {"area": 1.25, "top": "unit"})
    path.write_bytes(change(path.read_text()).encode(errors="surrogateescape"))
    assert kept_result(path, "digest") is None
    assert capsys.readouterr().err == f"kept result {path} {reason}: it is made again\n"
    keep_result(path, "digest", {"area": 1.25})
    assert kept_result(path, "digest")["result"] == {"area": 1.25}


def test_what_is_no_file_is_no_result(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "endless").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    for name in ("folder", "endless", "pipe"):
        said = []
        assert kept_result(tmp_path / name, "digest", said.append) is None
        assert len(said) == 1
        with pytest.raises(InputError, match="must be a regular file or a new one"):
            Kept(tmp_path / name, "digest", said.append)
    (tmp_path / "file").touch()
    assert kept_result(tmp_path / "file" / "x", "digest", said.append) is None
    assert len(said) == 2


def test_kept_results_never_go_through_a_link(tmp_path):
    kept = Kept(tmp_path / "kept", "digest")
    (tmp_path / "victim").write_text("mine", encoding="utf-8")
    (tmp_path / "kept").unlink()
    (tmp_path / "kept").symlink_to(tmp_path / "victim")
    with pytest.raises(InputError, match=r"^kept results "):
        kept.put("a", 1)
    (tmp_path / "kept").unlink()
    # Another process that did the same work has finished it.
    kept.put("b", 2)
    assert [one.name for one in tmp_path.iterdir()] == ["victim"]
    assert (tmp_path / "victim").read_text(encoding="utf-8") == "mine"


def test_a_result_of_other_inputs_is_reported(tmp_path):
    keep_result(tmp_path / "a.json", "one", 1)
    (tmp_path / "a.json").rename(tmp_path / "b.json")
    said = []
    assert kept_result(tmp_path / "b.json", "two", said.append) is None
    assert said == [f"kept result {tmp_path / 'b.json'} belongs to other inputs: it is made again"]


def test_a_file_beside_a_result_belongs_to_it(tmp_path):
    write_whole(tmp_path / "a.v", "module a; endmodule\n")
    keep_result(tmp_path / "a.json", "digest", 1, beside=[tmp_path / "a.v"])
    said = []
    assert kept_result(tmp_path / "a.json", "digest", said.append)
    (tmp_path / "a.v").write_text("module b; endmodule\n")
    assert kept_result(tmp_path / "a.json", "digest", said.append) is None
    (tmp_path / "a.v").unlink()
    assert kept_result(tmp_path / "a.json", "digest", said.append) is None
    assert len(said) == 2
    assert all("has lost a.v, or that file was changed" in line for line in said)


def test_a_write_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        keep_result(tmp_path / "a.json", "digest", float("nan"))
    assert list(tmp_path.iterdir()) == []


def test_kept_results_survive_an_interruption(tmp_path, capsys):
    path = tmp_path / ".out.kept"
    kept = Kept(path, "digest")
    kept.put("head 0", {"kl": 1.5})
    kept.put("head 1", [2])
    with path.open("a") as file:
        file.write('["head 2", {"k')
    assert capsys.readouterr().err == ""
    again = Kept(path, "digest")
    assert "line 4: damaged or cut off; it and what follows" in capsys.readouterr().err
    assert len(again) == 2
    assert again.get("head 0") == {"kl": 1.5}
    assert again.get("head 2") is None
    again.put("head 2", 3)
    found = [json.loads(line)[:2] for line in path.read_text().splitlines()[1:]]
    assert found[-1] == ["head 2", 3]
    assert len(Kept(path, "another")) == 0
    assert "belong to other inputs" in capsys.readouterr().err
    assert len(Kept(path, "digest")) == 0
    again.finish()
    assert not path.exists()
    with pytest.raises(InputError, match="kept results"):
        Kept(tmp_path / "nowhere" / "x", "digest")


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (lambda text: text.replace("1.5", "1.4"), 0),
        (lambda text: text.replace("2.5", "2.4"), 1),
        (lambda text: text.replace("head 1", "head 0"), 1),
        (lambda text: text.replace("digest", "other", 1), 0),
        (lambda text: "[1]\n[2]\n", 0),
    ],
)
def test_a_line_that_was_edited_is_dropped(tmp_path, change, left):
    path = tmp_path / ".out.kept"
    kept = Kept(path, "digest")
    kept.put("head 0", {"kl": 1.5})
    kept.put("head 1", {"kl": 2.5})
    path.write_text(change(path.read_text()))
    said = []
    assert len(Kept(path, "digest", said.append)) == left
    assert len(said) == 1
