# SPDX-License-Identifier: Apache-2.0
"""The IRON design, built against the recorded interface of IRON and run on the host."""

import ctypes
import os
import re
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import numpy as np
import pytest
from helpers.device_samples import HEADS, ROOT, compile_host, make_vectors, needs_gxx
from helpers.iron_machine import Machine
from surmax.aie.forms import ARCHITECTURES
from surmax.golden import InputError

RECORD = Path(__file__).parent / "iron_record"


@pytest.fixture
def iron(monkeypatch):
    """IRON's record as package aie, and the design that imports it, for one test."""

    def forget():
        for name in list(sys.modules):
            if name.split(".")[0] == "aie" or name.startswith("surmax.aie.iron"):
                del sys.modules[name]

    forget()
    monkeypatch.syspath_prepend(str(RECORD))
    import aie.iron

    assert Path(aie.iron.__file__).is_relative_to(RECORD)
    yield aie.iron
    forget()


def make_replay(tmp_path, form, *, device, columns, rows=None, **options):
    from surmax.aie.iron.replay import NpuReplay

    vectors = make_vectors(tmp_path, form, **options)
    return NpuReplay(vectors, device=device, columns=columns, rows=rows)


def compile_entry(folder, design):
    (folder / "design.hpp").write_text(design.header(1, 1))
    library = folder / "call.so"
    flags = ("-shared", "-fPIC")
    compile_host(design.architecture, (folder,), ("iron/entry.cc",), library, *flags)
    return ctypes.CDLL(str(library))


def test_what_the_design_is(iron, tmp_path):
    replay = make_replay(
        tmp_path, "u8-div-floor-15", device="npu1", columns=2, rows=16, masking="bits"
    )
    design, program = replay.design, replay.module()
    assert program.device.name == "npu1"
    assert program.device.cols == 2
    # 16 rows of 64 positions; a Row a row, two mask words a row.
    assert (design.elements, design.record_words) == (1024, 48)
    # 201 rows in calls of 16 for 8 workers: two calls each.
    shapes = [kind.__args__[0][0] for kind in program.runtime.types]
    assert shapes == [2 * 8 * 1024, 2 * 8 * 48, 2 * 8 * 1024]
    assert len(program.workers) == 8
    for number, worker in enumerate(program.workers):
        column, place = divmod(number, 4)
        assert (worker.tile.col, worker.tile.row) == (column, 2 + place)
        scores, records, codes = worker.fifos
        assert [one.is_producer for one in worker.fifos] == [False, False, True]
        assert [one.fifo.obj_type for one in worker.fifos] == [
            np.ndarray[(1024,), np.dtype[np.int8]],
            np.ndarray[(4 * 48,), np.dtype[np.int32]],
            np.ndarray[(1024,), np.dtype[np.uint8]],
        ]
        assert records.fifo.name == f"records_{column}"
        assert len(records.fifo.consumers) == 4
        assert {one.fifo.depth for one in worker.fifos} == {2}
        assert scores.fifo.producer.endpoint.offsets == [0, 1024, 2048, 3072]
        link = codes.fifo.consumers[0].endpoint
        assert (link.tile.col, link.tile.row) == (column, 1)
        (constants,) = worker.buffers
        words = constants.initial_value
        assert words.dtype == np.int32
        assert words.view(np.int16)[::2].tolist() == [one.B for one in HEADS]
        kernel = worker.fn_args[3]
        assert (kernel.name, kernel.object_file_name) == ("surmax_call", "surmax_call.o")
        assert kernel.types[3:] == [np.ndarray[(3,), np.dtype[np.int32]], np.int32]
    names = {handle.fifo.name for worker in program.workers for handle in worker.fifos}
    assert len(names) == 2 * (4 + 4 + 1)


@pytest.mark.parametrize("device", ["npu1", "npu2"])
def test_buffers_fit_a_core_and_are_multiples_of_64_bytes(iron, tmp_path, device):
    replay = make_replay(tmp_path, "i16-div-nearest-15", device=device, columns=1, masking="bits")
    design = replay.design
    assert design.memory(shared_records=4) <= 58 << 10
    assert design.elements % 64 == 0
    assert design.record_words * 4 % 64 == 0


@needs_gxx
@pytest.mark.parametrize(
    ("form", "device", "options"),
    [
        ("u8-clb-floor-15", "npu1", {"schedule": "tiles", "masking": "bits"}),
        ("consmax", "npu2", {"architecture": "aie-mlv2"}),
    ],
)
def test_replay_is_golden(iron, tmp_path, monkeypatch, form, device, options):
    import aie.utils
    import aie.utils.compile
    from surmax.aie.iron import replay as module

    replay = make_replay(tmp_path, form, device=device, columns=2, rows=8, **options)
    built = []
    monkeypatch.setattr(module, "build_call", lambda *given: built.append(given))

    def on_run(kernel, tensors):
        library = compile_entry(tmp_path, replay.design)
        machine = Machine(iron, aie.utils.compile.compiled[-1][0], library)
        machine.run([one.values for one in tensors])
        assert machine.calls == len(replay.blocks.scores)
        if wrong:
            tensors[2].values[replay.design.elements + 5] ^= 1

    runtime = aie.utils.DefaultNPURuntime
    runtime.on_run = on_run
    wrong = False
    found = replay.run("peano", tmp_path / "npu")
    assert (found.rows, found.cores) == (len(replay.vectors.records), 8)
    assert (found.mismatches, found.first, found.microseconds) == (0, None, 1.0)
    assert built == [(replay.design, "peano", tmp_path / "npu" / "surmax_call.o")]
    wrong = True
    found = replay.run("peano", tmp_path / "npu")
    assert found.mismatches == 1
    assert "row 8, element 5: expected " in found.first


def test_refusals(iron, tmp_path):
    for arguments, text in (
        ({"device": "npu3"}, r"device must be one of npu1, npu2, not 'npu3'"),
        ({"device": "npu1", "columns": 5}, r"columns must be 1 to 4, not 5"),
        ({"device": "npu2", "columns": 0}, r"columns must be 1 to 8, not 0"),
        ({"device": "npu2", "columns": 1, "rows": 4096}, r"rows must be 8 to 256, not 4096"),
    ):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        with pytest.raises(InputError, match=text):
            make_replay(folder, "u8-div-floor-15", **({"columns": 1} | arguments))


def test_program(iron, tmp_path, capsys, monkeypatch):
    import aie.utils
    from surmax.aie.iron import replay as module
    from surmax.aie.iron.__main__ import main

    vectors = make_vectors(tmp_path, "i16-clb-floor-0")
    arguments = [str(vectors.folder), "--device", "npu1", "--columns", "2", "-o", str(tmp_path)]
    assert main([*arguments, "--mlir"]) == 0
    assert "Program" in capsys.readouterr().out

    monkeypatch.delenv("PEANO_INSTALL_DIR", raising=False)
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("surmax: PEANO_INSTALL_DIR must be set")

    monkeypatch.setattr("surmax.aie.iron.__main__.find_peano", lambda environment: "peano")
    monkeypatch.setattr(module, "build_call", lambda *given: None)
    aie.utils.DefaultNPURuntime.on_run = lambda kernel, tensors: None
    assert main(arguments) == 1
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"201 rows on 8 cores of npu1, 1 us, [1-9][0-9]* mismatches", lines[0])
    assert re.match(r"row \d+, element \d+: expected -?\d+, got 0", lines[1])
    assert main([*arguments, "--columns", "9"]) == 2


@pytest.mark.skipif(
    any(True for _ in distributions(name="mlir_aie")), reason="mlir-aie is installed"
)
def test_program_without_mlir_aie(tmp_path):
    vectors = make_vectors(tmp_path, "u8-div-floor-15")
    command = [sys.executable, "-m", "surmax.aie.iron", str(vectors.folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("surmax: mlir-aie (Python package aie.iron) is not installed")


def test_program_at_the_top_of_the_repository(tmp_path):
    """No folder of the repository hides mlir-aie's package aie, for which the record stands."""
    vectors = make_vectors(tmp_path, "u8-div-floor-15")
    command = [sys.executable, "-m", "surmax.aie.iron", str(vectors.folder), "--mlir"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=ROOT.parent,
        env=os.environ | {"PYTHONPATH": str(RECORD)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Program" in done.stdout


def test_record_refuses_what_iron_has_not(iron):
    # Keywords of older releases.
    with pytest.raises(TypeError, match="placement"):
        iron.Worker(None, [], placement=None)
    kind = np.ndarray[(8,), np.dtype[np.int8]]
    with pytest.raises(TypeError, match="default_depth"):
        iron.ObjectFifo(kind, default_depth=2)
    with pytest.raises(TypeError):
        iron.ObjectFifo(kind, 2)
    with pytest.raises(AttributeError):
        iron.Runtime(lambda: None).start()


@needs_gxx
def test_entry_compiles_for_xdna2(tmp_path, monkeypatch):
    # Peano's aie2p is __AIE_ARCH__ 21, which no Versal part is.
    monkeypatch.setitem(ARCHITECTURES, "aie-mlv2", 21)
    vectors = make_vectors(tmp_path, "u8-clb2-nearest-15")
    from surmax.aie.device.blocks import design_of

    assert compile_entry(tmp_path, design_of(vectors, "aie-mlv2")).surmax_call
    assert (ROOT / "iron" / "entry.cc").is_file()
