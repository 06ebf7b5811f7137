# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from surmax.calibrate.consmax.fit import calibrate_consmax
from surmax.calibrate.hccs.fit import (
    HccsTarget,
    calibrate,
    choose_scale,
    group_heads,
    int16_form,
)
from surmax.calibrate.hccs.search import TOLERANCE, Bounds, _terms, divergence, search
from surmax.calibrate.histograms import make_histograms
from surmax.calibrate.scores import HeadScores, ScoreRows, make_head, quantise, real_rows
from surmax.golden import (
    HCCS_PRESETS,
    ConsmaxConfig,
    HccsConfig,
    HccsConstants,
    InputError,
    error_metrics,
    exact_hccs,
    exact_softmax,
    hccs,
)
from surmax.golden.recorded.rows import recorded_heads

DIV16 = HCCS_PRESETS["div16"]


def recorded(index, length=64):
    one = recorded_heads()[index]
    rows = one.rows(length, "calibration")
    mask = rows.mask if one.causal else None
    return HeadScores(one.layer, index, one.scale, (ScoreRows(rows.scores, mask),))


def kl_of(p, q):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p > 0, p * np.log(p / q), 0).sum(axis=-1).mean()


@pytest.mark.parametrize("index", [0, 3, 9, 13])
def test_divergence_is_that_of_the_rows(index):
    head = recorded(index)
    (rows,) = head.rows
    for constants in (HccsConstants(500, 9, 55), HccsConstants(400, 0, 0)):
        own = exact_hccs(rows.codes, constants, rows.mask)
        wanted = kl_of(exact_softmax(rows.codes, scale=head.scale, mask=rows.mask), own)
        assert divergence(make_histograms([head]), constants) == pytest.approx(wanted, abs=1e-12)


def test_divergence_of_real_scores_counts_what_saturates():
    rng = np.random.default_rng(1)
    real = rng.normal(0, 3, (40, 30)).astype(np.float32)
    mask = rng.random(real.shape) < 0.3
    head = make_head(0, 0, [real_rows(real, mask)], scale=0.04)
    assert head.saturated > 0.01
    (rows,) = head.rows
    constants = HccsConstants(500, 9, 55)
    wanted = kl_of(exact_softmax(real, scale=1, mask=mask), exact_hccs(rows.codes, constants, mask))
    assert divergence(make_histograms([head]), constants) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize(("index", "bounds"), [(0, (10, 60, 1)), (8, (32, 50, 3)), (4, (1, 40, 2))])
def test_search_finds_the_least_of_all_legal_constants(index, bounds):
    least, most, floor = bounds
    rows = make_histograms([recorded(index)])
    found = search(rows, Bounds(least, most, floor))
    every = {
        (B, S, Dmax)
        for B in range(least, most + 1)
        for Dmax in range(1, 128)
        for S in range(1, min(127, (B - floor) // Dmax) + 1)
    }
    best = min(divergence(rows, HccsConstants(*one)) for one in every)
    assert found.proven
    assert found.kl <= min(best, rows.constant) + TOLERANCE
    assert found.kl == pytest.approx(divergence(rows, found.constants), abs=1e-12)


def best_of_a_grid(head):
    """Return the best constants for four values of B, all S and all Dmax, and their divergence."""
    rows, bounds = make_histograms([head]), HccsTarget(DIV16, 64).bounds
    legal = [
        HccsConstants(B, S, Dmax)
        for B in (bounds.most_b >> halvings for halvings in range(4))
        for S in range(1, 128)
        for Dmax in range(1, min(127, (B - 1) // S) + 1)
        if bounds.least_b <= B
    ]
    clips = np.array([one.Dmax for one in legal])
    g, h, _ = _terms(rows, clips, np.array([one.S / one.B for one in legal]))
    best = legal[int((g + h).argmin())]
    return best, divergence(rows, best)


def test_search_beats_a_grid_of_four_values():
    gained = 0
    for index in range(14):
        head = recorded(index)
        grid, kl = best_of_a_grid(head)
        found = search(make_histograms([head]), HccsTarget(DIV16, 64).bounds)
        assert found.proven
        assert found.kl <= kl + TOLERANCE
        gained += found.constants != grid
    assert gained > 7


@pytest.mark.parametrize("most", [255, 4000, 32767])
def test_search_ends_where_many_constants_are_alike(most):
    # Distances of 0 and 3 only, and all equal: nothing tells one Dmax from another.
    for step in (3, 0):
        codes = np.zeros((200, 32), np.int8)
        codes[:, ::5] = step
        found = search(
            make_histograms([HeadScores(0, 0, 0.1, (ScoreRows(codes),))]), Bounds(16, most, 1)
        )
        assert found.proven
        assert found.kl < 1e-4


def test_result_is_what_golden_computes():
    head = recorded(11)
    (rows,) = head.rows
    (result,) = calibrate([head], HccsTarget(HCCS_PRESETS["div"], 64))
    assert result.proven
    assert (result.layer, result.head, result.rows) == (head.layer, head.head, 64)
    p = exact_softmax(rows.codes, scale=head.scale, mask=rows.mask)
    codes = hccs(rows.codes, result.constants, DIV16, rows.mask)
    metrics = error_metrics(codes, p, 16, full_scale=32767, mask=rows.mask)
    assert result.kl == pytest.approx(metrics.kl_mean, abs=1e-12)
    # The published int16 form has the shares of s/Z.
    assert result.kl == pytest.approx(divergence(make_histograms([head]), result.constants))
    assert result.zero_codes == 0
    result.constants.check(HCCS_PRESETS["div"], 64, masked=True)


def test_masked_scores_change_nothing():
    head = recorded(9)
    (rows,) = head.rows
    noise = np.random.default_rng(2).integers(-128, 128, rows.codes.shape, np.int8)
    other = ScoreRows(np.where(rows.mask, noise, rows.codes), rows.mask)
    target = HccsTarget(DIV16, 64)
    first, second = (
        calibrate([HeadScores(0, 0, head.scale, (one,))], target)[0] for one in (rows, other)
    )
    assert first == second


def test_shared_constants_are_a_compromise():
    heads = [recorded(index) for index in (0, 2, 6)]
    target = HccsTarget(DIV16, 64)
    alone = [calibrate([one], target)[0] for one in heads]
    shared = calibrate(heads, target)
    assert len({one.constants for one in shared}) == 1
    assert [one.scale for one in shared] == [one.scale for one in heads]
    assert all(a.kl <= b.kl + TOLERANCE for a, b in zip(alone, shared, strict=True))


def test_groups_of_heads():
    heads = [recorded(index) for index in range(8)]
    assert [len(group) for group in group_heads(heads, "layer")] == [2, 1, 1, 2, 1, 1]
    assert [len(group) for group in group_heads(heads, "global")] == [8]
    assert len(group_heads(heads, "head")) == 8
    with pytest.raises(InputError, match="granularity must be one of head, layer, global"):
        group_heads(heads, "model")


def test_several_lengths_are_legal_for_the_longest():
    parts = [recorded(10, length) for length in (64, 256)]
    head = HeadScores(0, 0, parts[0].scale, tuple(one.rows[0] for one in parts))
    config = HccsConfig(min_sum=32)
    (result,) = calibrate([head], HccsTarget(config, 256))
    assert result.B <= 127
    assert result.rows == 64 + 32
    with pytest.raises(InputError, match="layer 0 head 0 has rows of 256 positions: at most 64"):
        calibrate([head], HccsTarget(config, 64))


def test_whole_rows_follow_the_published_rule():
    target = HccsTarget(HCCS_PRESETS["div"], 64, masked=False)
    (result,) = calibrate([recorded(3)], target)
    assert 64 * result.constants.floor >= 256
    with pytest.raises(InputError, match="layer 5 head 9 has masked or shorter rows"):
        calibrate([recorded(9)], target)


def test_wide_sums_are_compared_with_fraction_bits():
    assert int16_form(HCCS_PRESETS["div"]) == DIV16
    config = HccsConfig(sum_bits=22)
    assert int16_form(config).fraction_bits == 24
    (narrow,) = calibrate([recorded(12, 256)], HccsTarget(HccsConfig(min_sum=32), 256))
    (wide,) = calibrate([recorded(12, 256)], HccsTarget(config, 256))
    assert wide.proven
    assert wide.kl < narrow.kl


@pytest.mark.parametrize("index", [1, 13])
def test_other_objectives_start_from_the_line_and_improve(index):
    head = recorded(index)
    config = HCCS_PRESETS["clb"]
    (line,) = calibrate([head], HccsTarget(config, 64))
    (least,) = calibrate([head], HccsTarget(config, 64, objective="tv"))
    assert least.total_variation <= line.total_variation
    assert not least.proven
    own = HccsTarget(config, 64, form=config)
    (by_codes,) = calibrate([head], own)
    (rows,) = head.rows
    p = exact_softmax(rows.codes, scale=head.scale, mask=rows.mask)
    drop = np.zeros(1, bool) if rows.mask is None else rows.mask
    codes = hccs(rows.codes, line.constants, config, drop)
    metrics = error_metrics(codes, p, 8, full_scale=255, mask=drop)
    assert by_codes.kl <= metrics.kl_mean


def test_weights_say_which_positions_count():
    head = recorded(5)
    (rows,) = head.rows
    even = ScoreRows(rows.codes, rows.mask, np.ones(rows.codes.shape, np.float32))
    target = HccsTarget(DIV16, 64, weighted=True)
    plain = calibrate([head], HccsTarget(DIV16, 64))[0]
    same = calibrate([HeadScores(0, 0, head.scale, (even,))], target)[0]
    assert same.kl == pytest.approx(plain.kl, abs=2e-3)
    top = rows.codes.max(axis=1, keepdims=True)
    near = np.where(top - rows.codes < 20, 1, 1e-3).astype(np.float32)
    other = calibrate([HeadScores(0, 0, head.scale, (ScoreRows(rows.codes, None, near),))], target)[
        0
    ]
    assert other.constants != plain.constants
    with pytest.raises(InputError, match="layer 3 head 5 has no weights"):
        calibrate([head], target)


def test_a_finer_scale_is_chosen_where_few_scores_are_large():
    rng = np.random.default_rng(3)
    real = rng.normal(0, 1, (300, 64))
    real[0, 0] = 30
    head = make_head(0, 0, [real_rows(real)])
    chosen = choose_scale(head, HccsTarget(DIV16, 64))
    assert chosen.scale < head.scale / 2
    (before,), (after,) = (calibrate([one], HccsTarget(DIV16, 64)) for one in (head, chosen))
    assert after.kl < before.kl
    assert 0 < after.saturated < 1e-3
    with pytest.raises(InputError, match="a scale can be chosen for real scores only"):
        choose_scale(recorded(0), HccsTarget(DIV16, 64))


def test_impossible_targets_are_refused():
    with pytest.raises(InputError, match="must be at least min_sum = 256"):
        HccsTarget(DIV16, 256)
    with pytest.raises(InputError, match="objective must be one of kl, tv"):
        HccsTarget(DIV16, 64, objective="mse")


def test_rows_masked_everywhere_are_dropped_and_scales_are_checked():
    real = np.ones((3, 4))
    mask = np.zeros((3, 4), bool)
    mask[1] = True
    assert len(real_rows(real, mask)) == 2
    assert real_rows(real, mask).mask is not None
    with pytest.raises(InputError, match="rows must have a position that is not masked"):
        make_head(0, 0, [real_rows(real, np.ones((3, 4), bool))])
    with pytest.raises(InputError, match="scores must not all be 0"):
        make_head(0, 0, [real_rows(0 * real)])
    with pytest.raises(InputError, match=r"scale must be 1e-09 to 16, not 20\.0"):
        make_head(0, 0, [real_rows(real)], scale=20.0)
    np.testing.assert_array_equal(quantise(np.array([0.5, 1.5, -200, 200]), 1), [0, 2, -128, 127])


def test_consmax_rows_sum_to_one_on_average():
    head = recorded(1)
    ((result, constants),) = calibrate_consmax([head], ConsmaxConfig())
    (rows,) = head.rows
    sums = np.exp(head.scale * rows.codes.astype(float)).sum(axis=1)
    assert result.beta == pytest.approx(np.log(sums).mean())
    assert result.spread == pytest.approx(np.log(sums).std())
    assert result.row_sum_mean == pytest.approx((sums * np.exp(-result.beta)).mean(), abs=0.02)
    assert result.wrong_codes == constants.tables.wrong_codes == 0
    ((other, _),) = calibrate_consmax([head], ConsmaxConfig(), gamma=100.0)
    assert other.beta == pytest.approx(result.beta - np.log(100))
    with pytest.raises(InputError, match=r"gamma must be .*, not 0\.0"):
        calibrate_consmax([head], ConsmaxConfig(), gamma=0.0)


def test_consmax_masked_positions_take_no_part():
    head = recorded(10)
    ((result, _),) = calibrate_consmax([head], ConsmaxConfig())
    (rows,) = head.rows
    x = np.where(rows.mask, -np.inf, head.scale * rows.codes.astype(float))
    assert result.beta == pytest.approx(np.log(np.exp(x).sum(axis=1)).mean())
