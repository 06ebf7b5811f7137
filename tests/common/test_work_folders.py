# SPDX-License-Identifier: Apache-2.0
import os
import signal
import subprocess
import sys

import pytest
from surmax.common import work_folders
from surmax.common.errors import InputError
from surmax.common.work_folders import private_folder, work_folder

KILLED = """
import os, signal, sys
from pathlib import Path
from surmax.common.work_folders import work_folder
with work_folder(Path(sys.argv[1])) as folder:
    (folder / "file").touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def private(tmp_path, monkeypatch):
    """Give this test a folder of temporary files of its own."""
    monkeypatch.setattr(work_folders.tempfile, "tempdir", str(tmp_path))
    private_folder.cache_clear()
    yield tmp_path / f"surmax-{os.getuid()}"
    private_folder.cache_clear()


def test_a_folder_is_there_while_it_is_used(tmp_path):
    with work_folder(tmp_path / "a" / "b") as one, work_folder(tmp_path / "a" / "b") as two:
        assert one != two
        (one / "file").touch()
        (two / "folder").mkdir()
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_the_next_run_removes_what_a_killed_one_has_left(tmp_path):
    (tmp_path / "work-mine").mkdir()
    done = subprocess.run([sys.executable, "-c", KILLED, tmp_path], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 2
    with work_folder(tmp_path) as living:
        assert sorted(tmp_path.iterdir()) == sorted([living, tmp_path / "work-mine"])
        with work_folder(tmp_path):
            assert living.is_dir()
    assert list(tmp_path.iterdir()) == [tmp_path / "work-mine"]


def test_links_are_no_leftovers(tmp_path):
    (tmp_path / "target" / "keep").mkdir(parents=True)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "surmax-work-x").symlink_to(tmp_path / "target")
    with work_folder(tmp_path / "cache"):
        assert (tmp_path / "target" / "keep").is_dir()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"^work folder in .*/file/x: Not a directory$"):
        work_folder(tmp_path / "file" / "x").__enter__()


def test_temporary_files_are_in_a_private_folder(private):
    with work_folder() as folder:
        assert folder.parent == private
        assert private.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("taken", ["link", "open"])
def test_a_folder_that_another_could_change_is_not_used(private, tmp_path, taken, monkeypatch):
    if taken == "link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        private.symlink_to(tmp_path / "elsewhere")
    else:
        private.mkdir()
        private.chmod(0o777)
    assert private_folder() != private


def test_a_folder_that_compilers_stumble_over_is_not_used(tmp_path, monkeypatch):
    odd = tmp_path / "a b"
    odd.mkdir()
    monkeypatch.setattr(work_folders.tempfile, "tempdir", str(odd))
    private_folder.cache_clear()
    try:
        assert " " not in str(private_folder())
    finally:
        private_folder.cache_clear()
