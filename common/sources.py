# SPDX-License-Identifier: Apache-2.0
"""Sources of modules, read without importing them: imports, and the data files that they name.

The conventions that make this complete are those of surmax.common.digest.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cache, cached_property
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# The resolvers of the second form of REACHES are imported by their name.
REACHES = ()

OWN = "surmax"
_IMPORT = re.compile(
    r"^[ \t]*(from[ \t]+[\w.]+[ \t]+import[ \t]+(?:\([^)]*\)|[^\n(]+)|import[ \t]+\w[^\n]*)$",
    re.MULTILINE,
)


def data_file(package: str, name: str) -> Path:
    """Return the path of a data file, or of a folder of them, in a package.

    Args:
        package: a literal or `__package__`, so that `code_digest` can read it in the source.
        name: path in the package; where it is no literal, all data files there count.

    Raises FileNotFoundError when the package does not have it.
    """
    path = places(package)[0] / name
    if not path.exists():
        raise FileNotFoundError(f"package {package} has no {name}")
    return path


class Source:
    """The source of one module, read once a process.

    Parameters:
        name: of the module.
        path: of its source.
    """

    def __init__(self, name: str, path: Path) -> None:
        self.name, self.path = name, path
        self.text = path.read_text(encoding="utf-8")
        self.is_package = path.name == "__init__.py"

    @cached_property
    def tree(self) -> ast.Module:
        """Syntax tree of the whole source, which takes long: most sources go without."""
        return ast.parse(self.text)

    @cached_property
    def imports(self) -> list[tuple[str, str | None, str]]:
        """Modules that are imported, the name that is taken from each or None, what is bound."""
        return list(self._imported(self._import_nodes()))

    @cached_property
    def passes_on(self) -> dict[str, tuple[str, str | None]]:
        """Names that an `__init__` imports and nothing else decides: where each comes from."""
        if not self.is_package:
            return {}
        top = [node for node in self.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        names = {alias: (name, part) for name, part, alias in self._imported(top)}
        other = [node for node in self.tree.body if node not in top]
        bound = {one.id for node in other for one in ast.walk(node) if _binds(one)}
        bound |= {node.name for node in other if isinstance(node, DEFINITIONS)}
        return {name: place for name, place in names.items() if name not in bound}

    @cached_property
    def reaches(self) -> Any:
        """The constant REACHES, or None."""
        if not re.search(r"^REACHES\b", self.text, re.MULTILINE):
            return None
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and last_name(node.targets[0]) == "REACHES":
                return ast.literal_eval(node.value)
        return None

    @property
    def resolvers(self) -> dict[str, str]:
        """Functions here that import by name, and what says which modules a call reaches."""
        return self.reaches if isinstance(self.reaches, dict) else {}

    def dynamic(self) -> Iterator[str]:
        """Yield the modules that are imported by names made at run time."""
        if isinstance(self.reaches, tuple):
            for pattern in self.reaches:
                yield from matching(pattern)
        if self.reaches is None:
            for call in self._calls("import_module"):
                yield from matching(self._pattern(call))
        for name, part, bound in self.imports:
            if name.partition(".")[0] != OWN or not is_module(name):
                continue
            source, taken = defined_in(name, part)
            for function, resolver in source.resolvers.items():
                if taken not in (None, function):
                    continue
                for call in self._calls(function if taken is None else bound):
                    argument = call.args[0] if call.args else None
                    if not isinstance(argument, ast.Constant):
                        raise ValueError(
                            f"{self._place(call)}: the first argument of {function} must be a "
                            "literal, so that what it reaches is known"
                        )
                    yield from getattr(import_module(source.name), resolver)(argument.value)

    def data_files(self) -> dict[str, Path]:
        """Return the files that calls of data_file name, by package and path."""
        found = {}
        for call in self._calls("data_file") if self.name != __name__ else ():
            package, name = (self._literal(one) for one in call.args)
            if package is None:
                raise ValueError(
                    f"{self._place(call)}: the package of data_file must be a literal or "
                    "__package__"
                )
            folder = places(package)[0]
            for path in _files(folder if name is None else data_file(package, name)):
                found[f"{package}/{path.relative_to(folder).as_posix()}"] = path
        return found

    def _import_nodes(self) -> list[ast.stmt]:
        """Return the import statements, those inside functions too."""
        try:
            return ast.parse("\n".join(_IMPORT.findall(self.text))).body
        except SyntaxError:  # a comment with a parenthesis among the names, say
            return [n for n in ast.walk(self.tree) if isinstance(n, ast.Import | ast.ImportFrom)]

    def _imported(self, nodes: Iterable[ast.stmt]) -> Iterator[tuple[str, str | None, str]]:
        """Yield module, name taken from it or None, and the name that is bound."""
        for node in nodes:
            if isinstance(node, ast.Import):
                for one in node.names:
                    yield one.name, None, one.asname or one.name.partition(".")[0]
            elif isinstance(node, ast.ImportFrom):
                package = self.name if self.is_package else self.name.rpartition(".")[0]
                for _ in range(node.level - 1):
                    package = package.rpartition(".")[0]
                parts = [package] * (node.level > 0) + [node.module] * (node.module is not None)
                for one in node.names:
                    name = None if one.name == "*" else one.name
                    yield ".".join(parts), name, one.asname or one.name

    def _calls(self, function: str) -> list[ast.Call]:
        if f"{function}(" not in self.text:
            return []
        calls = (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))
        return [call for call in calls if last_name(call.func) == function]

    def _literal(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if last_name(node) == "__name__":
            return self.name
        if last_name(node) == "__package__":
            return self.name if self.is_package else self.name.rpartition(".")[0]
        return None

    def _pattern(self, call: ast.Call) -> str:
        """Return the name that import_module gets, * for what is not known of it."""
        argument = call.args[0]
        parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
        known = [
            self._literal(part.value if isinstance(part, ast.FormattedValue) else part) or "*"
            for part in parts
        ]
        if "*" in "".join(known).split(".", 1)[0]:
            raise ValueError(
                f"{self._place(call)}: import_module must have a literal or an f-string that "
                "begins with a package, or the module must declare REACHES"
            )
        return "".join(known)

    def _place(self, node: ast.expr) -> str:
        return f"{self.name}, line {node.lineno}"


DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _binds(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def last_name(node: ast.AST) -> str:
    """Return the last part of a dotted name, "" for other expressions."""
    return getattr(node, "attr", getattr(node, "id", ""))


@cache
def source_of(name: str) -> Source:
    """Return the source of a module; raises ModuleNotFoundError when there is none."""
    path = _path(name)
    if path is None:
        raise ModuleNotFoundError(f"no module {name} with a source", name=name)
    return Source(name, path)


def defined_in(name: str, part: str | None) -> tuple[Source, str | None]:
    """Return the module where a name that is taken from another one is defined, and its name."""
    while part is not None:
        if is_module(f"{name}.{part}"):
            return source_of(f"{name}.{part}"), None
        if part not in source_of(name).passes_on:
            break
        name, part = source_of(name).passes_on[part]
    return source_of(name), part


def is_module(name: str) -> bool:
    """Return whether there is a module of that name, with a source."""
    return _path(name) is not None


@cache
def _path(name: str) -> Path | None:
    """Return the source of a module, looked up without importing it; None when there is none."""
    package, _, last = name.rpartition(".")
    for folder in places(package) if package else ():
        for path in (folder / last / "__init__.py", folder / f"{last}.py"):
            if path.is_file():
                return path
    spec = _spec(name)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin)


@cache
def _spec(name: str) -> ModuleSpec | None:
    """Return what the import system says: below a layer its answer would import the parents.

    Layers themselves are asked for: where an editable installation has them only its finder knows.
    """
    package = name.rpartition(".")[0]
    return find_spec(name) if package in ("", OWN) else None


def places(package: str) -> list[Path]:
    """Return the folders of a package."""
    if package in sys.modules:
        return [Path(place) for place in getattr(sys.modules[package], "__path__", ())]
    path = _path(package)
    if path is not None:
        return [path.parent] if path.name == "__init__.py" else []
    spec = _spec(package)  # a folder without __init__.py
    return [Path(place) for place in (spec and spec.submodule_search_locations) or ()]


def matching(pattern: str) -> Iterator[str]:
    """Yield the names of modules that a pattern stands for."""
    if "*" not in pattern:
        yield pattern
        return
    base = pattern.partition("*")[0].rpartition(".")[0]
    for folder in places(base):
        for path in sorted(folder.rglob("*.py")):
            parts = (*base.split("."), *path.relative_to(folder).with_suffix("").parts)
            name = ".".join(parts).removesuffix(".__init__")
            if fnmatchcase(name, pattern):
                yield name


def _files(place: Path) -> list[Path]:
    """Return a file, or the data files of a folder."""
    if place.is_file():
        return [place]
    kept = (path for path in sorted(place.rglob("*")) if path.is_file())
    return [path for path in kept if path.suffix not in (".py", ".pyc")]
