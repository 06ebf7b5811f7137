# SPDX-License-Identifier: Apache-2.0
"""Imports of each layer: the base of Surmax needs NumPy only, and an extra only its packages."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest
from helpers.repository import ROOT
from surmax.common.extras import PACKAGES

# An import of `blocked` fails as if it was not installed.
BLOCK = """
import importlib, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())
"""


def modules(folder, package):
    """Return the names of all modules of a layer."""
    found = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        parts = path.relative_to(ROOT / folder).with_suffix("").parts
        found.append(".".join(["surmax", package, *(part for part in parts if part != "__init__")]))
    return found


def run(blocked, code):
    script = f"blocked = {sorted(blocked)!r}\n{BLOCK}\n{textwrap.dedent(code)}"
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT.parent
    )


@pytest.mark.parametrize("layer", ["common", "golden", "calibrate"])
def test_base_imports_numpy_only(layer):
    code = f"""
    for module in {modules(layer, layer)!r}:
        importlib.import_module(module)
    known = sys.stdlib_module_names | {{"surmax"}}
    print(*sorted({{name.partition(".")[0] for name in sys.modules}} - known))
    """
    done = run({*PACKAGES, "click", "rich", "scipy"}, code)
    assert done.returncode == 0, done.stderr
    # cython_runtime is a name that NumPy's compiled modules register.
    others = {name for name in done.stdout.split() if not name.startswith("_")}
    assert others <= {"numpy", "cython_runtime"}


def test_synth_needs_numba_for_energy_only():
    code = """
    import surmax.synth, surmax.synth.report.measure
    from surmax.common.errors import MissingToolError
    assert "numba" not in sys.modules
    try:
        surmax.synth.report.measure.energy_figures(None, None, None, 64, 10.0, None)
    except MissingToolError as error:
        print(error)
    """
    done = run({"numba", "matplotlib", "cocotb"}, code)
    assert done.stdout == (
        "package numba is not installed: it is needed for energy (pip install 'surmax[synth]')\n"
    ), done.stderr


def test_rtl_without_amaranth_is_one_line():
    code = """
    from surmax.common.errors import MissingToolError
    try:
        import surmax.rtl.consmax.unit
    except MissingToolError as error:
        print(error)
    """
    done = run({"amaranth"}, code)
    assert done.stdout == (
        "package amaranth is not installed: it is needed for the hardware of every unit "
        "(pip install 'surmax[rtl]')\n"
    ), done.stderr


def surmax(arguments, folder, blocked=PACKAGES):
    """Run the command line in `folder` as if the packages of the extras were not installed."""
    code = f"""
    sys.argv = ["surmax", *{list(arguments)!r}]
    from surmax.__main__ import main
    sys.exit(main())
    """
    script = f"blocked = {sorted(blocked)!r}\n{BLOCK}\n{textwrap.dedent(code)}"
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=folder
    )


def test_command_line_of_the_base(tmp_path):
    scores = np.random.default_rng(1).integers(-128, 128, (2, 20, 16)).astype(np.int8)
    np.savez(tmp_path / "scores.npz", scores=scores, scale=np.array([0.05, 0.1]))
    solve = ("solve", "consmax", "--scale", "0.05", "--beta", "1.5", "--gamma", "20")
    for arguments in (
        ("--help",),
        ("--version",),
        (*solve, "-o", "constants.json"),
        ("calibrate", "--scores", "scores.npz", "-o", "heads.json"),
    ):
        done = surmax(arguments, tmp_path)
        assert done.returncode == 0, (arguments, done.stderr)
    assert (tmp_path / "constants.json").is_file()
    assert (tmp_path / "heads.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (("elaborate", "consmax"), "rtl"),
        (("sim", "consmax"), "sim"),
        (("synth", "hccs"), "synth"),
        (("energy", "hccs"), "synth"),
        (("report",), "report"),
        (("accuracy", "language"), "train"),
        (("calibrate", "--model", "minilm", "-o", "x.json"), "train"),
    ],
)
def test_command_without_its_extra_is_one_line(arguments, extra, tmp_path):
    done = surmax(arguments, tmp_path)
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("surmax: package ")
    assert f"pip install 'surmax[{extra}]'" in line
