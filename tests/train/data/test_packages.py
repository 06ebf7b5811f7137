# SPDX-License-Identifier: Apache-2.0
"""Packages, texts: no network, archives of a few bytes."""

import hashlib
import io
import json
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from surmax.common import packages as package_files
from surmax.common.errors import NetworkError
from surmax.common.packages import Member, Package
from surmax.golden import InputError
from surmax.train.data import packages
from surmax.train.data.packages import fetch, models_folder
from surmax.train.data.text import TEST_ARTICLES, read_sentiment, read_wikipedia


def digest(data):
    return hashlib.sha256(data).hexdigest()


def tar(name, data):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def wheel(members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


@pytest.fixture
def index(monkeypatch):
    """Stand-in for pip: downloads what it was given; counts."""
    files, calls = {}, []

    def run(command, **_):
        calls.append(command)
        folder, requirement = Path(command[-2]), command[-1]
        if requirement not in files:
            return subprocess.CompletedProcess(command, 1, "", "looking\nERROR: no network\n")
        name, data = files[requirement]
        (folder / name).write_bytes(data)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(package_files.subprocess, "run", run)
    return files, calls


def test_members_are_fetched_once(index, tmp_path):
    files, calls = index
    data = wheel({"a/b.txt": b"words", "c": b"more"})
    files["one==1"] = "one-1-py3-none-any.whl", data
    members = (Member(("a/b.txt",), digest(b"words")), Member(("c",), digest(b"more")))
    package = Package("one==1", digest(data), False, members, "MIT")
    paths = fetch(package, tmp_path)
    assert [path.read_bytes() for path in paths] == [b"words", b"more"]
    assert "--only-binary" in calls[0]
    assert sorted(path.name for path in (tmp_path / "one==1").iterdir()) == ["b.txt", "c"]
    assert fetch(package, tmp_path) == paths
    assert len(calls) == 1
    paths[1].write_bytes(b"changed")
    assert fetch(package, tmp_path)[1].read_bytes() == b"more"
    assert len(calls) == 2


def test_an_archive_in_a_source_archive(index, tmp_path):
    files, calls = index
    data = tar("pack-1/inner.tar.gz", tar("in/words.txt", b"words"))
    files["pack==1"] = "pack-1.tar.gz", data
    member = Member(("pack-1/inner.tar.gz", "in/words.txt"), digest(b"words"))
    (path,) = fetch(Package("pack==1", digest(data), True, (member,), "MIT"), tmp_path)
    assert path.read_bytes() == b"words"
    assert "--no-binary" in calls[0]


@pytest.mark.parametrize(
    ("requirement", "sha256", "member", "line"),
    [
        ("two==1", digest(b""), digest(b"words"), "two==1 has sha256 .*: only e3b0"),
        ("two==1", None, digest(b""), "c of two==1 has sha256 .*: only e3b0"),
        ("three==1", None, digest(b""), r"three==1 could not be .*\(ERROR: no network\)"),
    ],
)
def test_other_bytes_are_refused(index, tmp_path, requirement, sha256, member, line):
    data = wheel({"c": b"words"})
    index[0]["two==1"] = "two-1-py3-none-any.whl", data
    wanted = Package(requirement, sha256 or digest(data), False, (Member(("c",), member),), "MIT")
    with pytest.raises(NetworkError, match=line):
        fetch(wanted, tmp_path)
    assert not list((tmp_path / requirement).iterdir())


def test_models_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("SURMAX_MODELS", raising=False)
    assert models_folder() == tmp_path / "surmax" / "models"
    monkeypatch.setenv("SURMAX_MODELS", "mine")
    assert models_folder() == Path("mine")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"models folder is .*file"):
        fetch(packages.MINILM, tmp_path / "file")


def test_wikipedia_is_split_by_the_seed(tmp_path):
    path = tmp_path / "summaries.json"
    sections = [f"section {at}" for at in range(TEST_ARTICLES + 50)]
    path.write_text(json.dumps({f"t{at}": {"extract": one} for at, one in enumerate(sections)}))
    text, again, other = (read_wikipedia(seed, path) for seed in (1, 1, 2))
    assert text == again
    assert text.test != other.test
    assert len(text.test) == TEST_ARTICLES
    assert sorted(text.test + text.other) == sorted(sections)
    with pytest.raises(InputError, match=r"seed must be .*, not -1"):
        read_wikipedia(-1, path)


def test_sentences_have_the_sign_of_their_rating(tmp_path):
    path = tmp_path / "ratings.txt"
    lines = [f"{at}\t{(-1) ** at * (1 + at / 10):.2f}\tsentence {at}" for at in range(20)]
    lines += ["20\t0.49\tneither", "21\t-0.3\tneither too", "22\t3.0\tsentence 3"]
    path.write_bytes("\r\n".join(lines).encode())
    split = read_sentiment(1, path)
    assert [len(part) for part in (split.training, split.validation, split.test)] == [16, 2, 2]
    every = split.training + split.validation + split.test
    assert {one.text: one.label for one in every} == {
        f"sentence {at}": 1 - at % 2 for at in range(20)
    }
    assert read_sentiment(1, path) == split
    assert read_sentiment(2, path) != split
