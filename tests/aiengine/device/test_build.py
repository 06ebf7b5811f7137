# SPDX-License-Identifier: Apache-2.0
"""Device builds, with programs that stand in for Peano's clang++ and for v++."""

import json
import os
import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from helpers.device_samples import ROOT, make_vectors
from surmax.aie.device.blocks import cut, design_of
from surmax.aie.device.build import (
    build_call,
    build_device,
    build_graph,
    find_peano,
    find_vitis,
    missing_tools,
    sample_designs,
)
from surmax.aie.device.plio import write_folder
from surmax.aie.forms import ARCHITECTURES
from surmax.aie.host_build import CompileError
from surmax.golden import InputError

from surmax.app import app

# Writes what it was called with, and where, to the file $TOOL_LOG and makes what -o names.
_TOOL = f"""#!{sys.executable} -SE
import json, os, sys
with open(os.environ["TOOL_LOG"], "a") as log:
    log.write(json.dumps([os.getcwd(), sys.argv]) + "\\n")
if "-o" in sys.argv:
    open(sys.argv[sys.argv.index("-o") + 1], "w").write("object")
if os.environ.get("TOOL_FAILS"):
    print("In file included from call.hpp:")
    print("hccs_rows.hpp:12:3: error: no member named 'mac' in namespace 'aie'")
    sys.exit(1)
"""


_NOTHING = (
    "no Peano (PEANO_INSTALL_DIR not set), no Vitis (XILINX_VITIS not set): built for the host only"
)


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """Environment with both tools, and a function that returns the calls so far."""
    log = tmp_path / "log"
    monkeypatch.setenv("TOOL_LOG", str(log))
    for place, name in (("peano", "clang++"), ("vitis", "v++")):
        program = tmp_path / place / "bin" / name
        program.parent.mkdir(parents=True)
        program.write_text(_TOOL)
        program.chmod(0o755)
    header = tmp_path / "mlir_aie" / "include" / "aie_api" / "aie.hpp"
    header.parent.mkdir(parents=True)
    header.touch()
    environment = {
        "PEANO_INSTALL_DIR": str(tmp_path / "peano"),
        "MLIR_AIE_INSTALL_DIR": str(tmp_path / "mlir_aie"),
        "XILINX_VITIS": str(tmp_path / "vitis"),
    }
    return environment, lambda: [json.loads(line) for line in log.read_text().splitlines()]


@pytest.fixture
def no_tools(monkeypatch):
    for name in ("PEANO_INSTALL_DIR", "MLIR_AIE_INSTALL_DIR", "XILINX_VITIS"):
        monkeypatch.delenv(name, raising=False)


def test_without_tools_nothing_is_built(tmp_path, no_tools):
    assert missing_tools({}) == _NOTHING
    assert missing_tools({"XILINX_VITIS": "there"}) == "no Peano (PEANO_INSTALL_DIR not set)"
    assert missing_tools({"XILINX_VITIS": "there", "PEANO_INSTALL_DIR": "there"}) is None
    assert find_peano({}) is None
    assert find_vitis({"XILINX_VITIS": ""}) is None
    assert build_device(sample_designs(("aie-ml",)), tmp_path, {}) == []
    done = CliRunner().invoke(app, ["aie", "build", "-o", str(tmp_path / "out")])
    assert (done.exit_code, done.output.strip()) == (0, _NOTHING)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"PEANO_INSTALL_DIR": "/no/where"},
            r"PEANO_INSTALL_DIR must be a folder with bin/clang\+\+, not '/no/where'",
        ),
        (
            {"XILINX_VITIS": "/no/where"},
            r"XILINX_VITIS must be a folder with bin/v\+\+, not '/no/where'",
        ),
        (
            {"MLIR_AIE_INSTALL_DIR": ""},
            r"MLIR_AIE_INSTALL_DIR must be set: Peano needs the aie_api",
        ),
        (
            {"MLIR_AIE_INSTALL_DIR": "/no"},
            r"MLIR_AIE_INSTALL_DIR must be a folder with include/aie_api/aie.hpp, not '/no'",
        ),
    ],
)
def test_wrong_places_are_refused(tmp_path, tools, change, text):
    environment, _ = tools
    with pytest.raises(InputError, match=text):
        build_device(sample_designs(("aie-ml",)), tmp_path / "out", environment | change)


@pytest.mark.parametrize(("architecture", "target"), [("aie-ml", "aie2"), ("aie-mlv2", "aie2p")])
def test_peano(tmp_path, tools, monkeypatch, architecture, target):
    environment, calls = tools
    design = sample_designs((architecture,))[0]
    path = tmp_path / "out" / "surmax_call.o"
    monkeypatch.chdir(tmp_path)
    assert build_call(design, find_peano(environment), Path("out/surmax_call.o")) == path
    assert path.read_text() == "object"
    ((folder, command),) = calls()
    assert folder == str(path.parent)
    assert f"--target={target}-none-unknown-elf" in command
    assert command[-4:] == ["-c", str(ROOT / "iron" / "entry.cc"), "-o", str(path)]
    includes = [one[2:] for one in command if one.startswith("-I")]
    assert includes[0] == str(path.parent)
    assert includes[-1] == str(tmp_path / "mlir_aie" / "include")
    # Every header that the entry needs is on the way, the vendor's in place of the stand-in.
    assert str(ROOT / "host") not in includes
    text = (path.parent / "design.hpp").read_text()
    assert "#define SURMAX_FORM surmax::HccsForm<Output::u8, Reciprocal::div" in text
    with pytest.raises(InputError, match=r"architecture must be one of aie-ml, aie-mlv2"):
        build_call(sample_designs(("aie",))[0], find_peano(environment), path)


@pytest.mark.parametrize("gmio", [False, True])
def test_vitis(tmp_path, tools, gmio):
    environment, calls = tools
    vectors = make_vectors(tmp_path, "u8-clb-floor-15")
    design = design_of(vectors)
    folder = tmp_path / "graph"
    write_folder(folder, design, cut(design, vectors, 2), 2)
    work = build_graph(design, find_vitis(environment), folder, target="x86sim", gmio=gmio)
    assert work == folder / "Work_x86sim"
    ((place, command),) = calls()
    assert place == str(folder)
    assert command[1:6] == ["-c", "--mode", "aie", "--target=x86sim", f"--part={_PART}"]
    assert command[-1] == str(ROOT / "graph" / "graph.cpp")
    assert ("--aie.Xpreproc=-DSURMAX_GMIO" in command) == gmio
    assert "--include=." in command
    with pytest.raises(InputError, match=r"target must be one of x86sim, hw, not 'sw'"):
        build_graph(design, find_vitis(environment), folder, target="sw")


_PART = "xcve2802-vsvh1760-2MP-e-S"


def test_both_tools_build_the_sample(tmp_path, tools):
    environment, calls = tools
    designs = sample_designs(tuple(ARCHITECTURES))
    said = []
    built = build_device(designs, tmp_path / "out", environment, say=said.append)
    # Vitis all of them, Peano those of the two architectures that NPUs have.
    assert len(built) == len(calls()) == len(said) == len(designs) + 2 * len(designs) // 3
    assert {one.tool for one in built} == {"Peano", "Vitis"}
    assert len({design.name for design in designs}) == len(designs)
    used = " ".join(design.name for design in designs)
    for word in ("div", "clb-", "clb1", "clb2", "u8", "i16", "rows", "tiles", "bits", "consmax-16"):
        assert word in used


def test_a_compiler_that_refuses(tmp_path, tools, monkeypatch):
    environment, _ = tools
    monkeypatch.setenv("TOOL_FAILS", "1")
    reason = "error: no member named 'mac' in namespace 'aie'"
    with pytest.raises(CompileError, match=f"Peano cannot compile .* aie-ml: .*{reason}") as caught:
        build_device(sample_designs(("aie-ml",)), tmp_path / "out", environment)
    log = re.search(r"see (.*)\)", str(caught.value))[1]
    with open(log) as file:
        text = file.read()
    assert "In file included from" in text
    assert text.startswith(environment["PEANO_INSTALL_DIR"])


def test_commands(tmp_path, tools, monkeypatch):
    environment, calls = tools
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    vectors = make_vectors(tmp_path, "i16-clb-floor-0", schedule="tiles")
    runner = CliRunner()

    folder = tmp_path / "graph"
    done = runner.invoke(
        app,
        ["aie", "plio", str(vectors.folder), "-o", str(folder), "--kernels", "2", "--rows", "16"],
        catch_exceptions=False,
    )
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert lines[0] == f"{folder}: 2 tiles, 7 calls of 16 rows each"
    assert lines[1] == f"cd {folder}"
    assert lines[2].startswith("v++ -c --mode aie --target=x86sim --part=")
    assert lines[3] == "x86simulator --pkg-dir=Work_x86sim --input-dir=."
    assert lines[4] == "surmax aie compare . x86simulator_output"
    assert lines[6] == "aiesimulator --pkg-dir=Work_hw --input-dir=."

    for k in range(2):
        text = (folder / f"expected_{k}.txt").read_text()
        (folder / f"codes_{k}.txt").write_text(text)
    compare = ["aie", "compare", str(folder), str(folder)]
    done = runner.invoke(app, compare, catch_exceptions=False)
    assert (done.exit_code, done.output) == (0, "224 rows, 0 mismatches\n")
    (folder / "codes_1.txt").write_text(text.replace(text.split()[0], "-1", 1))
    done = runner.invoke(app, compare, catch_exceptions=False)
    assert done.exit_code == 1
    assert "224 rows, 1 mismatches\ntile 1, call 0, element 0: expected" in done.output

    done = runner.invoke(
        app,
        ["aie", "build", str(vectors.folder), "-o", str(tmp_path / "out")],
        catch_exceptions=False,
    )
    assert done.exit_code == 0
    assert [os.path.basename(command[0]) for _, command in calls()] == ["clang++", "v++"]
    assert "Vitis, aie-ml: " in done.output
