# SPDX-License-Identifier: Apache-2.0
import json
import sys
from typing import NamedTuple

import pytest
from helpers.aie_samples import consmax_file, hccs_file
from surmax.aie.host_library import HostLibrary
from surmax.golden import HCCS_PRESETS, HccsConstants

from surmax.__main__ import main


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def surmax(place, capsys, monkeypatch):
    """Run `surmax aie ...` in this process, in `place`: a process of its own takes seconds."""
    monkeypatch.chdir(place)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["surmax", "aie", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        return Done(code, *capsys.readouterr())

    return run


@pytest.fixture
def place(tmp_path, build_folder):
    """A folder whose build/aie is what all tests share."""
    (build_folder / "aie").mkdir(parents=True, exist_ok=True)
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "aie").symlink_to(build_folder / "aie")
    hccs_file(tmp_path / "hccs.json")
    return tmp_path


def test_check_prints_rows_variants_and_mismatches(surmax):
    done = surmax("check", "--rows", 300, "--arch", "aie-ml", "--seed", 7)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["kernel", "variants", "rows", "mismatches"]
    assert len(lines) == 1 + 17 + 1
    row = lines[1].split()
    assert (row[0], row[1], row[3]) == ("u8-div-floor-15", "4", "0")
    assert lines[-1].startswith("64 variants on aie-ml: ")
    assert lines[-1].endswith(" a variant, 0 mismatches, seed 7")


def test_check_of_a_file_as_json(surmax):
    done = surmax("check", "hccs.json", "--rows", 300, "--arch", "aie-ml", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["passed"]
    assert told["mismatches"] == 0
    assert len(told["variants"]) == 4
    for one in told["variants"]:
        assert one["form"] == "u8-div-floor-15"
        assert one["rows"] == told["rows"] >= 300


def test_check_of_consmax_and_of_rows_without_masks(surmax, place):
    consmax_file(place / "consmax.json")
    options = ("--rows", 300, "--arch", "aie-ml")
    done = surmax("check", "consmax.json", *options)
    assert "consmax-uq0.8" in done.stdout
    assert "2 variants on aie-ml" in done.stdout
    constants = (HccsConstants(100, 1, 96),)
    hccs_file(place / "plain.json", HCCS_PRESETS["div16"], constants, 300, False)
    done = surmax("check", "plain.json", *options)
    assert "4 variants on aie-ml" in done.stdout
    assert "0 mismatches" in done.stdout


def test_a_mismatch_is_shown_and_ends_with_code_1(surmax, monkeypatch):
    genuine = HostLibrary.hccs

    def wrong(self, form, schedule, scores, codes, *rest):
        genuine(self, form, schedule, scores, codes, *rest)
        codes[0, 0] += 1

    monkeypatch.setattr(HostLibrary, "hccs", wrong)
    options = ("check", "hccs.json", "--rows", 10, "--arch", "aie-ml")
    done = surmax(*options)
    assert done.returncode == 1
    assert "first mismatch: aie-ml u8-div-floor-15 rows length: seed 1, batch 0" in done.stdout
    done = surmax(*options, "--json")
    assert done.returncode == 1
    assert not json.loads(done.stdout)["passed"]


def test_header_vectors_and_replay(surmax, place):
    text = surmax("header", "hccs.json").stdout
    assert "{500, 7, 60}, // layer 0 head 0, scale 0.05" in text
    done = surmax("header", "hccs.json", "-o", "heads.hpp")
    assert done.stdout == "heads.hpp: constants of hccs.json\n"
    assert (place / "heads.hpp").read_text() == text
    options = ("--schedule", "tiles", "--masking", "bits", "--rows", 50, "--length", 33)
    done = surmax("vectors", "hccs.json", "-o", "v", *options)
    told = "v: 52 rows of 33 for u8-div-floor-15, 3 heads, tiles, masked by bits\n"
    assert done.stdout == told
    done = surmax("replay", "v", "--sanitize")
    assert (done.stdout, done.returncode) == ("52 rows, 0 mismatches\n", 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("header", "none.json"), "constants file none.json: No such file"),
        (("header", "hccs.json", "-o", "no/f.hpp"), "folder no is not there"),
        (("header", "bad.json"), "layer 0 head 0: rho must have at most 15 bits"),
        (("vectors", "bad.json", "-o", "v"), "layer 0 head 0: rho must have at most 15 bits"),
        (("check", "bad.json"), "layer 0 head 0: rho must have at most 15 bits"),
        (
            ("vectors", "hccs.json", "-o", "v", "--rows", "0"),
            "'--rows': 0 is not in the range 1<=x<=1048576",
        ),
        (("vectors", "hccs.json", "-o", "v", "--length", "65"), "length must be 1 to 64"),
        (("vectors", "hccs.json"), "Missing option '-o' / '--output'"),
        (("check", "--rows", "0"), "'--rows': 0 is not in the range 1<=x<=1"),
        (("check", "--seed", "-1"), "'--seed': -1 is not in the range 0<=x<=4294967295"),
        (("check", "--arch", "aie2"), "'--arch': 'aie2' is not one of 'aie', 'aie-ml', 'aie-mlv2'"),
        (("check", "--form", "u8"), "'--form': 'u8' is not one of 'u8-div-floor-15'"),
        (("check", "hccs.json", "--form", "u8-div-floor-15"), "the file says the form"),
        (("check", "--compiler", "icc"), "compiler must be a program on PATH, not 'icc'"),
        (
            ("check", "--sanitize", "--compiler", "icc"),
            "compiler must be a program on PATH, not 'icc'",
        ),
        (("replay", "none"), "vectors none/manifest.json: No such file"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(surmax, place, arguments, message):
    config = HCCS_PRESETS["div"].to_json() | {"min_sum": 128}
    document = json.loads((place / "hccs.json").read_text()) | {"config": config}
    document["heads"][0] |= {"B": 255, "S": 1}
    (place / "bad.json").write_text(json.dumps(document))
    before = sorted(path.name for path in place.iterdir())
    done = surmax(*arguments)
    assert done.returncode == 2, done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.startswith("[")]
    assert len(lines) == 1
    assert lines[0].startswith("surmax: ")
    assert message in lines[0]
    assert sorted(path.name for path in place.iterdir()) == before


def test_replay_of_tables_needs_their_architecture(surmax, place):
    consmax_file(place / "consmax.json")
    assert surmax("vectors", "consmax.json", "-o", "v", "--arch", "aie").returncode == 0
    done = surmax("replay", "v", "--arch", "aie-ml")
    assert done.returncode == 2
    assert "arch must be aie, as the tables of v are, not 'aie-ml'" in done.stderr
