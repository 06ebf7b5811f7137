# SPDX-License-Identifier: Apache-2.0
import os
import socket
from pathlib import Path

import pytest
from surmax.common.errors import InputError
from surmax.common.reading import MIB, read_bytes, read_json, read_text, read_toml


def test_a_regular_file_is_read(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b'\xef\xbb\xbf{"name": "\xc3\xa9", "value": [1, 2.5]}')
    assert read_bytes(path, "file").startswith(b"\xef\xbb\xbf{")
    assert read_text(path, "file").startswith("{")
    assert read_json(path, "file") == {"name": "é", "value": [1, 2.5]}
    (tmp_path / "a.toml").write_text("lanes = [1, 2]\n")
    assert read_toml(tmp_path / "a.toml", "sweep") == {"lanes": [1, 2]}


def test_what_is_not_a_regular_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        for path, reason in (
            (tmp_path, "must be a regular file, not a folder"),
            (tmp_path / "pipe", "must be a regular file, not a pipe"),
            (tmp_path / "socket", "it is no regular file"),
            (Path("/dev/zero"), "must be a regular file, not a device"),
            (tmp_path / "none", "No such file or directory"),
            (tmp_path / ("n" * 300), "File name too long"),
            (Path("a\0b"), "no path has a null character"),
        ):
            with pytest.raises(InputError, match=rf"^sweep .*{reason}$"):
                read_bytes(path, "sweep")


def test_a_file_has_a_largest_size(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b" " * MIB)
    assert len(read_bytes(path, "file", most=MIB)) == MIB
    path.write_bytes(b" " * (MIB + 1))
    with pytest.raises(InputError, match=r"file .*a.json must have at most 1 MiB$"):
        read_bytes(path, "file", most=MIB)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "key 'c' must not be twice in an object"),
        (b'{"a": NaN}', "number must be finite, not NaN"),
        (b'{"a": 1e400}', "number must be finite, not 1e400"),
        (b'{"a": -Infinity}', "number must be finite, not -Infinity"),
        (b"[" * 100_000, "must be JSON: it is nested too deeply"),
        (b"9" * 5000, "must be JSON: an integer has too many digits"),
        (b'{"a" 1}', "must be JSON: Expecting ':' delimiter: line 1 column 6"),
        (b"", "must be JSON: Expecting value"),
        (b"\n\xff", "must be UTF-8 text: line 2 has byte 0xff"),
        (b"\xff\xfe{\0}\0", "must be UTF-8 text: line 1 has byte 0xff"),
    ],
)
def test_json_is_refused_in_one_line(content, reason, tmp_path):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(InputError) as raised:
        read_json(tmp_path / "a.json", "file")
    assert reason in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a = " + b"9" * 5000, "an integer has too many digits"),
        (b"a = " + b"[" * 100_000, "it is nested too deeply"),
        (b"a = 1\na = 2", "Cannot overwrite a value"),
        (b"a = nan", "number must be finite, not nan"),
        (b"a = [1, -inf]", "number must be finite, not -inf"),
        (b"a = 1e999", "number must be finite, not 1e999"),
        (b"a = 1\n\xff", "must be UTF-8 text: line 2 has byte 0xff"),
    ],
)
def test_toml_is_refused_in_one_line(content, reason, tmp_path):
    (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(InputError) as raised:
        read_toml(tmp_path / "a.toml", "sweep")
    assert reason in str(raised.value)
    assert "\n" not in str(raised.value)
