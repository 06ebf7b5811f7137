# SPDX-License-Identifier: Apache-2.0
import json
import subprocess
import sys

import pytest
from surmax.golden import (
    HCCS_PRESETS,
    HccsConstants,
    HccsHead,
    load_constants,
    save_constants,
)


def test_elaborate_writes_three_files(surmax, tmp_path):
    done = surmax("elaborate", "consmax", "--lanes", 2, "--top", "axi", "-o", "out", "--json")
    names = ["consmax_axi.v", "consmax_axi.json", "consmax_axi.core"]
    told = json.loads(done.stdout)
    assert told["files"] == [f"out/{name}" for name in names]
    assert told["latency_cycles"] == 1
    sidecar = json.loads((tmp_path / "out" / "consmax_axi.json").read_text())
    assert sidecar["preset"] == "small"
    assert {"name": "s_axis_tdata", "direction": "input", "bits": 16} in sidecar["ports"]


def test_elaborate_hccs_says_what_each_row_length_costs(surmax, tmp_path):
    options = ("--lanes", 2, "--max-length", 8, "--divider-bits", 3, "-o", "out")
    done = surmax("elaborate", "hccs", *options)
    rows = [line.split() for line in done.stdout.splitlines()[-3:]]
    # positions, beats, latency, cycles a row, scores a cycle: five cycles for fifteen bits.
    assert [" ".join(row) for row in rows] == ["2 1 12 5 0.4", "4 2 14 5 0.8", "8 4 18 5 1.6"]
    sidecar = json.loads((tmp_path / "out" / "hccs_stream.json").read_text())
    assert sidecar["rows"][0] == {"beats": 1, "latency_cycles": 12, "interval_cycles": 5.0}


def test_hccs_constants_are_built_in(surmax, tmp_path):
    config = HCCS_PRESETS["clb"]
    heads = [HccsHead(0, k, 0.05, HccsConstants(300 + k, 4, 60)) for k in range(3)]
    save_constants(tmp_path / "c.json", config, heads, length=32)
    options = ("--constants", "c.json", "--storage", "constant", "--lanes", 4)
    done = surmax("elaborate", "hccs", *options)
    assert "preset clb: 4 lanes, 3 heads, rows up to 32, constants constant" in done.stdout
    assert "load_valid" not in (tmp_path / "build/verilog/hccs_stream.v").read_text()


def test_long_rows_lower_the_least_sum(surmax):
    done = surmax("elaborate", "hccs", "--max-length", 256, "--lanes", 8)
    assert "preset div: 8 lanes, 1 heads, rows up to 256" in done.stdout
    assert "B 32 to 127" in done.stdout


def test_solve_then_build_the_tables_in(surmax, tmp_path):
    heads = [{"scale": 0.04 + 0.01 * k, "beta": 1.0, "gamma": 5.0} for k in range(3)]
    (tmp_path / "heads.json").write_text(json.dumps(heads))
    done = surmax("solve", "consmax", "--heads-file", "heads.json", "-o", "c.json", "--json")
    assert [one["wrong_codes"] for one in json.loads(done.stdout)["heads"]] == [0, 0, 0]
    assert len(load_constants(tmp_path / "c.json").heads) == 3
    options = ("--constants", "c.json", "--storage", "constant", "--lanes", 1)
    surmax("elaborate", "consmax", *options)
    text = (tmp_path / "build/verilog/consmax_stream.v").read_text()
    assert "load_valid" not in text
    assert "3 heads, constant tables" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("elaborate", "consmax", "--lanes", "65"), "'--lanes': 65 is not in the range 1<=x<=64"),
        (("elaborate", "consmax", "--lanes", "x"), "'x' is not a valid integer"),
        (
            ("elaborate", "consmax", "--lanes", "3", "--preset", "mixed"),
            "lanes must be an even number, not 3",
        ),
        (
            ("elaborate", "consmax", "--preset", "big"),
            "'--preset': 'big' is not one of 'paper', 'small'",
        ),
        (
            ("elaborate", "consmax", "--mantissa-bits", "2"),
            "'--mantissa-bits': 2 is not in the range 4<=x<=24",
        ),
        (("elaborate", "consmax", "--stages", "9"), "'--stages': 9 is not in the range 1<=x<=5"),
        (("elaborate", "consmax", "--stages", "0"), "'--stages': 0 is not in the range 1<=x<=5"),
        (("elaborate", "consmax", "--heads", "0"), "'--heads': 0 is not in the range 1<=x<=64"),
        (
            ("elaborate", "consmax", "--storage", "rom"),
            "'--storage': 'rom' is not one of 'loadable', 'constant'",
        ),
        (("elaborate", "consmax", "--storage", "constant"), "storage 'constant' needs --constants"),
        (("elaborate", "consmax", "--constants", "none.json"), "constants file none.json: No such"),
        (("elaborate", "consmax", "-o", "file"), "'file' is a file"),
        (
            ("elaborate", "consmax", "--top", "wishbone"),
            "'--top': 'wishbone' is not one of 'stream', 'axi'",
        ),
        (
            ("elaborate", "consmax", "--adders", "lut"),
            "'--adders': 'lut' is not one of 'operators', 'cells'",
        ),
        (
            ("elaborate", "hccs", "--max-length", "60"),
            "max_length must be a multiple of 16 lanes, not 60",
        ),
        (
            ("elaborate", "hccs", "--max-length", "0"),
            "'--max-length': 0 is not in the range 1<=x<=4096",
        ),
        (("elaborate", "hccs", "--max-length", "128", "--min-sum", "256"), "B would be at most"),
        (("elaborate", "hccs", "--min-sum", "100"), "min_sum must be a power of two"),
        (
            ("elaborate", "hccs", "--preset", "small"),
            "'--preset': 'small' is not one of 'div', 'clb'",
        ),
        (
            ("elaborate", "hccs", "--dividers", "17"),
            "'--dividers': 17 is not in the range 1<=x<=16",
        ),
        (
            ("elaborate", "hccs", "--divider", "srt"),
            "'--divider': 'srt' is not one of 'serial', 'pipelined'",
        ),
        (("elaborate", "hccs", "--preset", "clb", "--dividers", "2"), "only 'div' divides"),
        (("solve", "consmax", "--scale", "nan", "--beta", "1", "--gamma", "1"), "not nan"),
        (("solve", "consmax", "--scale", "-1", "--beta", "1", "--gamma", "1"), "not -1.0"),
        (("solve", "consmax", "--scale", "0.1"), "--beta is missing"),
        (("solve", "consmax", "--heads-file", "file"), "heads file file must be JSON"),
        (
            ("sim", "consmax", "--simulator", "vcs"),
            "'--simulator': 'vcs' is not one of 'icarus', 'verilator'",
        ),
        (
            ("sim", "consmax", "--scores", "many"),
            "'--scores': 'many' is not a whole number such as 1e8",
        ),
        (
            ("sim", "consmax", "--scores", "0"),
            "'--scores': 0 is not in the range 1<=x<=10000",
        ),
        (("sim", "consmax", "--beats", "0"), "'--beats': 0 is not in the range 1<=x<=100000000"),
        (
            ("synth", "consmax", "--target", "asap"),
            "'--target': 'asap' is not one of generic, sky130",
        ),
        (("synth", "consmax", "--liberty", "file"), "file"),
        (("synth", "consmax", "--liberty", "absent.lib"), "absent.lib"),
        (("errors", "-o", "none/page.md"), "output file none/page.md: folder none is not there"),
        (("explore", "hccs", "-o", "none/page.md"), "folder none is not there"),
        (("sim", "hccs", "--netlist", "ecp5"), "a netlist needs a cell library"),
        (("frobnicate",), "No such command 'frobnicate'"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(surmax, tmp_path, arguments, message):
    (tmp_path / "file").write_text("this is no Liberty file and no JSON\n")
    done = surmax(*arguments, check=False)
    assert done.returncode == 2, done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.startswith("[")]
    assert len(lines) == 1
    assert lines[0].startswith("surmax: ")
    assert message in lines[0]
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir() if path.name != "build"] == ["file"]
    assert not list(tmp_path.rglob("*.v"))


def test_a_missing_simulator_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    command = [sys.executable, "-m", "surmax", "sim", "consmax", "--simulator", "icarus"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "simulator icarus cannot run: iverilog is not on PATH" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_lint_is_clean(surmax):
    done = surmax("lint", "consmax", "--lanes", 2, "--json")
    assert json.loads(done.stdout) == {"messages": []}


def test_help_gives_ranges(surmax):
    text = " ".join(surmax("elaborate", "consmax", "--help").stdout.split())
    for part in ("default: 16; 1<=x<=64", "[4<=x<=24]", "--format [uq0.8|uq0.16]"):
        assert part in text
