# SPDX-License-Identifier: Apache-2.0
"""The ADF graph, compiled and run with the host's stand-in for <adf.h>."""

import json
import subprocess

import pytest
from helpers.device_samples import ROOT, compile_host, make_vectors, needs_gxx
from surmax.aie.device.blocks import cut, design_of
from surmax.aie.device.plio import compare, plio_text, write_folder
from surmax.golden import InputError

KERNELS = 3


def graph_folder(tmp_path, form, rows=16, **options):
    vectors = make_vectors(tmp_path, form, **options)
    design = design_of(vectors, rows=rows)
    blocks = cut(design, vectors, KERNELS)
    folder = tmp_path / "graph"
    write_folder(folder, design, blocks, KERNELS)
    return folder, design


def compile_graph(folder, architecture):
    program = folder / "graph"
    sources = ("graph/graph.cpp", "graph/kernel.cpp")
    compile_host(architecture, (folder,), sources, program, "-D__X86SIM__")
    return program


def run_graph(program):
    done = subprocess.run([program], cwd=program.parent, capture_output=True, text=True)
    return done.returncode, done.stderr


@needs_gxx
@pytest.mark.parametrize(
    ("architecture", "form", "schedule", "masking"),
    [
        ("aie-ml", "u8-div-floor-15", "rows", "length"),
        ("aie-mlv2", "i16-div-nearest-15", "tiles", "bits"),
        ("aie", "consmax", "rows", "bits"),
    ],
)
def test_graph_is_golden(tmp_path, architecture, form, schedule, masking):
    folder, design = graph_folder(
        tmp_path, form, schedule=schedule, masking=masking, architecture=architecture
    )
    program = compile_graph(folder, architecture)
    assert run_graph(program) == (0, "")
    found = compare(folder, folder)
    assert (found.mismatches, found.first) == (0, None)
    # 200 rows (201 for three heads) fill up 5 calls of 16 rows on each of 3 tiles.
    assert found.rows == 5 * 16 * 3

    # The comparison sees one wrong code, and a file that ends early.
    text = (folder / "codes_1.txt").read_text().split()
    at = 2 * design.elements + 7
    text[at] = str(int(text[at]) ^ 1)
    (folder / "codes_1.txt").write_text("\n".join(text))
    found = compare(folder, folder)
    assert found.mismatches == 1
    assert found.first.startswith("tile 1, call 2, element 7: expected ")
    (folder / "codes_1.txt").write_text("\n".join(text[:-1]))
    codes = 5 * design.elements
    with pytest.raises(InputError, match=f"must have {codes} codes, not {codes - 1}"):
        compare(folder, folder)

    # So does the graph, of its own input.
    scores = (folder / "scores_2.txt").read_text().splitlines()
    (folder / "scores_2.txt").write_text("\n".join(scores[:-1]))
    code, error = run_graph(program)
    assert code != 0
    assert "scores_2.txt ends before its last call" in error


@needs_gxx
def test_board_sources_compile(tmp_path):
    folder, _ = graph_folder(tmp_path, "u8-div-floor-15")
    folders = (folder, ROOT.parent / "tests" / "aiengine" / "xrt_record")
    for source, flag in (("graph/host.cpp", "-c"), ("graph/graph.cpp", "-DSURMAX_GMIO")):
        compile_host("aie-ml", folders, (source,), "/dev/null", flag, "-fsyntax-only")


def test_text_has_128_bits_a_line(tmp_path):
    folder, design = graph_folder(tmp_path, "i16-div-floor-0", masking="bits")
    for name, bits in (("scores", 8), ("records", 32), ("expected", 16)):
        lines = (folder / f"{name}_0.txt").read_text().splitlines()
        assert {len(line.split()) for line in lines} == {128 // bits}
    records = (folder / "records_0.txt").read_text().split()
    assert len(records) == 5 * design.record_words
    assert json.loads((folder / "graph.json").read_text()) == {
        "kernels": KERNELS,
        "calls": 5,
        "rows": 16,
        "width": 64,
    }


def test_simulator_lines_with_times_are_skipped(tmp_path):
    folder, _ = graph_folder(tmp_path, "u8-clb-floor-15")
    for k in range(KERNELS):
        lines = (folder / f"expected_{k}.txt").read_text().splitlines()
        timed = "".join(f"T {20 * i} ns\n{line}\n" for i, line in enumerate(lines))
        (folder / f"codes_{k}.txt").write_text(timed + "TLAST\n")
    assert compare(folder, folder).mismatches == 0


def test_compare_refusals(tmp_path):
    with pytest.raises(InputError, match=r"must have graph.json, which `surmax aie plio` writes"):
        compare(tmp_path, tmp_path)
    folder, _ = graph_folder(tmp_path, "u8-clb-floor-15")
    with pytest.raises(InputError, match=r"codes_0.txt: No such file"):
        compare(folder, folder)
    (folder / "codes_0.txt").write_text("1 2 x\n")
    with pytest.raises(InputError, match=r"codes_0.txt must be integers, not 'x'$"):
        compare(folder, folder)
    (folder / "codes_0.txt").write_text("1 " + "9" * 5000)
    with pytest.raises(InputError, match=r"codes_0.txt must be integers, not '999"):
        compare(folder, folder)
    for sizes, message in (
        ("[]", r"top level must be dict, not \[\]"),
        ('{"kernels": 1}', "top level must have the field calls"),
        ('{"kernels": 1.0, "calls": 1, "rows": 8, "width": 64}', "kernels must be an integer"),
    ):
        (folder / "graph.json").write_text(sizes)
        with pytest.raises(InputError, match=message):
            compare(folder, folder)


def test_plio_text_of_negative_words():
    import numpy as np

    assert plio_text(np.array([-1, 2, -(1 << 31), 0], np.int32)) == "-1 2 -2147483648 0\n"


def test_rows_must_fit_a_tile(tmp_path):
    vectors = make_vectors(tmp_path, "u8-div-floor-15")
    with pytest.raises(InputError, match=r"rows must be a multiple of 8, not 12"):
        design_of(vectors, rows=12)
    assert design_of(vectors).rows == 208
    assert design_of(vectors, parts=3).rows == 72
    # 96 rows have room: three calls of 201 rows.
    assert design_of(vectors, "aie").rows == 72
    with pytest.raises(
        InputError, match=r"rows must be at most 96 of length 45 to fit a tile's memory, not 256"
    ):
        design_of(vectors, "aie", rows=256)
    with pytest.raises(InputError, match=r"architecture must be .*, not 'npu'"):
        design_of(vectors, "npu")


def test_sources_say_what_they_are():
    for path in [*ROOT.glob("graph/*"), *ROOT.glob("iron/*.cc"), *ROOT.glob("tile/*")]:
        assert path.read_text().startswith("// SPDX-License-Identifier: Apache-2.0\n")
