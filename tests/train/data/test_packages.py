# SPDX-License-Identifier: Apache-2.0
"""Packages, texts: no network, archives of a few bytes."""

import hashlib
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from surmax.common import archives
from surmax.common import packages as package_files
from surmax.common.errors import NetworkError, ToolError
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
    """Stand-in for pip and the index: gives what it was given; counts."""
    files, calls = {}, []

    def run(command, **_):
        calls.append(command)
        folder, wanted = (Path(command[command.index(option) + 1]) for option in ("-d", "-r"))
        requirement, _, sha256 = wanted.read_text().strip().partition(" --hash=sha256:")
        if requirement not in files:
            raise ToolError("pip: ERROR: no network")
        name, data = files[requirement]
        if digest(data) != sha256:
            raise ToolError("pip: ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE " * 9)
        (folder / name).write_bytes(data)

    def source(requirement, sha256):
        calls.append((requirement, sha256))
        return files[requirement]

    monkeypatch.setattr(package_files, "run_tool", run)
    monkeypatch.setattr(package_files, "source_archive", source)
    return files, calls


def test_members_are_fetched_once(index, tmp_path):
    files, calls = index
    data = wheel({"a/b.txt": b"words", "c": b"more"})
    files["one==1"] = "one-1-py3-none-any.whl", data
    members = (Member(("a/b.txt",), digest(b"words")), Member(("c",), digest(b"more")))
    package = Package("one==1", digest(data), False, members, "MIT")
    paths = fetch(package, tmp_path)
    assert [path.read_bytes() for path in paths] == [b"words", b"more"]
    assert {"--only-binary", "--require-hashes", "--no-deps"} <= set(calls[0])
    assert sorted(path.name for path in (tmp_path / "one==1").iterdir()) == ["b.txt", "c"]
    assert fetch(package, tmp_path) == paths
    assert len(calls) == 1
    # What a killed download has left goes with the next one.
    (tmp_path / "one==1" / "surmax-work-killed").mkdir()
    paths[1].write_bytes(b"changed")
    assert fetch(package, tmp_path)[1].read_bytes() == b"more"
    assert len(calls) == 2
    assert sorted(path.name for path in (tmp_path / "one==1").iterdir()) == ["b.txt", "c"]


def test_an_archive_in_a_source_archive(index, tmp_path):
    files, calls = index
    data = tar("pack-1/inner.tar.gz", tar("in/words.txt", b"words"))
    files["pack==1"] = data
    member = Member(("pack-1/inner.tar.gz", "in/words.txt"), digest(b"words"))
    (path,) = fetch(Package("pack==1", digest(data), True, (member,), "MIT"), tmp_path)
    assert path.read_bytes() == b"words"
    # Not by pip, which would run its build code.
    assert calls == [("pack==1", digest(data))]


@pytest.mark.parametrize(
    ("requirement", "sha256", "member", "line"),
    [
        (
            "two==1",
            "0" * 64,
            digest(b"words"),
            r"two==1 has another sha256 .* only 0{64} is allowed",
        ),
        ("two==1", None, digest(b""), "c of two==1 has sha256 .*: only e3b0"),
        ("three==1", None, digest(b""), r"three==1 could not be .*\(pip: ERROR: no network"),
        ("cut==1", None, digest(b"words"), "c of cut==1: 'c' cannot be taken out of it"),
    ],
)
def test_other_bytes_are_refused(index, tmp_path, requirement, sha256, member, line):
    data = wheel({"first": b"good", "c": b"words"})
    if requirement == "cut==1":
        data = data[: len(data) // 2]
    for name in ("two", "cut"):
        index[0][f"{name}==1"] = f"{name}-1-py3-none-any.whl", data
    members = (Member(("first",), digest(b"good")), Member(("c",), member))
    if requirement == "cut==1":
        members = members[1:]
    with pytest.raises(NetworkError, match=line) as caught:
        fetch(Package(requirement, sha256 or digest(data), False, members, "MIT"), tmp_path)
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)
    # Not even the members before the bad one.
    assert not list((tmp_path / requirement).iterdir())


def test_a_huge_member_is_refused(index, tmp_path, monkeypatch):
    data = wheel({"c": bytes(5000)})
    index[0]["two==1"] = "two-1-py3-none-any.whl", data
    monkeypatch.setattr(archives.take, "__kwdefaults__", {"most": 4999})
    member = Member(("c",), digest(bytes(5000)))
    with pytest.raises(NetworkError, match="c of two==1: 'c' must have at most 0 MiB"):
        fetch(Package("two==1", digest(data), False, (member,), "MIT"), tmp_path)
    assert not list((tmp_path / "two==1").iterdir())


def test_a_member_stays_in_the_folder(index, tmp_path):
    data = wheel({"../../c": b"words"})
    index[0]["two==1"] = "two-1-py3-none-any.whl", data
    member = Member(("../../c",), digest(b"words"))
    (path,) = fetch(Package("two==1", digest(data), False, (member,), "MIT"), tmp_path)
    assert path == tmp_path / "two==1" / "c"
    for name in ((), ("a/..",), ("a/",), ("a/.",), ("a/b\0",)):
        with pytest.raises(InputError, match="path of a member must end in a file name"):
            Member(name, digest(b"words"))


@pytest.mark.parametrize(
    "requirement", ["two", "two==1 --index-url=x", "-r==1", "two==1\nthree==1"]
)
def test_a_requirement_is_no_option(index, tmp_path, requirement):
    package = Package(requirement, "0" * 64, False, (Member(("c",), "0" * 64),), "MIT")
    with pytest.raises(InputError, match="requirement must be NAME==VERSION"):
        fetch(package, tmp_path)
    assert index[1] == []


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


@pytest.mark.parametrize(
    ("read", "content", "line"),
    [
        (read_wikipedia, b"[]", "article '' must be an object with a text 'extract'"),
        (read_wikipedia, b'{"a": {"extract": 1}}', "article 'a' must be an object"),
        (read_wikipedia, b'{"a": "b"}', "article 'a' must be an object"),
        (read_wikipedia, b"{", "must be JSON"),
        (read_wikipedia, b"\xff", "must be UTF-8 text"),
        (read_sentiment, b"1\t2.0", "line 1 must be a name, a rating"),
        (read_sentiment, b"1\t2.0\tgood\n2\tnan\tbad", "line 2 must be"),
        (read_sentiment, b"1\t5\tgood", "line 1 must be"),
        (read_sentiment, b"1\tmuch\t" + b"good" * 1000, "line 1 must be"),
        (read_sentiment, b"\xff", "must be UTF-8 text"),
    ],
)
def test_texts_of_another_form_are_refused(tmp_path, read, content, line):
    path = tmp_path / "text"
    path.write_bytes(content)
    with pytest.raises(InputError, match=line) as caught:
        read(1, path)
    assert len(str(caught.value).replace(str(tmp_path), "")) < 250
    with pytest.raises(InputError, match="must be a regular file"):
        read(1, tmp_path)
