# SPDX-License-Identifier: Apache-2.0
"""The wheel and the source archive of the tree, and environments to install them in."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from helpers.repository import ROOT
from surmax.common.locking import locked_folder

# Folders of the packages, as in setup.py, with the name that each has in a wheel.
PACKAGES = {
    "common": "surmax/common",
    "golden": "surmax/golden",
    "calibrate": "surmax/calibrate",
    "rtl": "surmax/rtl",
    "tb": "surmax/tb",
    "synth": "surmax/synth",
    "aiengine": "surmax/aie",
    "train": "surmax/train",
    "surmax": "surmax",
}
# The pip of the running environment installs into others too: it saves unpacking one into each.
_HAS_PIP = find_spec("pip") is not None
_CACHES = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*")


def copy_tree(folder):
    """Copy what the distribution is made of to `folder`: building leaves files behind."""
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    for name in (*PACKAGES, "docs", "scripts", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=_CACHES)
    return folder


def build(source, output, *kinds):
    """Build the distribution of the tree `source`: kinds are --wheel and --sdist, both if none."""
    pytest.importorskip("build", reason="package build is not installed: `make setup` installs it")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(output), *kinds]
    done = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout + done.stderr


def built(folder):
    """Return `folder` with the wheel, the source archive and the log of their building in it."""
    work = folder.with_suffix(".work")
    with locked_folder(folder):
        if not any(folder.iterdir()):
            shutil.rmtree(work, ignore_errors=True)
            (work / "source").mkdir(parents=True)
            # Without kinds the wheel is built from the source archive.
            log = build(copy_tree(work / "source"), work / "dist")
            (work / "dist" / "log.txt").write_text(log)
            for file in (work / "dist").iterdir():
                file.rename(folder / file.name)
            shutil.rmtree(work)
    return folder


def wheel_of(folder):
    """Return the path of the only wheel in `folder`."""
    (path,) = folder.glob("*.whl")
    return path


def wheel_files(path):
    """Return {name: content} of a wheel, without its own list of files."""
    with zipfile.ZipFile(path) as wheel:
        return {name: wheel.read(name) for name in wheel.namelist() if not name.endswith("RECORD")}


def sdist_files(folder):
    """Return the names in the source archive in `folder`, without the folder they are in."""
    (path,) = folder.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        return {member.name.partition("/")[2] for member in archive if member.isfile()}


def clean_environment(**variables):
    """Return the variables of a process that must not see the tree or this environment."""
    left_out = ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME", "PYTHONSAFEPATH")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**kept, "PYTHONHASHSEED": "0", **variables}


def make_environment(folder, python=sys.executable):
    """Make a virtual environment of the interpreter `python`; return its Python."""
    command = [python, "-m", "venv", *(["--without-pip"] if _HAS_PIP else []), folder]
    subprocess.run(list(map(str, command)), check=True, env=clean_environment())
    return folder / "bin" / "python"


def pip_install(python, *arguments):
    """Install into an environment; returns the process, whatever came of it."""
    pip = [sys.executable, "-m", "pip", "--python", python] if _HAS_PIP else [python, "-m", "pip"]
    command = [*pip, "install", "--quiet", "--disable-pip-version-check", *arguments]
    return subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(),
    )


def lend_packages(python):
    """Let an environment find the third-party packages of the running one, but not Surmax."""
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    done = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True)
    lent = [path for path in sys.path if path.endswith("site-packages")]
    (Path(done.stdout.strip()) / "lent.pth").write_text("".join(f"{path}\n" for path in lent))
