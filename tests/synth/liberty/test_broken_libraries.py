# SPDX-License-Identifier: Apache-2.0
"""Libraries that are not as the standard has them: read, read in part, or refused in one line."""

import gzip
import random
import time
import warnings

import pytest
from helpers.liberty_samples import FLIP_FLOPS, GENERIC, edited, mutated, with_flip_flop
from helpers.liberty_samples import without_cells as without
from helpers.timing_samples import LIBERTY
from surmax.common.errors import InputError
from surmax.synth.liberty.cell_library import read_cell_library
from surmax.synth.liberty.source import read_source
from surmax.synth.liberty.timing_reader import read_timing_library

INVERTER = "cell (INV) {\n    area : 0.75;"


def read(tmp_path, content):
    path = tmp_path / "own.lib"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_cell_library(path)


SAME = {
    "a brace on the next line": edited((") {\n", ")\n  {\n")),
    "slash comments": edited(("area : 0.75;", "area : 0.75; // smallest }\n")),
    "comments everywhere": edited((" : output", ' /* { */ : /* " */ output')),
    "comment marks in a string": edited(("  delay_model", '  date : "/* // {";\n  delay_model')),
    "a byte order mark": "\ufeff" + GENERIC,
    "compressed": gzip.compress(GENERIC.encode()),
    "compressed in two members": gzip.compress(GENERIC[:999].encode())
    + gzip.compress(GENERIC[999:].encode()),
    "compressed and padded": gzip.compress(GENERIC.encode()) + bytes(512),
    "Latin-1 in a comment": edited(("Written by", "Gr\u00f6\u00dfe")).encode("latin-1"),
    "Latin-1 in a string": edited(("  delay_model", '  date : "M\u00e4rz";\n  delay_model')).encode(
        "latin-1"
    ),
    "carriage returns": GENERIC.replace("\n", "\r\n"),
    "lines that go on": edited((" : ", " : \\\n  ")),
    "no blanks": edited((" : ", ":"), (") {", "){")),
    "no quotes": edited(('next_state : "(D&E)|(IQ&!E)"', "next_state : (D&E)|(IQ&!E)")),
    "quotes everywhere": edited(("input;", '"input";'), ("cell (INV)", 'cell ("INV")')),
    "no semicolons": edited(("area : 0.75;", "area : 0.75"), ("input; }", "input }")),
    "a definition": edited(("  delay_model", "  define(mine, cell, string);\n  delay_model")),
    "unknown groups": edited((INVERTER, f"{INVERTER} mine (x) {{ y : z; inner () {{ }} }}")),
    "100 000 braces": edited(
        (INVERTER, f"{INVERTER} a () {{" + "b () {" * 100_000 + "}" * 100_001)
    ),
    "an attribute twice with one value": edited((INVERTER, f"{INVERTER} area : 0.75;")),
    "other signs": edited(('"!(A&B)"', '"(A B)\'"'), ('"A|B"', '"A+B"')),
}


@pytest.mark.parametrize("case", SAME)
def test_read_as_the_library_it_stands_for(case, tmp_path):
    library, known = read(tmp_path, SAME[case]), read(tmp_path, GENERIC)
    assert [*map(key, library.cells)] == [*map(key, known.cells)]
    assert library.full_adder == known.full_adder
    assert library.nand2_area == 1.0
    assert not library.left_out
    written = read(tmp_path, library.area_text)
    assert [*map(key, written.cells)] == [*map(key, known.cells)]
    assert written.area_text == library.area_text


def key(cell):
    return cell.name, cell.area, cell.inputs, cell.clock_gate, cell.flip_flop, [*cell.functions]


LEFT_OUT = {
    "no area": edited(("area : 5.33;\n    ff", "ff")),
    "area 0": edited(("area : 5.33;\n    ff", "area : 0.0;\n    ff")),
    "a pin without direction": edited(
        ('pin (Q) { direction : output; function : "IQ"; }\n  }\n  cell (DFFR)',
         'pin (Q) { function : "IQ"; }\n  }\n  cell (DFFR)')
    ),
    "a flip-flop without clock or next state": edited(
        ('clocked_on : "CK"; next_state : "D"; }', 'next_state : "D"; }')
    ),
    "dont_use": edited(("area : 5.33;\n    ff", "area : -5; dont_use : true; ff")),
    "a name that tools do not take": edited(("cell (DFF)", "cell (D\u00fcFF)")),
}  # fmt: skip


@pytest.mark.parametrize("reason", LEFT_OUT)
def test_cells_left_out_are_counted_and_said(reason, tmp_path):
    library = read(tmp_path, LEFT_OUT[reason])
    ((name,),) = library.left_out.values()
    assert library.left_out == {reason: (name,)}
    assert library.left_out_line() == (
        f"library surmax_generic: 1 cell left out: 1 with {reason} ({name})"
    )
    assert f'cell ("{name}")' not in library.area_text
    assert len(library.cells) == 25


def test_of_many_cells_left_out_two_are_named(tmp_path):
    text = edited(("area : 1.33;", ""), ("area : 2.29;", "area : 0;"))
    assert read(tmp_path, text).left_out_line() == (
        "library surmax_generic: 5 cells left out: 3 with no area (NAND3, NOR3, ...); "
        "2 with area 0 (XOR2, XNOR2)"
    )


REFUSED = {
    "a negative area": (edited(("0.75", "-5")), "line 8: cell INV: area must be 0 or more, not -5"),
    "an area that is no number": (edited(("0.75", "nan")), "area must be a number, not 'nan'"),
    "an infinite area": (edited(("0.75", "inf")), "area must be a number, not 'inf'"),
    "an area beyond floats": (edited(("0.75", "1e999")), "area must be a number, not '1e999'"),
    "an area beyond sense": (edited(("0.75", "1e30")), "area must be 1e-09 to 1e.12, not '1e30'"),
    "an area of a word": (edited(("0.75", "small")), "area must be a number, not 'small'"),
    "an empty area": (edited(("0.75", "")), "area must be a number, not ''"),
    "two areas": (
        edited((INVERTER, f"{INVERTER} area : 9;")),
        "INV: area must have one value",
    ),
    "a cell twice": (
        edited(("cell (NOR2)", "cell (NAND2)")),
        "line 24: cell NAND2: a library",
    ),
    "a cell without name": (edited(("cell (INV)", "cell ()")), "a cell must have one name"),
    "a cell of two names": (edited(("cell (INV)", "cell (INV, B)")), "a cell must have one name"),
    "a pin twice": (edited(("pin (B)", "pin (A)")), "pin A: cell NAND2 must have the pin once"),
    "a wrong direction": (edited(("input", "in")), "pin A: direction must be one of input, output"),
    "a function that ends early": (edited(('"!A"', '"!"')), "line 11: pin Y: function: Liberty"),
    "a function of another pin": (edited(('"!A"', '"!Z"')), "must name pins of its cell, not 'Z'"),
    "a function with 51 brackets": (edited(('"!A"', f'"{"(" * 51}A"')), "at most 50 brackets"),
    "a function of 30 000 signs": (edited(('"!A"', f'"{"A&" * 15000}A"')), "at most 20000 char"),
    "a next state of another pin": (edited(('"D"; }', '"X"; }')), "ff IQ: next_state must name"),
    "a clock that is no function": (edited(('"CK"; n', '"CK )"; n')), "ff IQ: clocked_on: Liberty"),
    "a lost quote": (edited(('"!A"', '"!A')), "line 11: a string must end on its line"),
    "a quote at the end": (GENERIC + '"', "a string must end"),
    "a lost brace": (GENERIC.rstrip().removesuffix("}"), "{ must have its closing brace"),
    "a brace too many": (GENERIC + "}", "} must close a brace"),
    "half a file": (GENERIC[: len(GENERIC) // 2], "{ must have its closing brace"),
    "an open comment": (edited((INVERTER, f"{INVERTER} /* ")), "line 9: a comment must end with"),
    "two libraries": (GENERIC + GENERIC, "line 193: the file must end after its library group"),
    "a file in a file": (
        edited(("  delay_", "  include_file(x.lib);\n  delay_")),
        "include_file",
    ),
    "a word": (edited((INVERTER, f"{INVERTER} small;")), "line 9: 'small;' must be a Liberty stat"),
    "a null character": (edited((INVERTER, f"{INVERTER} \0")), "must be a Liberty statement"),
    "a megabyte": (
        edited((INVERTER, f"{INVERTER} {'x' * 1_000_000}")),
        "must be a Liberty state",
    ),
    "nothing": ("", "must begin with `library"),
    "blanks": ("\n" * 1_000_000, "must begin with `library"),
    "bytes": (bytes(range(256)) * 100, "must"),
    "a cut gzip file": (gzip.compress(GENERIC.encode())[:-9], "gzip data: it is cut short"),
    "a damaged gzip file": (gzip.compress(GENERIC.encode())[:-8] + bytes(8), "it is damaged"),
    "gzip data and more": (gzip.compress(GENERIC.encode()) + b"x", "must be whole gzip data"),
    "no flip-flop": (without(*FLIP_FLOPS), "must have a flip-flop with an area"),
    "no inverter": (without("INV"), "must have an inverter with an area"),
    "no NAND": (without("NAND2"), "must have a 2-input NAND with an area"),
    "none of them": (
        without("INV", "NAND2", *FLIP_FLOPS),
        "inverter and a 2-input NAND and a fl",
    ),
    "scan flip-flops only": (
        with_flip_flop(
            "CK D SI SE", 'ff (IQ, N) { clocked_on : "CK"; next_state : "SE SI + !SE D"; }'
        ),
        "must have a flip-flop",
    ),
    "two clocks": (
        with_flip_flop("C K D", 'ff (IQ, IQN) { clocked_on : "C & K"; next_state : "D"; }'),
        "must have a flip-flop",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_line(case, tmp_path):
    content, reason = REFUSED[case]
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    message = str(caught.value)
    assert reason in message.replace("1e+12", "1e.12")
    assert message.startswith(f"liberty {tmp_path}/own.lib"[:40])
    assert "\n" not in message
    assert len(message) <= 300


def test_a_lost_quote_is_placed_where_it_is(tmp_path):
    lines = GENERIC.splitlines()
    places = [number for number, line in enumerate(lines, 1) if '"!' in line]
    for number in places:
        broken = [*lines]
        broken[number - 1] = broken[number - 1][::-1].replace('"', "", 1)[::-1]
        with pytest.raises(InputError, match=f"line {number}: a string must end on its line"):
            read(tmp_path, "\n".join(broken))


def test_a_gzip_bomb_is_never_whole(tmp_path):
    path = tmp_path / "bomb.lib"
    path.write_bytes(gzip.compress(bytes(8 << 20)))
    assert path.stat().st_size < 10_000
    assert len(read_source(path, most=8 << 20)[0]) == 8 << 20
    with pytest.raises(InputError, match="must have at most 7 MiB when decompressed"):
        read_source(path, most=7 << 20)
    path.write_bytes(bytes(2 << 20))
    with pytest.raises(InputError, match=r"must have at most 1 MiB$"):
        read_source(path, most=1 << 20)


FLIP_FLOP_FORMS = {
    "set": ("CK D S", 'clocked_on : "CK"; next_state : "D"; preset : "S\'";'),
    "both": ("CK D R S", 'clocked_on : "CK"; next_state : "D"; clear : "!R"; preset : "S";'),
    "reset": ("CK D R", 'clocked_on : "CK"; next_state : "D"; clear : "R";'),
    "the falling edge": ("CK D", 'clocked_on : "!CK"; next_state : "D";'),
    "the complement": ("CK D", 'clocked_on : "(CK)"; next_state : "!D";'),
    "an enable": ("CK D E", 'clocked_on : "CK"; next_state : "(D E) + (IQ E\')";'),
    "an enable at 0": ("CK D E", 'clocked_on : "CK"; next_state : "(D + E) (IQ + !E)";'),
}  # fmt: skip


@pytest.mark.parametrize("function", ["IQ", "IQN", "!IQ", "(IQN)'"])
@pytest.mark.parametrize("form", FLIP_FLOP_FORMS)
def test_forms_of_flip_flops(form, function, tmp_path):
    pins, state = FLIP_FLOP_FORMS[form]
    library = read(tmp_path, with_flip_flop(pins, f"ff (IQ, IQN) {{ {state} }}", function))
    assert [cell.name for cell in library.cells if cell.flip_flop] == ["FLOP"]
    written = library.area_text.partition('cell ("FLOP")')[2].partition("\ncell")[0]
    name = "IQ" if function in ("IQ", "(IQN)'") else "IQN"
    assert f'function : "{name}";' in written


def test_states_with_the_name_of_a_pin(tmp_path):
    state = 'ff (Q) { clocked_on : "CK"; next_state : "D"; }'
    library = read(tmp_path, with_flip_flop("CK D", state, "Q"))
    assert 'ff ("Q_", "IQN") {\nclocked_on : "CK";\nnext_state : "D";' in library.area_text
    assert 'function : "Q_";' in library.area_text


def fuzz(tmp_path, cases, seed):
    generator = random.Random(seed)
    accepted = 0
    for number in range(cases):
        timed = generator.random() < 0.5
        content = mutated(LIBERTY if timed else GENERIC, generator)
        began = time.monotonic()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                library = read(tmp_path, content)
                _ = library.area_text
                accepted += 1
                if timed:
                    read_timing_library(library)
                    _ = library.text
            except InputError as error:
                line = str(error)
                assert len(line) <= 300, (seed, number)
                assert line.isprintable(), (seed, number, line)
        assert time.monotonic() - began < 10, (seed, number)
    return accepted


def test_mutations_of_a_library_are_read_or_refused(tmp_path):
    assert 50 < fuzz(tmp_path, 300, 20261128) < 250


@pytest.mark.soak
def test_many_mutations(tmp_path):
    for seed in range(10):
        fuzz(tmp_path, 2000, seed)
