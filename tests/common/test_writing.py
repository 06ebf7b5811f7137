# SPDX-License-Identifier: Apache-2.0
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from surmax.common import writing
from surmax.common.errors import InputError
from surmax.common.locking import lock_now
from surmax.common.writing import check_output, check_output_folder, write_whole


def names(folder):
    return sorted(one.name for one in folder.iterdir())


def test_a_file_is_written_and_replaced(tmp_path):
    path = tmp_path / "a.txt"
    old = os.umask(0o027)
    try:
        write_whole(path, "é")
    finally:
        os.umask(old)
    assert path.read_bytes() == b"\xc3\xa9"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o755)
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
    assert names(tmp_path) == ["a.txt"]
    write_whole(path, "name \udcff")  # as of a file whose name is not UTF-8
    assert path.read_bytes() == b"name \\udcff"


def test_only_regular_files_are_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "victim").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "victim")
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    before = names(tmp_path)
    for path, kind in (
        (tmp_path / "folder", "a folder"),
        (tmp_path / "pipe", "a pipe"),
        (tmp_path / "link", "a link"),
        (tmp_path / "dangling", "a link"),
        (Path("/dev/null"), "a device"),
        (Path(), "a folder"),
    ):
        reason = f"must be a regular file or a new one, not {kind}$"
        with pytest.raises(InputError, match=reason):
            check_output(path)
        with pytest.raises(InputError, match=reason):
            write_whole(path, "text")
    assert names(tmp_path) == before
    assert (tmp_path / "victim").read_text() == "mine"


def test_an_output_that_cannot_be_is_refused_before_the_work(tmp_path, monkeypatch):
    for path, reason in (
        (tmp_path / "none" / "a", "folder .*none is not there"),
        (tmp_path / ("n" * 300), "File name too long"),
        (tmp_path / "a\0b", "no path has a null character"),
    ):
        with pytest.raises(InputError, match=f"^output file .*{reason}$"):
            check_output(path)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InputError, match=r"folder .* must be writable"):
        check_output(tmp_path / "a")


def test_an_output_is_no_input(tmp_path):
    given = tmp_path / "s.npz"
    given.write_text("scores")
    os.link(given, tmp_path / "hard")
    (tmp_path / "other").write_text("")
    check_output(tmp_path / "other", [given])
    check_output(tmp_path / "new", [given, tmp_path / "not there"])
    for path in (given, tmp_path / "hard", tmp_path / "." / "s.npz"):
        with pytest.raises(InputError, match=r"output file .* must not be the input .*s\.npz$"):
            check_output(path, [given])


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("old")
    monkeypatch.setattr(
        writing.os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full"))
    )
    with pytest.raises(InputError, match=r"output file .*a: full$"):
        write_whole(tmp_path / "a", "new")
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_text() == "old"


def test_two_may_write_one_file_at_once(tmp_path):
    path = tmp_path / "a"
    texts = [str(number) * 100_000 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: write_whole(path, text), texts * 8))
    assert path.read_text() in texts
    assert names(tmp_path) == ["a"]


def test_partial_files_of_killed_processes_are_removed(tmp_path):
    for name in (".0123456789abcdef.partial", ".aaaaaaaaaaaaaaaa.partial", ".mine.partial"):
        (tmp_path / name).touch()
    (tmp_path / ".bbbbbbbbbbbbbbbb.partial").symlink_to("a")
    with (tmp_path / ".aaaaaaaaaaaaaaaa.partial").open("rb") as living:
        assert lock_now(living.fileno())
        write_whole(tmp_path / "a", "new")
    left = [".aaaaaaaaaaaaaaaa.partial", ".bbbbbbbbbbbbbbbb.partial", ".mine.partial", "a"]
    assert names(tmp_path) == left


def test_a_folder_is_checked_with_its_files(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").touch()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "out")
    check_output_folder(tmp_path / "new" / "deep", ["a"])
    check_output_folder(tmp_path / "link", ["old"], [tmp_path / "file"])
    for folder, reason in (
        (tmp_path / "file", "file is a file"),
        (tmp_path / "file" / "x", "file is a file"),
        (Path("/dev/null/x"), "/dev/null is a device"),
        (tmp_path / ("n" * 300), "File name too long"),
    ):
        with pytest.raises(InputError, match=f"^output folder .*{reason}$"):
            check_output_folder(folder)
    with pytest.raises(InputError, match=r"output file .*old must not be the input"):
        check_output_folder(tmp_path / "link", ["old"], [tmp_path / "out" / "old"])
    with pytest.raises(InputError, match=r"output folder .*link must not be the input"):
        check_output_folder(tmp_path / "link", [], [tmp_path / "out"])
