# SPDX-License-Identifier: Apache-2.0
"""A file out of an archive: bounded, regular, or one line."""

import gzip
import io
import tarfile
import zipfile

import pytest
from surmax.common.archives import take
from surmax.common.errors import InputError

WORDS = bytes(range(256)) * 8


def zipped(name="a/b.txt", data=WORDS, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr(name, data)
    return file.getvalue()


def tarred(name="a/b.txt", data=WORDS, **fields):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        for field, value in fields.items():
            setattr(info, field, value)
        archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


@pytest.mark.parametrize("archive", [zipped(), tarred(), gzip.compress(WORDS)])
def test_a_file_is_taken(archive):
    assert take(archive, "a/b.txt") == WORDS
    assert take(archive, "a/b.txt", most=len(WORDS)) == WORDS
    with pytest.raises(InputError, match=r"'a/b.txt' must have at most 0 MiB"):
        take(archive, "a/b.txt", most=len(WORDS) - 1)


def test_a_bomb_is_not_unpacked():
    ones = bytes([1]) * (64 << 20)
    for archive in (gzip.compress(ones), zipped(data=ones), tarred(data=ones)):
        with pytest.raises(InputError, match="at most 1 MiB"):
            take(archive, "a/b.txt", most=1 << 20)


def test_names_are_compared_only(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("../../out.txt", "/out.txt"):
        for archive in (zipped(name), tarred(name)):
            assert take(archive, name) == WORDS
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_folders_are_refused(kind):
    archive = tarred(data=b"", type=kind, linkname="/etc/passwd")
    with pytest.raises(InputError, match="must be a regular file in it"):
        take(archive, "a/b.txt")


def taken(archive):
    """The file, or None where a line says why it cannot be taken."""
    try:
        return take(archive, "a/b.txt")
    except InputError as error:
        line = str(error)
    assert "\n" not in line
    assert len(line) < 200
    return None


@pytest.mark.parametrize("whole", [zipped(), tarred(), gzip.compress(WORDS)])
def test_every_cut_is_one_line(whole):
    found = [taken(whole[:length]) for length in range(len(whole))]
    # The first ones lack data; what follows the data in a tar.gz may be missing.
    assert not any(found[: len(whole) * 3 // 4])
    assert set(found) <= {None, WORDS}


@pytest.mark.parametrize(
    "whole", [zipped(), zipped(method=zipfile.ZIP_LZMA), tarred(), gzip.compress(WORDS)]
)
def test_damage_is_one_line(whole):
    for at in range(0, len(whole), 2):
        for flip in (0x01, 0xFF):
            bad = bytearray(whole)
            bad[at] ^= flip
            taken(bytes(bad))
