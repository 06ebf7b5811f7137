# SPDX-License-Identifier: Apache-2.0
import hashlib
import json

import numpy as np
import pytest
from helpers.aie_samples import HEADS, consmax_file, hccs_file
from surmax.aie.check.replay import PLAN, run_replay
from surmax.aie.check.vectors import load_vectors, write_vectors
from surmax.aie.forms import form_named
from surmax.aie.host_build import build_replay
from surmax.aie.layout import unpack
from surmax.golden import HCCS_PRESETS, HccsConstants, InputError, consmax, hccs, load_constants


@pytest.fixture(scope="module")
def constants(tmp_path_factory):
    return hccs_file(tmp_path_factory.mktemp("constants") / "c.json")


@pytest.fixture(scope="module")
def program(build_folder):
    # Sanitized, it compiles faster too.
    forms = [form_named("u8-div-floor-15")]
    return build_replay("aie-ml", build_folder / "aie", forms=forms, sanitize=True)


@pytest.mark.parametrize("schedule", ["rows", "tiles"])
@pytest.mark.parametrize("masking", ["length", "bits"])
def test_golden_gives_the_expected_codes_and_the_kernel_too(
    tmp_path, constants, program, schedule, masking
):
    options = {"schedule": schedule, "masking": masking, "rows": 100, "length": 41, "seed": 4}
    made = write_vectors(constants, tmp_path / "v", **options)
    assert (made.unit, made.form, made.heads) == ("hccs", "u8-div-floor-15", 3)
    assert made.rows == (102 if schedule == "rows" else 104)
    scores = unpack(made.scores, schedule, 102, 41)
    codes = unpack(made.expected, schedule, 102, 41)
    words = None if made.mask is None else unpack_bits(made, schedule)
    for row in range(102):
        head, valid = made.records[row]
        drop = np.arange(41) >= valid if words is None else ~words[row, :41]
        assert np.count_nonzero(~drop) == valid
        wanted = hccs(scores[row], HEADS[head], HCCS_PRESETS["div"], drop)
        np.testing.assert_array_equal(codes[row], wanted)
    found = run_replay(program, [tmp_path / "v" / PLAN])
    assert (found.rows, found.mismatches, found.fault) == (made.rows, 0, None)


def unpack_bits(made, schedule):
    keep = np.unpackbits(made.mask.view(np.uint8), bitorder="little").astype(bool)
    return unpack(keep.reshape(made.scores.shape), schedule, 102, 41)


def test_rows_that_must_not_be_masked_are_whole_or_empty(tmp_path):
    head = (HccsConstants(100, 1, 96),)
    path = hccs_file(tmp_path / "c.json", HCCS_PRESETS["div16"], head, 300, False)
    made = write_vectors(path, tmp_path / "v", rows=50)
    assert made.length == 300
    assert made.expected.dtype == np.int16
    assert set(made.records["valid"].tolist()) == {0, 300}


@pytest.mark.parametrize(("preset", "dtype"), [("small", np.uint8), ("precise", np.uint16)])
def test_vectors_of_consmax(tmp_path, program, preset, dtype):
    path = consmax_file(tmp_path / "c.json", preset)
    made = write_vectors(path, tmp_path / "v", masking="bits", rows=9)
    assert made.expected.dtype == dtype
    assert made.length == 64
    heads = load_constants(path).heads
    keep = np.unpackbits(made.mask.view(np.uint8), bitorder="little").reshape(made.scores.shape)
    for row, record in enumerate(made.records):
        wanted = consmax(made.scores[row], heads[record["head"]].tables, keep[row] == 0)
        np.testing.assert_array_equal(made.expected[row], wanted)
    assert run_replay(program, [tmp_path / "v" / PLAN]).mismatches == 0


def test_replay_counts_the_codes_that_differ(tmp_path, constants, program):
    write_vectors(constants, tmp_path / "v", rows=6)
    file = tmp_path / "v" / "expected.bin"
    content = bytearray(file.read_bytes())
    content[70] ^= 1
    content[5 * 64] ^= 4
    file.write_bytes(content)
    found = run_replay(program, [tmp_path / "v" / PLAN])
    assert found.mismatches == 2
    assert found.fault.endswith("2 codes differ, the first one is code 70")


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("hccs u8", "line 1: the line has 2 words: 12 are needed"),
        ("PLAN cut", "line 1: scores.bin has not the 192 bytes that its call needs"),
        ("PLAN form", "line 1: kernel u8-clb-floor-15 is not built in"),
        ("PLAN number", "line 1: 'x' is no number"),
        ("PLAN file", "line 1: file none.bin cannot be read"),
        (None, "line 0: the plan cannot be read"),
    ],
)
def test_a_bad_plan_is_one_line(tmp_path, constants, program, plan, message):
    write_vectors(constants, tmp_path / "v", rows=3, length=50)
    path = tmp_path / "v" / PLAN
    words = path.read_text().split()
    if plan is None:
        path.unlink()
    elif plan == "hccs u8":
        path.write_text(plan)
    else:
        place, word = {
            "PLAN cut": (7, "scores.bin"),
            "PLAN form": (1, "u8-clb-floor-15"),
            "PLAN number": (4, "x"),
            "PLAN file": (8, "none.bin"),
        }[plan]
        words[place] = word
        if plan == "PLAN cut":
            (tmp_path / "v" / "scores.bin").write_bytes(bytes(191))
        path.write_text(" ".join(words))
    with pytest.raises(InputError) as error:
        run_replay(program, [path])
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def damage_bytes(folder, manifest):
    content = bytearray((folder / "scores.bin").read_bytes())
    content[0] ^= 1
    (folder / "scores.bin").write_bytes(content)


def damage_head(folder, manifest):
    records = np.fromfile(folder / "rows.bin", "<u2")
    records[0] = 3
    records.tofile(folder / "rows.bin")
    digest = hashlib.sha256((folder / "rows.bin").read_bytes()).hexdigest()
    manifest["files"]["rows.bin"]["sha256"] = digest


DAMAGE = {
    "scores.bin must have the sha256 of the manifest, not": damage_bytes,
    "scores.bin must have 192 bytes (manifest), not 0": lambda folder, manifest: (
        folder / "scores.bin"
    ).write_bytes(b""),
    "expected.bin: No such file": lambda folder, manifest: (folder / "expected.bin").unlink(),
    "manifest.json: No such file": lambda folder, manifest: (folder / "manifest.json").unlink(),
    "rows.bin must have heads 0 to 2, not 3": damage_head,
    "format must be surmax-aie-vectors, not 'x'": lambda folder, m: m.update(format="x"),
    "version must be 1, not 2": lambda folder, m: m.update(version=2),
    "form must be one of u8-div-floor-15": lambda folder, m: m.update(form="u8-div"),
    "unit must be hccs, not 'consmax'": lambda folder, m: m.update(unit="consmax"),
    "schedule must be one of rows, tiles": lambda folder, m: m.update(schedule="columns"),
    "masking must be one of length, bits": lambda folder, m: m.update(masking="all"),
    "rows must be int, not '3'": lambda folder, m: m.update(rows="3"),
    "rows must be int, not True": lambda folder, m: m.update(rows=True),
    "scores.bin must have 256 bytes, not 192": lambda folder, m: m.update(rows=4),
    "scores.bin must have 96 bytes, not 192": lambda folder, m: m.update(length=32),
    "table.bin must have 8 bytes, not 12": lambda folder, m: m.update(heads=2),
    "rows must be a multiple of 4, not 3": lambda folder, m: m.update(schedule="tiles"),
    "files: mask.bin is missing": lambda folder, m: m.update(masking="bits"),
    "files must be an object, not []": lambda folder, m: m.update(files=[]),
    "files: replay.txt is missing": lambda folder, m: m["files"].pop("replay.txt"),
}


@pytest.mark.parametrize("message", DAMAGE)
def test_damage_is_one_line(tmp_path, constants, message):
    folder = tmp_path / "v"
    write_vectors(constants, folder, rows=3, length=50)
    manifest = json.loads((folder / "manifest.json").read_text())
    before = json.dumps(manifest)
    DAMAGE[message](folder, manifest)
    if json.dumps(manifest) != before:
        (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError) as error:
        load_vectors(folder)
    assert str(error.value).startswith(f"vectors {folder}")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_manifest_that_is_no_json_object(tmp_path, constants):
    write_vectors(constants, tmp_path / "v", rows=3)
    for text, message in (
        ("[1]", "top level must be an object, not list"),
        ("{", "manifest.json must be JSON"),
    ):
        (tmp_path / "v" / "manifest.json").write_text(text)
        with pytest.raises(InputError, match=message):
            load_vectors(tmp_path / "v")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"schedule": "columns"}, "schedule must be one of rows, tiles, not 'columns'"),
        ({"masking": "all"}, "masking must be one of length, bits, not 'all'"),
        ({"architecture": "aie3"}, "architecture must be one of aie, aie-ml, aie-mlv2"),
        ({"rows": 0}, "rows must be 1 to 1048576, not 0"),
        ({"length": 65}, "length must be 1 to 64, not 65"),
        ({"length": 0}, "length must be 1 to 64, not 0"),
    ],
)
def test_nothing_is_written_when_an_argument_is_wrong(tmp_path, constants, options, message):
    with pytest.raises(InputError, match=message):
        write_vectors(constants, tmp_path / "v", **options)
    assert list(tmp_path.iterdir()) == []


def test_tiles_are_for_hccs(tmp_path):
    path = consmax_file(tmp_path / "c.json")
    with pytest.raises(InputError, match="schedule must be rows, not 'tiles'"):
        write_vectors(path, tmp_path / "v", schedule="tiles")


def test_a_folder_that_holds_something_is_left_alone(tmp_path, constants):
    (tmp_path / "v").mkdir()
    write_vectors(constants, tmp_path / "v", rows=3)
    before = sorted(path.name for path in (tmp_path / "v").iterdir())
    with pytest.raises(InputError, match="must be new or empty"):
        write_vectors(constants, tmp_path / "v", rows=3)
    assert sorted(path.name for path in (tmp_path / "v").iterdir()) == before
    assert [path.name for path in tmp_path.iterdir()] == ["v"]
