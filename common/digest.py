# SPDX-License-Identifier: Apache-2.0
"""Digests of all that a computed result depends on: sources and data files.

`code_digest` walks the import graph of a module without importing it: modules of Surmax that it
imports, at its top or inside a function, directly or through others. A package's `__init__` that
only passes names on leads to the modules of the names that are taken from it. The digest covers the
sources of all of these, and the data files that they read.

Three conventions make that complete; tests/common/test_digest.py holds the repository to them:

- A data file of a package is read through `data_file`.
- `import_module` has a literal name, or an f-string; what its fields can be is then every name.
- A module that imports in another way declares what it reaches, as a module-level constant:

      REACHES = ("surmax.rtl.*.entry",)          reaches these modules; * stands for any text
      REACHES = {"unit_entry": "entry_modules"}  any module's call unit_entry("rtl", ...) reaches
                                                 what entry_modules("rtl"), here, returns
"""

import ast
import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from surmax.common.sources import (
    OWN,
    data_file,
    defined_in,
    is_module,
    last_name,
    source_of,
)

__all__ = ["Reached", "code_digest", "data_file", "digest_of", "reach"]


@dataclass
class Reached:
    """Inputs of a computation: modules, data files and packages.

    Attributes:
        modules: path of each module, by its name.
        passed: path of each package's `__init__` that runs before them without deciding anything:
            its source counts, its imports do not.
        files: path of each data file, by its package and its path there.
    """

    modules: dict[str, Path] = field(default_factory=dict)
    passed: dict[str, Path] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)


def digest_of(*parts: Any) -> str:
    """Return the sha256 of JSON values, paths of files (their content) and bytes."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            content = part.read_bytes()
        else:
            content = part if isinstance(part, bytes) else json.dumps(part, sort_keys=True).encode()
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()


@cache
def code_digest(*modules: str, prose: bool = True, shown: tuple[str, ...] = ()) -> str:
    """Return the sha256 of all that `modules` import and read, themselves included.

    It is computed once a process.

    Args:
        modules: names of modules, of Surmax or of others.
        prose: whether comments and docstrings count. Without them it takes longer.
        shown: without prose, module-level constants that do not count either.

    Raises ModuleNotFoundError when there is no such module, ValueError when one imports or reads
    in a way that the conventions above do not cover.
    """
    reached = reach(*modules)
    digest = hashlib.sha256()
    sources = reached.modules | reached.passed
    for name in sorted(sources):
        text = source_of(name).text
        digest.update(digest_of([name, text if prose else _without_prose(text, shown)]).encode())
    for name, path in sorted(reached.files.items()):
        digest.update(digest_of(name, path).encode())
    return digest.hexdigest()


def reach(*modules: str) -> Reached:
    """Return what `modules` import and read; raises as code_digest does."""
    found = Reached()
    followed = {OWN, *(name.partition(".")[0] for name in modules)}
    # (module, name that is taken from it or None)
    wanted: list[tuple[str, str | None]] = [(name, None) for name in modules]
    seen = set()
    while wanted:
        item = wanted.pop()
        if item in seen:
            continue
        seen.add(item)
        name, part = item
        if name.partition(".")[0] not in followed:
            continue
        module = source_of(name)
        _pass_parents(found, name)
        source, taken = (module, part) if part is None else defined_in(name, part)
        if source is not module:
            wanted.append((source.name, taken))
            found.passed[name] = module.path
            continue
        if name in found.modules:
            continue
        found.modules[name] = module.path
        wanted += [(other, part) for other, part, _ in module.imports]
        for other in module.dynamic():
            followed.add(other.partition(".")[0])
            wanted.append((other, None))
        found.files |= module.data_files()
    return found


def _pass_parents(found: Reached, name: str) -> None:
    while name := name.rpartition(".")[0]:
        if is_module(name):
            found.passed[name] = source_of(name).path


def _without_prose(text: str, shown: tuple[str, ...]) -> str:
    """Return the syntax tree of a source as text, without docstrings and constants in `shown`."""
    tree = ast.parse(text)
    tree.body = [
        node
        for node in tree.body
        if not (isinstance(node, ast.Assign) and last_name(node.targets[0]) in shown)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (
            node.body
            and isinstance(node.body[0], ast.Expr)
            and isinstance(node.body[0].value, ast.Constant)
        ):
            node.body[0] = ast.Pass()
    return ast.dump(tree)
