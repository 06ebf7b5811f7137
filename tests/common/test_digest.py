# SPDX-License-Identifier: Apache-2.0
"""Digests of sources and data files, on copies of the packages in which single bytes change."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.repository import ROOT
from surmax.common.digest import code_digest, data_file, digest_of, reach
from surmax.common.sources import Source, matching

LAYERS = ("calibrate", "common", "golden", "rtl", "synth", "tb", "train")
PACKAGES = {"surmax": "surmax", "aie": "aiengine", **{name: name for name in LAYERS}}
SOURCES = sorted(path for folder in PACKAGES.values() for path in (ROOT / folder).rglob("*.py"))
REPORT = "surmax.synth.report.measure"
# What digests are computed of.
STAGES = (
    REPORT,
    "surmax.synth.mapping.synthesise",
    "surmax.synth.pnr.route",
    "surmax.synth.energy.measure_energy",
    "surmax.synth.liberty.timing_reader",
    "surmax.calibrate.plan",
    "surmax.calibrate.score_file",
    "surmax.train.experiments.language",
    "surmax.train.experiments.sentiment",
    "surmax.train.experiments.scratch",
    "surmax.train.data.collect",
    "surmax.tb.run.compile",
    "surmax.tb.volume.compile",
    "surmax.aie.host_build",
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """Folder of a copy of all packages, as an installation has them."""
    folder = tmp_path_factory.mktemp("copy")
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "surmax", folder / "surmax", ignore=skip)
    for name, source in PACKAGES.items():
        if name != "surmax":
            shutil.copytree(ROOT / source, folder / "surmax" / name, ignore=skip)
    return folder


def run(copy, script, *arguments):
    """Run a script on the copy; return what it prints, read as JSON."""
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(
        command, env=environment, cwd=copy, capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stderr
    return json.loads(done.stdout), done.stderr


def digests(copy, *stages):
    """Return the digest of each stage on the copy."""
    script = """
import json, sys
from surmax.common.digest import code_digest
print(json.dumps({name: code_digest(name) for name in sys.argv[1:]}))
"""
    return run(copy, script, *stages)[0]


def test_a_stage_depends_on_every_source_and_file_that_it_reaches(copy):
    first = digests(copy, *STAGES)
    assert digests(copy, *STAGES) == first
    report, synth, host = REPORT, "surmax.synth.mapping.synthesise", "surmax.aie.host_build"
    volume, language = "surmax.tb.volume.compile", "surmax.train.experiments.language"
    # What changes, a stage that it decides, and one that it does not.
    for name, decided, other in (
        ("synth/mapping/select.v", synth, host),
        ("synth/mapping/adders.v", report, language),
        ("synth/mapping/generic.lib", synth, language),
        ("golden/recorded/recorded.npz", report, synth),
        ("tb/volume/volume.cpp", volume, report),
        ("tb/volume/volume_rules.h", volume, report),
        ("aie/kernels/hccs_rows.hpp", host, report),
        ("aie/host/adf.h", host, report),
        # Modules in folders of folders, and one that a function imports when it is called.
        ("golden/hccs/law.py", report, synth),
        ("golden/hccs/law.py", language, synth),
        ("rtl/rows/receive.py", report, synth),
        ("synth/timing/sizing.py", synth, language),
        ("train/normalisers/hccs.py", language, report),
        ("calibrate/hccs/search.py", "surmax.calibrate.plan", synth),
    ):
        path = copy / "surmax" / name
        assert path.is_file(), name
        content = path.read_bytes()
        # A comment in Python, so that it still runs.
        path.write_bytes(content + b"#" if name.endswith(".py") else content[:-1] + b"~")
        now = digests(copy, decided, other)
        path.write_bytes(content)
        assert now[decided] != first[decided], name
        assert now[other] == first[other], name
    assert digests(copy, *STAGES) == first


def test_entries_of_units_count_where_a_layer_asks_for_them():
    found = reach("surmax.golden.head_file").modules
    for unit in ("consmax", "hccs"):
        assert f"surmax.golden.{unit}.entry" in found
    assert "surmax.golden.hccs.law" in found


def test_prose_counts_only_where_it_is_asked_for(copy):
    script = """
import json
from surmax.common.digest import code_digest
print(json.dumps([code_digest("surmax.synth.liberty.syntax", prose=one) for one in (True, False)]))
"""
    path = copy / "surmax" / "synth" / "liberty" / "syntax.py"
    text = path.read_text()
    before, _ = run(copy, script)
    path.write_text(text.replace('"""', '"""Now, ', 1) + "# the end\n")
    after, _ = run(copy, script)
    path.write_text(text)
    assert before[0] != after[0]
    assert before[1] == after[1]


PROBE = """
from surmax.golden.recorded.rows import recorded_heads
def total(step):
    from surmax.synth.probe_later import shift
    return {"total": step * sum(int(h.rows(64).scores.sum()) for h in recorded_heads()) + shift()}
"""
PERFORM = """
import json, sys
from pathlib import Path
from surmax.synth.tasks.run import run_tasks
from surmax.synth.tasks.task import Task
if __name__ == "__main__":
    tasks = [Task("surmax.synth.probe.total", {"step": 1}, "")]
    (one,) = run_tasks(tasks, cache=Path(sys.argv[1]), workers=1)
    print(json.dumps([one.result["total"], one.error, one.kept]))
"""


def test_a_task_is_performed_again_when_an_input_changes(copy, tmp_path):
    later = copy / "surmax" / "synth" / "probe_later.py"
    (copy / "surmax" / "synth" / "probe.py").write_text(PROBE)
    later.write_text("def shift():\n    return 1\n")

    def perform():
        return run(copy, PERFORM, tmp_path / "c")

    (first, error, kept), _ = perform()
    assert (error, kept) == ("", False)
    assert perform()[0] == [first, "", True]
    # A module that nothing here imports.
    unused = copy / "surmax" / "synth" / "probe_unused.py"
    unused.write_text("X = 1\n")
    assert perform()[0] == [first, "", True]
    # One that is imported when the task is performed.
    later.write_text("def shift():\n    return 3\n")
    assert perform()[0] == [first + 2, "", False]
    # The recorded scores, written anew with other text beside the same arrays.
    scores = copy / "surmax" / "golden" / "recorded" / "recorded.npz"
    content = scores.read_bytes()
    scores.write_bytes(content + b"\0")
    assert perform()[0] == [first + 2, "", False]
    scores.write_bytes(content)
    # An edited figure.
    assert perform()[0] == [first + 2, "", True]
    for path in (tmp_path / "c").glob("task-*.json"):
        path.write_text(path.read_text().replace(str(first + 2), str(first + 9)))
    result, said = perform()
    assert result == [first + 2, "", False]
    assert said.count("\n") == 1
    assert said.endswith("was changed after it was written: it is made again\n")


def test_imports_are_found_without_reading_whole_sources():
    for path in SOURCES:
        module = Source("surmax.x.y", path)
        whole = [n for n in ast.walk(module.tree) if isinstance(n, ast.Import | ast.ImportFrom)]
        # Those in texts that other programs run may be found too.
        assert set(module._imported(whole)) <= set(module.imports), path


def test_data_files_are_read_through_one_function():
    # A module that reads its own source; prose, which decides no result.
    allowed = {
        "surmax/pages/prose.py",
        "tb/volume/compile.py",
        "train/experiments/page_text.py",
    }
    found = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if re.search(r"__file__|importlib\.resources|get_data\(", path.read_text())
    }
    assert found <= allowed


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_can_be_followed(stage):
    assert stage in reach(stage).modules


def test_a_digest_takes_no_time():
    script = """
import json, sys, time
import surmax.golden  # which every run imports anyway
from surmax.common.digest import code_digest
start = time.process_time()
code_digest(sys.argv[1])
print(json.dumps(time.process_time() - start))
"""
    seconds = json.loads(subprocess.check_output([sys.executable, "-c", script, REPORT], text=True))
    assert seconds < 0.3
    start = time.process_time()
    for _ in range(1000):
        code_digest(REPORT)
    assert time.process_time() - start < 0.5


def write(folder: Path, **texts: str) -> None:
    """Write a package `pack` with these modules."""
    for name, text in {"__init__": "", **texts}.items():
        (folder / "pack").mkdir(exist_ok=True)
        (folder / "pack" / f"{name}.py").write_text(text)


def reached_in(folder, name="pack.a"):
    script = """
import json, sys
from surmax.common.digest import reach
try:
    found = reach(sys.argv[1])
    print(json.dumps([sorted(found.modules), sorted(found.files)]))
except ValueError as error:
    print(json.dumps([str(error)]))
"""
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", script, name]
    return json.loads(subprocess.check_output(command, env=environment, text=True))


def test_every_way_to_import_is_followed(tmp_path):
    write(
        tmp_path,
        a="from . import b\nfrom .c import (\n    X,  # (why)\n    Y,\n)\ndef f(n):\n"
        "    import pack.d as d\n    import_module('pack.e')\n    import_module(f'pack.g_{n}')\n",
        b="",
        c="X = Y = 1",
        d="import json",
        e="",
        g_one="from pack import z",
        g_two="",
        h="",
        z="",
    )
    wanted = ["a", "b", "c", "d", "e", "g_one", "g_two", "z"]
    assert reached_in(tmp_path) == [[f"pack.{name}" for name in wanted], []]


def test_a_package_that_passes_names_on_leads_to_their_modules(tmp_path):
    write(
        tmp_path,
        __init__="from pack.b import B\nfrom pack.c import C as D\nE = 1\n",
        a="from pack import B",
        b="",
        c="",
        d="from pack import D",
        e="from pack import E",
    )
    assert reached_in(tmp_path)[0] == ["pack.a", "pack.b"]
    assert reached_in(tmp_path, "pack.d")[0] == ["pack.c", "pack.d"]
    assert reached_in(tmp_path, "pack.e")[0] == ["pack", "pack.b", "pack.c", "pack.e"]


def test_data_files_and_folders_are_found(tmp_path):
    write(
        tmp_path,
        a="data_file('pack', 'one.txt')\ndef f(name): data_file(__package__, 'sub')\n",
        b="def f(name): data_file('pack', name)\n",
    )
    (tmp_path / "pack" / "sub").mkdir()
    for name in ("one.txt", "two.txt", "sub/three.h"):
        (tmp_path / "pack" / name).write_text("x")
    assert reached_in(tmp_path)[1] == ["pack/one.txt", "pack/sub/three.h"]
    everything = ["pack/one.txt", "pack/sub/three.h", "pack/two.txt"]
    assert reached_in(tmp_path, "pack.b")[1] == everything


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import_module(name)", "pack.a, line 1: import_module must have a literal or an f-string"),
        ("import_module(f'{name}.x')", "that begins with a package, or the module must declare"),
        ("data_file(where, 'x')", "pack.a, line 1: the package of data_file must be a literal"),
        (
            "from surmax.golden import unit_entry\nunit_entry(layer, 'hccs')",
            "pack.a, line 2: the first argument of unit_entry must be a literal",
        ),
    ],
)
def test_what_cannot_be_followed_is_refused(tmp_path, text, message):
    write(tmp_path, a=text)
    assert message in reached_in(tmp_path)[0]


def test_declared_modules_are_followed(tmp_path):
    write(tmp_path, a="REACHES = ('pack.b*',)\nimport_module(name)", b1="", b2="", c="")
    assert reached_in(tmp_path)[0] == ["pack.a", "pack.b1", "pack.b2"]
    write(tmp_path, a="REACHES = ()\nimport_module(name)")
    assert reached_in(tmp_path)[0] == ["pack.a"]


def test_a_missing_module_or_file_is_named():
    with pytest.raises(ModuleNotFoundError, match=r"no module surmax\.nothing"):
        code_digest("surmax.nothing")
    with pytest.raises(FileNotFoundError, match=r"package surmax\.golden has no nothing\.npz"):
        data_file("surmax.golden", "nothing.npz")
    assert "surmax.synth.mapping.asic" in matching("surmax.synth.mapping.*")


def test_digests_of_values(tmp_path):
    (tmp_path / "x").write_bytes(b"x")
    assert digest_of(tmp_path / "x") == digest_of(b"x")
    assert digest_of({"a": 1}, b"x") != digest_of({"a": 1}, b"y")
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    assert digest_of("ab", "c") != digest_of("a", "bc")
