# SPDX-License-Identifier: Apache-2.0
"""The kernels against golden, and the check against kernels that are wrong."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from surmax.aie.check.calls import draw_calls
from surmax.aie.check.comparison import check_kernels
from surmax.aie.check.kernels import KERNEL_NAMES, check_kernel_names, make_kernel
from surmax.aie.check.random_rows import draw_batches, draw_constants
from surmax.aie.check.replay import run_replay, write_plans
from surmax.aie.check.sanitize import run_sanitized
from surmax.aie.forms import ARCHITECTURES, FORMS, form_named
from surmax.aie.host_build import KERNELS, build_library, build_replay, find_compiler
from surmax.aie.host_library import HostLibrary, ViolationError
from surmax.aie.layout import aligned, head_records, pack, row_records
from surmax.aie.limits import check_kernel
from surmax.golden import HccsConstants, InputError, hccs
from surmax.golden.hccs.config import PUBLISHED_FRACTION_BITS

MILLION = 1_000_000
SEED = 20
# Shares of about the same run time, so that two workers end together.
SHARES = [KERNEL_NAMES[k::4] for k in range(4)]


@pytest.fixture(scope="session")
def libraries(build_folder):
    def build(architecture):
        return HostLibrary(build_library(architecture, build_folder / "aie"))

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(ARCHITECTURES, pool.map(build, ARCHITECTURES), strict=True))


@pytest.mark.parametrize("names", SHARES, ids=" ".join)
def test_a_million_rows_of_every_variant(libraries, names):
    kernels = [make_kernel(name, SEED) for name in names]
    result = check_kernels(libraries, kernels, MILLION, seed=SEED)
    assert result.passed, str(result.first)
    assert result.rows >= MILLION
    schedules = sum(len(one.schedules) for one in kernels)
    assert len(result.tallies) == len(ARCHITECTURES) * 2 * schedules


def test_the_library_has_the_forms_that_python_names(libraries):
    for library in libraries.values():
        assert set(library.forms) == {form.words for form in FORMS}


PUBLISHED = [form for form in FORMS if form.fraction_bits == PUBLISHED_FRACTION_BITS[form.output]]


@pytest.mark.parametrize("form", PUBLISHED, ids=lambda form: form.name)
@pytest.mark.parametrize("architecture", ["aie-ml", "aie-mlv2"])
def test_the_five_stages_that_are_counted_compute_the_same(libraries, architecture, form):
    rng = np.random.default_rng(SEED)
    for length in (32, 64, 128, 256):
        config, constants = draw_constants(rng, form, length, 3, whole=True)
        scores = rng.integers(-128, 128, (3, 100, length), np.int8)
        expected = hccs(scores, constants, config).reshape(300, length)
        codes = aligned(expected.shape, expected.dtype)
        records = row_records(np.arange(300) // 100, np.full(300, length), "rows")
        packed, heads = pack(scores.reshape(300, length), "rows"), head_records(constants)
        run = libraries[architecture].hccs
        run(form.words, "five stages", packed, codes, records, heads, None, length)
        np.testing.assert_array_equal(codes, expected)


def test_the_five_stages_take_whole_rows_only(libraries):
    codes, scores = aligned((1, 64), np.uint8), aligned((1, 64), np.int8)
    records, heads = row_records([0], [33], "rows"), head_records([HccsConstants(300, 1, 9)])
    run = libraries["aie-ml"].hccs
    with pytest.raises(ViolationError, match="takes whole rows of 32 scores"):
        run("u8 div floor 15", "five stages", scores, codes, records, heads, None, 33)


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_sanitizers_are_silent(build_folder, compiler):
    needs(compiler)
    kernels = [make_kernel(name, SEED) for name in KERNEL_NAMES]
    found = run_sanitized(
        tuple(ARCHITECTURES), [compiler], kernels, build_folder / "aie", 2000, seed=SEED
    )
    assert len(found) == len(ARCHITECTURES)
    for one in found.values():
        assert one.fault is None
        assert one.mismatches == 0
        assert one.rows > 2000 * len(FORMS)


def needs(compiler):
    try:
        find_compiler(compiler)
    except InputError as error:
        pytest.skip(str(error))


# A store behind the last row and a sum that leaves 32 bits, before the line that begins like this.
LINE = "    store_zeros(codes + range"
PLANTED = {
    "g++": ("codes[range.all * VECTOR] = 0;", "heap-buffer-overflow"),
    "clang++": ("(void)(INT32_MAX + scores[0]);", "signed integer overflow"),
}


@pytest.mark.parametrize("compiler", PLANTED)
def test_sanitizers_find_what_is_planted(tmp_path, compiler):
    needs(compiler)
    fault, finding = PLANTED[compiler]
    shutil.copytree(KERNELS, tmp_path / "kernels")
    file = tmp_path / "kernels" / "hccs_passes.hpp"
    source = file.read_text()
    assert LINE in source
    file.write_text(source.replace(LINE, f"    {fault}\n{LINE}", 1))
    name = "u8-clb-floor-15"
    program = build_replay(
        "aie-ml",
        tmp_path,
        compiler=compiler,
        sanitize=True,
        forms=[form_named(name)],
        kernels=tmp_path / "kernels",
    )
    calls = draw_calls([make_kernel(name, 1)], 50, 1, lengths=[32], heads=1)
    plans = write_plans(calls, ["aie-ml"], tmp_path)
    found = run_replay(program, [plans["aie-ml"]])
    assert finding in found.fault
    assert "\n" not in found.fault


class Wrong:
    """A library that spoils codes after each call."""

    def __init__(self, library, spoil):
        self.library, self.spoil = library, spoil

    def hccs(self, form, schedule, scores, codes, rows, heads, mask, length):
        self.library.hccs(form, schedule, scores, codes, rows, heads, mask, length)
        self.spoil(codes, schedule)


def check_wrong(libraries, spoil, rows=500):
    wrong = {"aie-ml": Wrong(libraries["aie-ml"], spoil)}
    return check_kernels(wrong, [make_kernel("u8-div-floor-15", 1)], rows, lengths=[37], heads=3)


def test_one_wrong_code_is_spelled_out(libraries):
    def spoil(codes, schedule):
        if schedule == "rows":
            codes[7, 36] ^= 1

    result = check_wrong(libraries, spoil)
    assert not result.passed
    assert result.mismatches == 2
    found = result.first
    assert (found.row, found.position, found.head) == (7, 36, 1)
    assert found.got == found.expected ^ 1
    assert len(found.scores) == 37
    pattern = (
        r"aie-ml u8-div-floor-15 rows length: seed 1, batch 0, rows of 37, row 7, head 1 "
        r"\(HccsConstants\(B=\d+, S=\d+, Dmax=\d+\)\), \d+ positions take part, position 36: "
        r"expected \d+, got \d+; scores (-?\d+ ?){37}"
    )
    assert re.fullmatch(pattern, str(found))
    assert result.to_json()["first"]["text"] == str(found)


@pytest.mark.parametrize("place", ["a row", "the last tile"])
def test_a_code_behind_the_row_is_found(libraries, place):
    def spoil(codes, schedule):
        if schedule == "rows" and place == "a row":
            codes[3, 37] = 1
        if schedule == "tiles" and place == "the last tile":
            codes[-1, 0, 3, 0] = 1

    # 501 rows leave three of the last tile empty.
    result = check_wrong(libraries, spoil)
    assert result.mismatches == 2
    assert result.first.expected == 0
    assert result.first.got == 1


def test_a_code_that_is_not_written_is_found(libraries):
    def spoil(codes, schedule):
        codes[...] = 0x5A

    result = check_wrong(libraries, spoil)
    assert result.mismatches > 0.9 * result.compared


def test_a_violation_is_a_mismatch(libraries):
    def spoil(codes, schedule):
        raise ViolationError("no such lane")

    result = check_wrong(libraries, spoil)
    assert result.mismatches == result.compared
    assert str(result.first).endswith("rows of 37: violation: no such lane")


def test_nothing_compared_is_no_pass(libraries):
    assert not check_kernels(libraries, [], 10).passed


def test_a_million_rows_hold_what_they_should():
    lengths, heads, kinds, rows = set(), set(), set(), 0
    for batch in draw_batches(MILLION, SEED):
        rows += batch.count
        lengths.add(batch.length)
        heads.add(batch.heads)
        valid = batch.valid
        if not batch.whole:
            kinds |= {"part"} if ((valid > 0) & (valid < batch.length)).any() else set()
            kinds |= {"one"} if (valid == 1).any() else set()
            counts = np.count_nonzero(batch.keep, axis=1)
            kinds |= {"bits"} if ((counts > 0) & (counts < batch.length)).any() else set()
        kinds |= {"whole"} if batch.whole else set()
        kinds |= {"none"} if (valid == 0).any() else set()
        kinds |= {"full"} if (valid == batch.length).any() else set()
        scores = batch.scores
        kinds |= {"equal"} if batch.length > 9 and (scores == scores[:, :1]).all(1).any() else set()
        top = scores == scores.max(axis=1, keepdims=True)
        if batch.length == 70:
            alone = top[top.sum(axis=1) == 1]
            assert set(alone.argmax(axis=1)) == set(range(70))
            kinds |= {"ties"} if (top.sum(axis=1) == 2).any() else set()
            kinds |= {"extremes"} if np.isin(scores, (-128, 127)).all(axis=1).any() else set()
    assert rows >= MILLION
    assert set(range(1, 71)) | {96, 97, 128, 255, 256, 4096} <= lengths
    assert heads == {1, 3, 5}
    assert kinds == {
        *("part", "one", "bits", "whole", "none", "full", "equal", "ties", "extremes"),
    }


def test_rows_are_the_same_for_the_same_seed():
    first, again, other = (list(draw_batches(300, seed)) for seed in (1, 1, 2))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.scores, two.scores)
        np.testing.assert_array_equal(one.keep, two.keep)
    assert any((one.scores != two.scores).any() for one, two in zip(first, other, strict=True))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
@pytest.mark.parametrize("whole", [False, True])
def test_constants_are_legal_and_at_their_bounds(form, whole):
    rng = np.random.default_rng(1)
    config, constants = draw_constants(rng, form, 60, 300, whole=whole)
    for one in constants:
        assert check_kernel(config, one, 60, masked=not whole) is form
    b = {one.B for one in constants}
    low, high = (-(-256 // 60) if whole else 256), config.max_b(60)
    assert {low, high} <= b
    assert {0, 1, 127} <= {one.S for one in constants}
    assert {0, 1, 127} <= {one.Dmax for one in constants}
    assert min(one.floor for one in constants) == (low if whole else 0)


def test_bad_arguments(libraries):
    with pytest.raises(InputError, match="rows must be at least 1, not 0"):
        check_kernels(libraries, [make_kernel(KERNEL_NAMES[0], 1)], 0)
    with pytest.raises(InputError, match="form must be one of u8-div-floor-15"):
        check_kernel_names(["u8"])
