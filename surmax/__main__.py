# SPDX-License-Identifier: Apache-2.0
"""Entry point of the command `surmax`."""

import io
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import click

from surmax.app import app
from surmax.common.errors import SurmaxError, one_line
from surmax.common.extras import PACKAGES, missing
from surmax.common.processes import Ended, end_on_signals

USAGE_CODE = 2
MACHINE_CODE = 1
INTERRUPTED_CODE = 130


def main() -> None:
    """Run the command line.

    Trouble that a user can act on (SurmaxError, wrong usage), and what the machine refuses (a full
    disk, no memory), is one line on standard error and an exit code. A signal is one line, and an
    exit code of 128 and its number. Any other exception is a defect of Surmax and keeps its
    traceback.
    """
    _open_streams()
    end_on_signals()
    try:
        line, code = _run()
        # Now, because an error at the end of the interpreter could not be reported.
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output wants no more of it.
        _drop_output()
        line, code = "", MACHINE_CODE
    except OSError as error:
        if error.errno is None:
            raise
        where = "standard output" if error.filename is None else os.fsdecode(error.filename)
        _drop_output()
        line, code = f"{where}: {error.strerror}", MACHINE_CODE
    if line:
        with suppress(OSError):
            print(one_line(f"surmax: {line}"), file=sys.stderr, flush=True)
    sys.exit(code)


def _run() -> tuple[str, int]:
    """Run the command; return what ended it, "" where nothing has to be said, and an exit code."""
    try:
        return "", app.main(prog_name="surmax", standalone_mode=False) or 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return "", USAGE_CODE
    except click.ClickException as error:
        return error.format_message(), USAGE_CODE
    except SurmaxError as error:
        return str(error), error.exit_code
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in PACKAGES:
            raise
        found = missing(package)
        return str(found), found.exit_code
    except (click.Abort, KeyboardInterrupt):
        return "interrupted", INTERRUPTED_CODE
    except subprocess.TimeoutExpired as late:
        return f"{Path(late.cmd[0]).name} took longer than {late.timeout:.0f} s", MACHINE_CODE
    except MemoryError:
        return "not enough memory", MACHINE_CODE
    except Ended as ended:
        return str(ended), ended.code
    except SystemExit as ended:
        return "", ended.code


def _open_streams() -> None:
    """Make standard output and error take any text, whatever their encoding is."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            # Closed by whoever started us: a file must not get its number and be written to.
            handle = os.open(os.devnull, os.O_RDWR)
            if handle != number:
                os.dup2(handle, number)
                os.close(handle)
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8"))
        elif isinstance(stream, io.TextIOWrapper) and number:
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Throw away what standard output still holds: it cannot be written."""
    with suppress(OSError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


if __name__ == "__main__":
    main()
