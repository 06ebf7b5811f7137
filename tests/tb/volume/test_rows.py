# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from surmax.golden import (
    HCCS_PRESETS,
    SOFTERMAX_PRESETS,
    SOFTMAX_PRESETS,
    HccsConfig,
    SoftermaxConfig,
    SoftmaxConfig,
)
from surmax.golden.hccs.law import reciprocal
from surmax.golden.sampling import random_constants
from surmax.rtl import HccsBuild, SoftermaxBuild, SoftmaxBuild, verilog
from surmax.tb.rewrite.drive import drive
from surmax.tb.rows.cutting import find_rows
from surmax.tb.rows.volume_rows import RAMP_ROWS, ramp_rows, random_rows
from surmax.tb.run.simulators import available
from surmax.tb.volume.compile import compile_model
from surmax.tb.volume.library import Beats, CompiledTop
from surmax.tb.volume.run import run_volume
from surmax.tb.volume.session import no_beats

pytestmark = pytest.mark.skipif(
    "verilator" not in available(), reason="Verilator or its C++ compiler is missing"
)

SMALL = HccsBuild(HCCS_PRESETS["clb"], lanes=2, heads=3, max_length=8)


def quick(build, scores, sim_folder, **options):
    return run_volume(build, scores, folder=sim_folder, workers=1, optimise=False, **options)


def built_in(config, heads, length):
    return tuple(random_constants(heads, config, length, np.random.default_rng(5)))


@pytest.mark.parametrize(
    "build",
    [
        HccsBuild(HCCS_PRESETS["div"], lanes=4, heads=3, max_length=20, divider_bits=2),
        HccsBuild(
            HCCS_PRESETS["nearest"], lanes=2, heads=2, max_length=6, dividers=3, divider_bits=4
        ),
        HccsBuild(HCCS_PRESETS["fine16"], lanes=3, heads=2, max_length=9, divider="pipelined"),
        HccsBuild(HCCS_PRESETS["div16"], lanes=1, max_length=5, adders="cells"),
        HccsBuild(HCCS_PRESETS["clb"], lanes=9, max_length=9, adders="cells"),
        HccsBuild(HCCS_PRESETS["clb2"], lanes=2, heads=4, max_length=34),
        HccsBuild(
            HccsConfig(output="i16", reciprocal="clb1", sum_bits=17, min_sum=1),
            lanes=2,
            heads=2,
            max_length=4,
            storage="constant",
            constants=built_in(HccsConfig(sum_bits=17), 2, 4),
        ),
        SoftmaxBuild(SOFTMAX_PRESETS["u8"], lanes=3, heads=2, max_length=21, adders="cells"),
        SoftmaxBuild(SOFTMAX_PRESETS["i16"], lanes=2, heads=3, max_length=8, divider_bits=16),
        SoftmaxBuild(
            SoftmaxConfig(
                rate_bits=9,
                fraction_bits=6,
                table_bits=4,
                value_bits=9,
                sum_bits=11,
                reciprocal_bits=9,
                dropped_columns=0,
            ),
            lanes=1,
            max_length=5,
            adders="cells",
        ),
        SoftermaxBuild(SOFTERMAX_PRESETS["paper"], lanes=3, heads=2, max_length=21, adders="cells"),
        SoftermaxBuild(SOFTERMAX_PRESETS["i16"], lanes=2, max_length=32),
        SoftermaxBuild(
            SoftermaxConfig(
                output="u8",
                maximum="ceil",
                value_bits=8,
                sum_bits=5,
                reciprocal_bits=7,
                segments=8,
            ),
            lanes=1,
            heads=3,
            max_length=5,
            adders="cells",
        ),
    ],
    ids=[
        *("div", "nearest", "fine16", "div16", "clb", "clb2", "constant"),
        *("softmax", "softmax i16", "softmax coarse"),
        *("softermax", "softermax i16", "softermax coarse"),
    ],
)
def test_every_score_is_golden(build, sim_folder):
    result = quick(build, 40_000, sim_folder)
    assert result.passed, result
    assert result.scores >= 40_000
    assert (result.reloads > 0) == (getattr(build, "storage", "constant") == "loadable")


@pytest.mark.parametrize("divider", ["serial", "pipelined"])
def test_every_row_sum_is_divided_rightly(divider, sim_folder):
    # A row of one position has Z = B and the code Z*rho, which shows every bit of rho.
    config = HccsConfig(output="i16", min_sum=1)
    build = HccsBuild(config, lanes=1, heads=64, max_length=1, divider=divider, divider_bits=4)
    library = compile_model(build, verilog(build), sim_folder, optimise=False)
    sums = np.arange(1, 1 << 15)
    codes = []
    with CompiledTop(build, library) as model:
        assert model.reset() is None
        for some in np.array_split(sums, 512):
            heads, zeros = np.arange(len(some)), np.zeros(len(some), dtype=np.int64)
            loads = np.stack([heads, some, zeros, zeros], axis=1).astype(np.uint32)
            assert model.run(no_beats(build), loads).fault is None
            bytes_in = np.zeros((len(some), 1), dtype=np.uint8)
            last = np.ones(len(some), dtype=np.uint8)
            outcome = model.run(Beats(bytes_in, bytes_in, heads.astype(np.uint8), last))
            assert outcome.fault is None
            codes.append(outcome.codes[:, 0])
    assert np.array_equal(np.concatenate(codes), sums * reciprocal(config, sums))
    assert np.array_equal(reciprocal(config, sums), 32767 // sums)


def test_every_pair_of_score_and_maximum(sim_folder):
    result = quick(SMALL, 400_000, sim_folder, seed=2)
    assert result.passed, result
    assert result.exhaustive


def test_the_ramp_shows_all_pairs_to_all_lanes():
    beats = ramp_rows(SMALL, np.random.default_rng(1), 0, RAMP_ROWS)
    assert (find_rows(beats.last, SMALL.max_beats).sent == 2).all()
    scores = beats.scores.view(np.int8).astype(int).reshape(RAMP_ROWS, 2 * SMALL.lanes)
    top = scores.max(axis=1)
    for lane in range(SMALL.lanes):
        pairs = {(t, x) for t, x in zip(top, scores[:, lane], strict=True)}
        pairs |= {(t, x) for t, x in zip(top, scores[:, lane + SMALL.lanes], strict=True)}
        assert len(pairs) == RAMP_ROWS


def test_random_rows_are_of_all_kinds():
    beats = random_rows(SMALL, np.random.default_rng(3), 40_000, without=1)
    assert set(beats.head) == {0, 2}
    rows = find_rows(beats.last, SMALL.max_beats)
    assert set(rows.sent) == set(range(1, 2 * SMALL.max_beats + 2))
    masked = np.add.reduceat(np.unpackbits(beats.mask, axis=1).sum(axis=1), rows.begin)
    lengths = rows.sent * SMALL.lanes
    assert {0, 1} < set(masked)
    assert (masked == lengths).any()  # nothing counts
    assert ((masked == lengths - 1) & (lengths > 4)).any()  # one does
    assert set(rows.kept) == set(range(1, SMALL.max_beats + 1))
    assert rows.outputs < len(beats)


def test_broken_promises_are_found(sim_folder, monkeypatch):
    text = verilog(SMALL)
    latency, interval = HccsBuild.latency, HccsBuild.interval
    monkeypatch.setattr(HccsBuild, "latency", lambda build, beats: latency(build, beats) - 1)
    assert "late" in quick(SMALL, 1000, sim_folder, text=text).fault
    monkeypatch.setattr(HccsBuild, "latency", lambda build, beats: latency(build, beats) + 1)
    assert "early" in quick(SMALL, 1000, sim_folder, text=text).fault
    monkeypatch.setattr(HccsBuild, "latency", latency)
    monkeypatch.setattr(HccsBuild, "interval", lambda build, beats: interval(build, beats) + 1)
    assert "were promised" in quick(SMALL, 1000, sim_folder, text=text).fault


def test_wrong_outputs_are_found_and_named(sim_folder):
    text = drive(verilog(SMALL), SMALL.top_module, "m_codes", "right ^ 256")
    result = quick(SMALL, 10_000, sim_folder, text=text)
    assert not result.passed
    found = result.first_mismatch
    assert (found["lane"], found["got"]) == (1, found["expected"] ^ 1)


@pytest.mark.soak
@pytest.mark.parametrize(
    "build",
    [
        HccsBuild(HCCS_PRESETS["div"]),
        SoftmaxBuild(SOFTMAX_PRESETS["u8"]),
        SoftermaxBuild(SOFTERMAX_PRESETS["paper"]),
    ],
    ids=["hccs", "softmax", "softermax"],
)
def test_1e8_scores(build, sim_folder):
    result = run_volume(build, 10**8, folder=sim_folder)
    assert result.passed
    assert result.exhaustive
