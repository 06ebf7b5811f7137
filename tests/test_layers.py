# SPDX-License-Identifier: Apache-2.0
"""Imports point one way: each layer imports the layers below it, and no other."""

import ast

import pytest
from helpers.repository import ROOT

# Folder of a layer, its package below `surmax` ("" is the command line itself), and the folders of
# the layers that it may import.
LAYERS = {
    "common": ("common", ()),
    "golden": ("golden", ("common",)),
    "calibrate": ("calibrate", ("common", "golden")),
    "rtl": ("rtl", ("common", "golden")),
    "aiengine": ("aie", ("common", "golden")),
    "train": ("train", ("common", "golden", "calibrate")),
    "tb": ("tb", ("common", "golden", "rtl")),
    "synth": ("synth", ("common", "golden", "calibrate", "rtl")),
    "surmax": (
        "",
        ("common", "golden", "calibrate", "rtl", "aiengine", "train", "tb", "synth"),
    ),
}
FOLDERS = {package: folder for folder, (package, _) in LAYERS.items()}


def imported_modules(source):
    """Yield the line and the full name of everything that `source` imports, at any depth."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import"
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def layer_of(module):
    """Return the folder of the layer that `module` belongs to, None for other packages."""
    root, *rest = module.split(".")
    if root != "surmax":
        return None
    return FOLDERS.get(rest[0] if rest else "", "surmax")


def violations(folder, files):
    """Return one line for each import in `files` (name, source) that `folder` may not have."""
    allowed = {folder, *LAYERS[folder][1]}
    return [
        f"{name}:{line}: {folder}/ must not import {module}"
        for name, source in files
        for line, module in imported_modules(source)
        if layer_of(module) not in {None, *allowed}
    ]


@pytest.mark.parametrize("folder", LAYERS)
def test_layer_imports_only_what_is_below_it(folder):
    paths = sorted((ROOT / folder).rglob("*.py"))
    assert paths
    files = [(str(path.relative_to(ROOT)), path.read_text()) for path in paths]
    assert not violations(folder, files), "\n".join(violations(folder, files))


def test_layers_are_the_folders_of_setup():
    text = (ROOT / "setup.py").read_text()
    for folder, (package, _) in LAYERS.items():
        name = f"surmax.{package}" if package else "surmax"
        assert f'"{name}": "{folder}"' in text


def test_violation_is_named_with_file_and_line():
    source = "import math\n\n\ndef late():\n    from surmax.synth import synthesise\n"
    assert violations("golden", [("golden/law.py", source)]) == [
        "golden/law.py:5: golden/ must not import surmax.synth.synthesise"
    ]
    assert violations("golden", [("golden/law.py", "import surmax.options\n")]) == [
        "golden/law.py:1: golden/ must not import surmax.options"
    ]
    assert violations("golden", [("golden/law.py", "from surmax import common, rtl\n")]) == [
        "golden/law.py:1: golden/ must not import surmax.rtl"
    ]
    assert not violations("surmax", [("surmax/app.py", source)])
