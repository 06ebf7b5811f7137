# SPDX-License-Identifier: Apache-2.0
import os
from pathlib import Path

import pytest
from surmax.golden import InputError
from surmax.synth.liberty.boolean import truth_table
from surmax.synth.liberty.cell_library import read_cell_library
from surmax.synth.mapping.generic import GENERIC_LIBERTY, generic_liberty


def test_the_generic_library_is_what_its_script_writes():
    assert GENERIC_LIBERTY.read_text() == generic_liberty()


def test_the_generic_library_as_read():
    library = read_cell_library(GENERIC_LIBERTY)
    assert library.nand2_area == 1.0
    assert library.full_adder.cell == "FA"
    assert (library.full_adder.total, library.full_adder.carry) == ("S", "CO")
    assert library.has_clock_gate
    assert not library.has_timing
    assert library.corner == "none"


def test_the_sky130_library_as_read(sky130):
    library = sky130.library
    assert library.nand2_area == pytest.approx(3.7536)
    assert library.full_adder.cell == "sky130_fd_sc_hd__fa_1"
    assert library.corner == "tt_025C_1v80"
    assert library.has_timing
    assert library.has_clock_gate
    assert not any("lpflow" in cell.name for cell in library.cells)
    assert len(library.area_text) < len(library.text) / 10
    assert len(library.left_out["dont_use"]) == 75
    assert sum(cell.flip_flop for cell in library.cells) == 21


@pytest.mark.parametrize(
    ("function", "ones"),
    [
        ("A&B", {3}),
        ("A B", {3}),
        ("A*B", {3}),
        ("!A+B'", {0, 1, 2}),
        ("(A B)'", {0, 1, 2}),
        ("A^B&A", {2}),  # exclusive or binds tighter than and
        ("A|B&!B", {2, 3}),
        ("!(A^B)", {0, 3}),
        ("A''", {2, 3}),
        ("1", {0, 1, 2, 3}),
        ("0", set()),
    ],
)
def test_boolean_functions(function, ones):
    assert truth_table(function, ("A", "B")) == tuple(row in ones for row in range(4))


@pytest.mark.parametrize("function", ["", "A&", "(A", "A)", "A?B", "C"])
def test_broken_boolean_functions(function):
    with pytest.raises(InputError, match="Liberty function"):
        truth_table(function, ("A", "B"))


def test_dont_use_takes_cells_out(tmp_path):
    text = generic_liberty().replace(
        "area : 5.33;\n    pin", "dont_use : true;\n area : 5.33;\n pin"
    )
    path = tmp_path / "own.lib"
    path.write_text(text)
    library = read_cell_library(path, ("XO*",))
    names = {cell.name for cell in library.cells}
    assert "FA" not in names
    assert "XOR2" not in names
    assert "XNOR2" in names
    assert library.full_adder is None


BROKEN = {
    "empty": ("", "must begin with `library"),
    "Verilog": ("module top; endmodule\n", "must begin with `library"),
    "cut short": (generic_liberty()[:2000], "closing brace"),
    "no gates": (
        "library (x) { cell (DFF) { area : 1; } }",
        "must have an inverter and a 2-input NAND and a flip-flop with",
    ),
    "no areas": (generic_liberty().replace("area", "aera"), "left out: 26 with no area"),
    "bytes": (b"\x1f\x8b\x08\x00\xff", "must be whole gzip data: it is cut short"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_is_no_liberty(case, tmp_path):
    content, reason = BROKEN[case]
    path = tmp_path / "broken.lib"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError, match=reason) as caught:
        read_cell_library(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read(tmp_path):
    pipe = tmp_path / "pipe.lib"
    os.mkfifo(pipe)
    cases = {
        tmp_path / "none.lib": "No such file",
        tmp_path: "must be a regular file, not a folder",
        pipe: "must be a regular file, not a pipe",
        Path("/dev/zero"): "must be a regular file, not a device",
    }
    for path, reason in cases.items():
        with pytest.raises(InputError, match=reason) as caught:
            read_cell_library(path)
        assert str(path) in str(caught.value)
