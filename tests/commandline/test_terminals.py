# SPDX-License-Identifier: Apache-2.0
"""Output on odd terminals, pipes and encodings, from the real command in a process of its own."""

import os
import subprocess
import sys

import pytest

SOLVE = ("solve", "consmax", "--scale", "0.05", "--beta", "1", "--gamma", "10")
FIGURES = "0      0     0.05   1     10     0            0"


def surmax(*arguments, shell="exec {}", **environment):
    """Run the command in a shell; `{}` stands for it in `shell`."""
    command = shell.format('"$@"')
    return subprocess.run(
        ["sh", "-c", command, "sh", sys.executable, "-m", "surmax", *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("columns", ["0", "1", "40", "-3", "²", "x", "9" * 5000, ""])
def test_no_width_breaks_a_figure(columns):
    done = surmax(*SOLVE, COLUMNS=columns, LINES=columns)
    assert (done.returncode, done.stderr) == (0, b"")
    assert FIGURES in done.stdout.decode()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-16", "latin-1:strict"])
def test_any_encoding_of_the_output(encoding, tmp_path):
    named = tmp_path / "\u00b5\u2192\U0001f600.json"
    done = surmax("aie", "header", named, PYTHONIOENCODING=encoding, LC_ALL="C")
    assert done.returncode == 2
    text = done.stderr.decode(encoding.partition(":")[0])
    assert text.startswith("surmax: ")
    assert "Traceback" not in text
    assert surmax("registers", PYTHONIOENCODING=encoding, LC_ALL="C").returncode == 0


@pytest.mark.parametrize("arguments", [("registers",), ("--version",), (*SOLVE, "--json"), SOLVE])
def test_a_full_output_is_one_line(arguments):
    done = surmax(*arguments, shell="exec {} >/dev/full")
    assert done.returncode == 1
    assert done.stderr == b"surmax: standard output: No space left on device\n"


@pytest.mark.parametrize("arguments", [("registers",), (*SOLVE, "--json"), SOLVE])
def test_a_reader_that_has_gone_is_no_error(arguments):
    # The reader ends before the first byte is written.
    done = surmax(*arguments, shell="{{ sleep 0.1; {}; echo $? >&2; }} | true")
    assert done.stderr.split() in ([b"1"], [b"0"])


@pytest.mark.parametrize("closing", [">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams(closing, tmp_path):
    path = tmp_path / "c.json"
    done = surmax(*SOLVE, "-o", path, shell=f"exec {{}} {closing}")
    assert (done.returncode, done.stderr) == (0, b"")
    # Nothing that was printed has gone into the file in its place.
    assert path.read_text(encoding="utf-8").startswith("{")
    assert path.read_text(encoding="utf-8").endswith("}\n")


def test_a_line_is_of_three_hundred_characters(tmp_path):
    for long in ("y" * 5000, "[bold]" * 100):
        done = surmax("aie", "header", long)
        line = done.stderr.decode()
        assert done.returncode == 2
        assert line.startswith("surmax: constants file ...")
        assert long[-20:] in line
        assert line.count("\n") == 1
        assert len(line) <= 301


def test_nothing_is_markup(tmp_path):
    # Together they read "[red]a[/b].json", which would end a tag that was never begun.
    folder = tmp_path / "[red]a["
    folder.mkdir()
    path = folder / "b].json"
    assert surmax(*SOLVE, "-o", path).returncode == 0
    done = surmax("aie", "header", path, "-o", folder / "b] :smile:.hpp")
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == f"{folder}/b] :smile:.hpp: constants of {path}\n"
