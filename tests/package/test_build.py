# SPDX-License-Identifier: Apache-2.0
"""The wheel and the source archive carry what they need, and nothing else."""

import re
import tomllib
from email import message_from_bytes

from helpers.distribution import PACKAGES, build, copy_tree, sdist_files, wheel_files, wheel_of
from helpers.repository import ROOT

import surmax


def package_files():
    """Return {name in a wheel: content} of all files of the packages in the tree."""
    return {
        f"{package}/{path.relative_to(ROOT / folder)}": path.read_bytes()
        for folder, package in PACKAGES.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_wheel_has_every_file_of_the_packages(distribution):
    found = wheel_files(wheel_of(distribution))
    packed = {name: content for name, content in found.items() if ".dist-info/" not in name}
    wanted = package_files()
    assert sorted(set(wanted) - set(packed)) == []
    assert sorted(set(packed) - set(wanted)) == []
    assert packed == wanted


def test_wheel_from_the_tree_and_from_the_source_archive_are_the_same(distribution, tmp_path):
    (tmp_path / "source").mkdir()
    build(copy_tree(tmp_path / "source"), tmp_path / "dist", "--wheel")
    from_tree = wheel_files(wheel_of(tmp_path / "dist"))
    from_archive = wheel_files(wheel_of(distribution))
    assert sorted(from_tree) == sorted(from_archive)
    assert from_tree == from_archive


def test_source_archive_has_what_a_packager_needs(distribution):
    found = sdist_files(distribution)
    assert {
        *("pyproject.toml", "setup.py", "Makefile", "constraints.txt", "LICENSE", "README.md"),
        *("CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "scripts/lock", "tests/conftest.py"),
        *("docs/contributing.md", "tests/package/test_build.py"),
    } <= found
    folders = {folder: package.removeprefix("surmax/") for folder, package in PACKAGES.items()}
    for name in package_files():
        inner = name.removeprefix("surmax/")
        layer = next((f for f, p in folders.items() if inner.startswith(f"{p}/")), "surmax")
        assert f"{layer}/{inner.removeprefix(f'{folders[layer]}/')}" in found
    assert not [name for name in found if "__pycache__" in name or name.startswith("build/")]


def test_building_says_no_warning(distribution):
    log = (distribution / "log.txt").read_text()
    warnings = [line for line in log.splitlines() if re.search(r"warning|deprecat", line, re.I)]
    # A fresh copy has no compiled files for MANIFEST.in to leave out, and a wheel gets none.
    harmless = ("no previously-included files", "byte-compiling is disabled")
    assert [line for line in warnings if not any(text in line for text in harmless)] == []


def test_version_is_said_once(distribution):
    files = wheel_files(wheel_of(distribution))
    (name,) = (name for name in files if name.endswith(".dist-info/METADATA"))
    metadata = message_from_bytes(files[name])
    assert metadata["Version"] == surmax.__version__
    assert wheel_of(distribution).name == f"surmax-{surmax.__version__}-py3-none-any.whl"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "version" not in project
    citation = (ROOT / "CITATION.cff").read_text()
    assert re.search(rf'^version: "?{re.escape(surmax.__version__)}"?$', citation, re.M)
    assert metadata["Requires-Python"] == ">=3.11"
