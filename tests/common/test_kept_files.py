# SPDX-License-Identifier: Apache-2.0
import os
from threading import Thread

import pytest
from surmax.common import kept_files as module
from surmax.common.kept_files import kept_files


@pytest.fixture
def made():
    """Work folders in which files were made."""
    return []


@pytest.fixture
def make(made):
    def make(work):
        made.append(work)
        for name in ("a", "b"):
            (work / name).write_text(name, encoding="utf-8")
        (work / "a").chmod(0o755)

    return make


@pytest.mark.parametrize("one_disk", [True, False])
def test_files_are_made_once(tmp_path, make, made, monkeypatch, one_disk):
    if not one_disk:
        replace = os.replace
        apart = OSError(18, "Invalid cross-device link")

        def refuse(source, target):
            if source.parent in made:
                raise apart
            replace(source, target)

        monkeypatch.setattr(module.os, "replace", refuse)
    place = tmp_path / "x" / "place"
    said = []
    assert not kept_files(place, "digest", ["a", "b"], make, said.append)
    assert kept_files(place, "digest", ["a", "b"], make, said.append)
    assert sorted(one.name for one in place.iterdir()) == ["a", "b", "made.json"]
    assert os.access(place / "a", os.X_OK)
    assert (len(made), said) == (1, [])
    assert not made[0].exists()


@pytest.mark.parametrize("fault", ["changed", "gone", "link", "digest"])
def test_what_was_changed_is_made_again(tmp_path, make, made, fault):
    place, said = tmp_path / "place", []
    kept_files(place, "digest", ["a", "b"], make)
    if fault == "changed":
        (place / "b").write_text("c", encoding="utf-8")
    if fault in ("gone", "link"):
        (place / "b").unlink()
    if fault == "link":
        (tmp_path / "victim").write_text("mine", encoding="utf-8")
        (place / "b").symlink_to(tmp_path / "victim")
    digest = "other" if fault == "digest" else "digest"
    assert not kept_files(place, digest, ["a", "b"], make, said.append)
    assert (len(made), len(said)) == (2, 1)
    assert said[0].endswith(": it is made again")
    assert (place / "b").read_text(encoding="utf-8") == "b"
    if fault == "link":
        assert (tmp_path / "victim").read_text(encoding="utf-8") == "mine"


def test_what_fails_leaves_nothing(tmp_path):
    def fail(work):
        (work / "a").touch()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        kept_files(tmp_path / "place", "digest", ["a"], fail)
    assert list(tmp_path.iterdir()) == []


def test_several_that_want_the_same_make_it_once(tmp_path, make, made):
    jobs = [
        Thread(target=kept_files, args=(tmp_path / "place", "digest", ["a", "b"], make))
        for _ in range(8)
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert len(made) == 1
