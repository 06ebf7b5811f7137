# SPDX-License-Identifier: Apache-2.0
"""Sizes of files and folders, and no path of one machine in any of them."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from helpers.repository import ROOT

SOURCE = {".py", ".v", ".cc", ".cpp", ".h", ".hpp"}
MOST_LINES = 350
MOST_FILES = 20
# Homes and workplaces of a person or a machine. Paths of the system (/usr/bin, /dev/null) are none.
ABSOLUTE = re.compile(r"(?<![\w.}$/*-])/(?:home|root|work|Users|mnt|tmp)/[\w.]+")


def tracked_files():
    """Return the files that git tracks, or those of the source archive, relative to the root."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in names.split("\0") if name and (ROOT / name).is_file()]


def is_source(path):
    """Whether the file is program text; scripts have no suffix."""
    return path.suffix in SOURCE or path.parent.name == "scripts"


def test_no_source_file_is_long():
    lines = {
        path: len((ROOT / path).read_text().splitlines())
        for path in tracked_files()
        if is_source(path)
    }
    long = [f"{path}: {count} lines" for path, count in lines.items() if count > MOST_LINES]
    assert not long, f"must be at most {MOST_LINES} lines:\n" + "\n".join(long)


def test_no_folder_is_crowded():
    counts = Counter(path.parent for path in tracked_files() if is_source(path))
    crowded = [
        f"{path}: {count} source files" for path, count in counts.items() if count > MOST_FILES
    ]
    assert not crowded, f"must be at most {MOST_FILES} source files:\n" + "\n".join(crowded)


def test_no_path_of_one_machine():
    found = []
    for path in tracked_files():
        try:
            text = (ROOT / path).read_text()
        except UnicodeDecodeError:
            continue  # arrays
        for number, line in enumerate(text.splitlines(), 1):
            if path.name != Path(__file__).name and ABSOLUTE.search(line):
                found.append(f"{path}:{number}: {line.strip()[:80]}")
    assert not found, "must hold no absolute path:\n" + "\n".join(found)


def test_what_counts_as_a_path_of_one_machine():
    assert ABSOLUTE.search('open("/home/me/surmax/a.v")')
    assert ABSOLUTE.search("in /tmp/x")
    assert not ABSOLUTE.search("#!/usr/bin/env python3")
    assert not ABSOLUTE.search("build/tmp/x and ./work/y and https://a.org/root/z")
