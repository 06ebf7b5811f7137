# SPDX-License-Identifier: Apache-2.0
"""A file that calibration wrote drives golden, RTL in a simulator and the AI Engine kernels.

On the scores of real models that it was not calibrated on, bit for bit.
"""

import shutil

import numpy as np
import pytest
from surmax.aie.check.kernels import PackedRows, kernel_of_file
from surmax.aie.check.random_rows import RowBatch
from surmax.aie.forms import FORMS
from surmax.aie.host_build import build_library
from surmax.aie.host_library import HostLibrary
from surmax.aie.layout import aligned, pack, unpack
from surmax.calibrate.hccs.fit import HccsTarget
from surmax.calibrate.plan import ConsmaxPlan, HccsPlan, calibrate_all
from surmax.calibrate.scores import HeadScores, ScoreRows
from surmax.golden import consmax, consmax_preset, hccs, hccs_preset, load_constants
from surmax.golden.recorded.rows import recorded_heads
from surmax.rtl import ConsmaxBuild, HccsBuild
from surmax.tb.run.regression import run_benches
from surmax.tb.run.simulators import available

LENGTH, LANES = 64, 16
HEADS = recorded_heads()
PLANS = {
    "hccs": HccsPlan(HccsTarget(hccs_preset("div"), LENGTH)),
    "consmax": ConsmaxPlan(consmax_preset("small")),
}


@pytest.fixture(scope="module", params=PLANS)
def calibrated(request, tmp_path_factory):
    """The unit's constants file; heads in the order of the recorded ones."""
    heads = []
    for index, one in enumerate(HEADS):
        rows = one.rows(LENGTH, "calibration")
        mask = rows.mask if one.causal else None
        heads.append(HeadScores(0, index, one.scale, (ScoreRows(rows.scores, mask),)))
    path = tmp_path_factory.mktemp("constants") / "constants.json"
    plan = PLANS[request.param]
    plan.save(path, calibrate_all(heads, plan, "head"))
    return load_constants(path, request.param)


def recorded():
    """Scores (heads, rows, length) and masks of the test rows."""
    rows = [one.rows(LENGTH) for one in HEADS]
    return np.stack([one.scores for one in rows]), np.stack([one.mask for one in rows])


def golden_codes(given):
    scores, mask = recorded()
    if hasattr(given, "length"):
        return hccs(scores, [one.constants for one in given.heads], given.config, mask)
    heads = zip(scores, given.heads, mask, strict=True)
    return np.stack([consmax(x, one.tables, drop) for x, one, drop in heads])


def test_golden_is_near_softmax_on_rows_it_was_not_calibrated_on(calibrated):
    codes = golden_codes(calibrated).astype(float)
    _, mask = recorded()
    assert not codes[mask].any()
    full = calibrated.config.max_code if hasattr(calibrated, "length") else 256
    sums = codes.sum(axis=-1) / full
    assert 0.5 < np.median(sums) < 1.5
    # Something else than one line for all heads.
    assert len({tuple(np.sort(head[-1])) for head in codes}) == len(HEADS)


def test_rtl_computes_the_recorded_rows(calibrated, sim_folder):
    if "icarus" not in available():
        pytest.skip("icarus is missing")
    shape = {"lanes": LANES, "heads": len(HEADS), "storage": "constant"}
    if hasattr(calibrated, "length"):
        constants = tuple(one.constants for one in calibrated.heads)
        build = HccsBuild(calibrated.config, max_length=LENGTH, constants=constants, **shape)
    else:
        tables = tuple(one.tables for one in calibrated.heads)
        build = ConsmaxBuild(calibrated.config, tables=tables, **shape)
    beats = recorded()[0].size // LANES
    result = run_benches(build, "icarus", folder=sim_folder, beats=beats, tests="recorded")
    assert result.message is None
    assert [test.scores for test in result.tests] == [beats * LANES]


@pytest.mark.skipif(shutil.which("g++") is None, reason="no g++ on PATH")
def test_kernels_compute_the_recorded_rows(calibrated, build_folder):
    kernel = kernel_of_file(calibrated)
    forms = [form for form in FORMS if form.name == kernel.name] or FORMS[:1]
    scores, mask = recorded()
    heads, each, length = scores.shape
    # Row r has head r % heads, and the mask of a causal model is a number of positions.
    keep = ~mask.swapaxes(0, 1).reshape(-1, length)
    flat = np.ascontiguousarray(scores.swapaxes(0, 1).reshape(-1, length))
    rows = RowBatch(0, heads, flat, False, np.count_nonzero(keep, axis=1), keep)
    case = kernel.case(np.random.default_rng(1), rows)
    expected = golden_codes(calibrated).swapaxes(0, 1).reshape(-1, length)
    for architecture in ("aie-ml",):
        library = HostLibrary(build_library(architecture, build_folder / "aie", forms=forms))
        for schedule in kernel.schedules:
            packed = PackedRows(rows, schedule)
            wanted = pack(case.expected("bits"), schedule)
            for masking in ("length", "bits"):
                codes = aligned(wanted.shape, wanted.dtype)
                case.run(library, case.table(architecture), packed, masking, codes)
                got = unpack(codes, schedule, heads * each, length)
                np.testing.assert_array_equal(got, expected)
