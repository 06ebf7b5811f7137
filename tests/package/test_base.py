# SPDX-License-Identifier: Apache-2.0
"""What each layer imports: the base of Surmax needs NumPy only, and an extra only its packages."""

import subprocess
import sys
import textwrap

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
