# SPDX-License-Identifier: Apache-2.0
"""Rows, model and coverage of the benches of row units, without a simulator."""

from dataclasses import replace

import numpy as np
import pytest
from surmax.golden import (
    HCCS_PRESETS,
    SOFTERMAX_PRESETS,
    SOFTMAX_PRESETS,
    HccsConstants,
    InputError,
    SoftmaxConstants,
    hccs,
    softermax,
    softmax,
)
from surmax.rtl import HccsBuild, SoftermaxBuild, SoftmaxBuild
from surmax.rtl.hccs.axi import constants_word
from surmax.rtl.tops.address_map import constants_address
from surmax.tb.core.beats import join
from surmax.tb.core.coverage import Cross
from surmax.tb.core.model import Observation
from surmax.tb.core.plan import make_plan
from surmax.tb.hccs.model import HccsModel
from surmax.tb.rows.coverage import RowCoverage
from surmax.tb.rows.cutting import find_rows
from surmax.tb.rows.stimulus import (
    ADVERSARIAL,
    LENGTHS,
    MASKS,
    length_names,
    make_row,
    random_mask,
    random_rows,
    random_scores,
)
from surmax.tb.run.wide_ports import WidePorts
from surmax.tb.units import model_of

BUILDS = {
    "hccs": HccsBuild(HCCS_PRESETS["div"], lanes=2, heads=2, max_length=8),
    "softmax": SoftmaxBuild(SOFTMAX_PRESETS["u8"], lanes=2, heads=2, max_length=8),
    "softermax": SoftermaxBuild(SOFTERMAX_PRESETS["paper"], lanes=2, heads=2, max_length=8),
}
BUILD = BUILDS["hccs"]
MODEL = HccsModel(BUILD)


def plan_of(build):
    return make_plan(build, seeds=(1,), beats=10, exhaustive=False)


def rows_of(*scores, head=0, masks=None):
    masks = masks or [None] * len(scores)
    return join([make_row(x, head, BUILD.lanes, m) for x, m in zip(scores, masks, strict=True)])


def observe(plan, beats, *, held_in=(), held_out=(), count=None):
    model = plan.model
    contents = plan.heads(0)
    answer = model.answer(beats, contents)
    count = len(answer.codes) if count is None else count
    flags = [np.zeros(len(beats), bool), np.zeros(count, bool), np.zeros(len(beats), bool)]
    flags[0][list(held_in)] = True
    flags[1][list(held_out)] = True
    return Observation(contents, beats.heads, beats, answer, *flags)


def test_rows_are_found_and_cut():
    last = np.array([1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0], dtype=bool)
    rows = find_rows(last, 4)
    assert rows.begin.tolist() == [0, 1, 3]
    assert rows.sent.tolist() == [1, 2, 7]
    assert rows.kept.tolist() == [1, 2, 4]
    assert rows.place.tolist() == [0, 1, 3]
    assert rows.outputs == 7
    # Of a row without an end the part that fits is answered, if it is all there.
    endless = find_rows(np.array([1, 0, 0, 0, 0, 0], dtype=bool), 4)
    assert endless.begin.tolist() == [0, 1]
    assert endless.sent.tolist() == [1, 5]
    assert endless.kept.tolist() == [1, 4]
    assert find_rows(np.zeros(3, dtype=bool), 4).outputs == 0


LAWS = {
    "hccs": lambda x, content, config, mask: hccs(x, content, config, mask),
    "softmax": lambda x, content, config, mask: softmax(x, content, config, mask),
    "softermax": lambda x, content, config, mask: softermax(x, config, mask, lanes=2),
}


@pytest.mark.parametrize("unit", LAWS)
def test_answer_of_mixed_rows_equals_golden_row_by_row(unit):
    rng = np.random.default_rng(1)
    beats = random_rows(rng, 300, 2, 4, 2, overlong=0.2)
    build = BUILDS[unit]
    model = model_of(build)
    contents = model.pool()[:2]
    answer = model.answer(beats, contents)
    begin = place = cut = 0
    for end in (np.nonzero(beats.last)[0] + 1).tolist():
        stop = min(end, begin + 4)
        scores = beats.scores[begin:stop].reshape(-1).view(np.int8)
        mask = beats.mask[begin:stop].reshape(-1)
        codes = LAWS[unit](scores, contents[beats.heads[begin]], build.config, mask)
        outputs = slice(place, place + stop - begin)
        assert answer.codes[outputs].reshape(-1).tolist() == codes.tolist()
        assert answer.source[outputs].tolist() == list(range(begin, stop))
        assert answer.last[outputs].tolist() == [False] * (stop - begin - 1) + [True]
        assert answer.due[stop - 1] == place
        assert answer.due[stop] == answer.due[end] == place + stop - begin
        assert answer.overlong[stop - 1] == (end > stop)
        cut += end > stop
        begin, place = end, outputs.stop
    assert len(answer.codes) == place
    assert answer.overlong.sum() == cut > 10


def test_loads():
    one = HccsConstants(300, 7, 20)
    (write,) = MODEL.writes(1, one)
    assert write == (1, 300, 7, 20)
    assert MODEL.axi_write(write) == (constants_address(1), constants_word(one))
    ports = {name: width for name, _, width in BUILD.ports()}
    assert set(MODEL.load_ports) < ports.keys()
    for content in MODEL.pool():
        content.check(BUILD.config, BUILD.max_length, masked=True)
        for name, value in zip(MODEL.load_ports, MODEL.writes(0, content)[0], strict=True):
            assert value < 1 << ports[name]
    assert {one.B for one in MODEL.pool()} >= {256, BUILD.config.max_b(8)}


def test_rates_reach_their_bounds():
    config = BUILDS["softmax"].config
    model = model_of(BUILDS["softmax"])
    rates = {one.rate for one in model.draw(2000, np.random.default_rng(1))}
    assert {1, config.max_rate} < rates
    assert min(rates) == 1
    assert max(rates) == config.max_rate
    assert {1, config.max_rate} < {one.rate for one in model.pool()}
    one = SoftmaxConstants(77)
    assert model.writes(1, one) == [(1, 77)]
    assert model.axi_write((1, 77)) == (constants_address(1), 77)
    for word in model.illegal_words().values():
        with pytest.raises(InputError):
            SoftmaxConstants(word).check(config)


def test_softermax_loads_nothing():
    model = model_of(BUILDS["softermax"])
    assert not model.loadable
    assert plan_of(BUILDS["softermax"]).heads(3) == [None, None]


@pytest.mark.parametrize("preset", HCCS_PRESETS)
def test_pool_is_legal_for_every_preset(preset):
    build = HccsBuild(HCCS_PRESETS[preset], lanes=16, heads=1, max_length=64)
    for one in HccsModel(build).pool():
        one.check(build.config, 64, masked=True)


def test_wide_ports_of_hccs_has_overlong_on_top():
    sense = WidePorts(BUILD).sense
    assert [sense[n].offset for n in ("m_valid", "s_ready", "m_last", "m_codes")] == [0, 1, 2, 3]
    assert sense["overlong"].offset == max(field.offset for field in sense.values())


def test_partial_rows_are_filled_with_masked_scores():
    row = make_row([1, -2, 3], 1, 2)
    assert row.scores.view(np.int8).tolist() == [[1, -2], [3, 127]]
    assert row.mask.tolist() == [[False, False], [False, True]]
    assert row.last.tolist() == [False, True]
    assert row.heads.tolist() == [1, 1]


def test_random_rows_are_of_the_kinds_asked_for():
    rng = np.random.default_rng(2)
    for length in LENGTHS:
        for masked in MASKS:
            beats = random_rows(rng, 40, 3, 8, 1, kinds=[(length, masked, False)])
            plan = plan_of(replace(BUILD, lanes=3, heads=1, max_length=24))
            coverage = RowCoverage(plan)
            coverage.sample(observe(plan, beats))
            met = np.argwhere(coverage.cross.counts)
            assert [(LENGTHS[a], MASKS[b], c, d) for a, b, c, d in met] == [(length, masked, 0, 0)]


def test_short_units_know_fewer_lengths():
    assert [len(length_names(beats)) for beats in (1, 2, 3, 4, 5)] == [2, 3, 4, 5, 5]
    rng = np.random.default_rng(3)
    for length in (1, 2):
        for kind in MASKS:
            assert random_mask(rng, length, kind).shape == (length,)


def test_adversarial_rows_are_int8_of_any_length():
    for shape in ADVERSARIAL.values():
        for length in (1, 2, 7, 600):
            scores = shape(length)
            assert scores.shape == (length,)
            assert scores.min() >= -128
            assert scores.max() <= 127


def test_coverage_counts_rows_with_their_stalls_and_heads():
    plan = plan_of(BUILD)
    coverage = RowCoverage(plan)
    first = rows_of([1, 2], [3, 4, 5, 6])
    second = rows_of([7, 7, 7], head=1)
    beats = join([first, second])
    coverage.sample(observe(plan, beats, held_in=[2], held_out=[2, 3]))
    assert coverage.cross.axes[0] == LENGTHS
    assert coverage.cross.counts.sum() == 3
    assert coverage.cross.counts[0, 0, 0, 0] == 1  # one beat, all valid, never held, same head
    assert coverage.cross.counts[1, 0, 3, 0] == 1  # two beats, held at both
    assert coverage.cross.counts[1, 3, 2, 1] == 1  # tail masked, held at the output, other head


def test_coverage_counts_only_rows_that_came_out():
    plan = plan_of(BUILD)
    coverage = RowCoverage(plan)
    coverage.sample(observe(plan, rows_of([1, 2], [3, 4, 5, 6]), count=2))
    assert coverage.cross.counts.sum() == 1
    coverage.sample(observe(plan, rows_of([1, 2]), count=0))
    assert coverage.cross.counts.sum() == 1


@pytest.mark.parametrize(
    ("point", "rows"),
    [
        ("all equal", rows_of([5] * 8)),
        ("one peak", rows_of([0, 0, 0, 9, 0, 0, 0, 0])),
        ("alternating extremes", rows_of([-128, 127] * 2)),
        ("descending", rows_of([5, 4, 3, 3])),
        ("masked score above the maximum", rows_of([5, 9, 3, 3], masks=[[0, 1, 0, 0]])),
        ("maximum in the first beat only", rows_of([5, 1, 3, 3])),
        ("maximum in the last beat only", rows_of([5, 1, 3, 6])),
        ("masked beat before a valid one", rows_of([5, 1, 3, 6], masks=[[1, 1, 0, 0]])),
        ("clipped distance", rows_of([127, -128])),
        ("row after an over-long row", rows_of([1] * 10, [1] * 2)),
        ("over-long row after over-long row", rows_of([1] * 10, [1] * 10)),
        ("largest row sum", rows_of([1] * 8)),
    ],
)
def test_points_are_met_by_their_rows_only(point, rows):
    plan = plan_of(BUILD)
    coverage = RowCoverage(plan)
    assert point in coverage.missing()
    coverage.sample(observe(plan, rows_of([3, 2, 3, 2], [2, 3], masks=[[0, 1, 0, 0], None])))
    assert point in coverage.missing()
    coverage.sample(observe(plan, rows))
    assert point not in coverage.missing()


PEAK = 127  # head 0 holds a real rate first: e**-(0.08*d)


@pytest.mark.parametrize(
    ("unit", "point", "rows"),
    [
        ("softmax", "full scale", rows_of([PEAK] + [-128] * 7)),
        ("softmax", "least row sum", rows_of([4], head=0)),
        ("softmax", "largest row sum", rows_of([7] * 8)),
        ("softmax", "value of 0 below the maximum", rows_of([PEAK, PEAK - 90])),
        ("softmax", "term of 0 below the maximum", rows_of([PEAK, PEAK - 150])),
        ("softermax", "maximum rises", rows_of([0, 0, 40, 0])),
        ("softermax", "maximum rises by one", rows_of([0, 0, 4, 0])),
        ("softermax", "maximum rises beyond the sum", rows_of([-100, 0 - 90, 100, 0])),
        ("softermax", "maximum rises within its integer", rows_of([1, 0, 2, 0])),
    ],
)
def test_own_points_are_met_by_their_rows_only(unit, point, rows):
    coverage = RowCoverage(plan_of(BUILDS[unit]))
    assert point in coverage.missing()
    other = [[3, 2, 3, 2]] if unit == "softmax" else [[3, 2, 3, 2], [9, 9], [8, 8, 4, 3]]
    coverage.sample(observe(plan_of(BUILDS[unit]), rows_of(*other)))
    assert point in coverage.missing()
    coverage.sample(observe(plan_of(BUILDS[unit]), rows))
    assert point not in coverage.missing()


def test_crosses_of_softmax():
    coverage = RowCoverage(plan_of(BUILDS["softmax"]))
    config = BUILDS["softmax"].config
    coverage.sample(observe(plan_of(BUILDS["softmax"]), rows_of([5, 5, 5], masks=[[0, 0, 1]])))
    table, exponents = coverage.crosses["table"], coverage.crosses["exponents"]
    assert table.counts[0] == 2
    assert table.counts.sum() == 2
    assert len(table.counts) == 1 << config.table_bits
    assert table.declared.all()
    assert exponents.counts.tolist() == [0, 1, 0, 0]


def test_crosses_of_softermax():
    coverage = RowCoverage(plan_of(BUILDS["softermax"]))
    coverage.sample(observe(plan_of(BUILDS["softermax"]), rows_of([8, 5, -128])))
    places = coverage.crosses["places"]
    assert np.argwhere(places.counts).tolist() == [[0, 0], [0, 16], [1, 1]]
    assert places.missing()[0] == "fraction 0, place 1"
    assert not places.declared[1:, 0].any()  # rounded up, the maximum is above every fraction


def test_bins_out_of_reach_are_not_declared():
    build = HccsBuild(HCCS_PRESETS["div"], lanes=1, heads=1, max_length=1)
    coverage = RowCoverage(plan_of(build))
    assert coverage.cross.counts.shape == (2, 5, 4, 1)
    assert coverage.cross.declared.sum() == 2 * 2 * 4
    assert not {"reset while receiving", "clipped distance", "one peak"} & coverage.points.keys()
    clb = RowCoverage(plan_of(replace(BUILD, config=HCCS_PRESETS["clb"])))
    assert "saturated code" in clb.points


def test_wanted_are_the_open_bins_of_a_stall_state():
    coverage = RowCoverage(plan_of(BUILD))
    coverage.cross.counts[:] = 1
    assert coverage.wanted("held at both") == []
    coverage.cross.counts[1, 2, 3, 0] = 0
    assert coverage.wanted("held at both") == [("two beats", "all masked", False)]
    assert coverage.wanted("never held") == []
    assert "two beats, all masked, held at both, same head" in coverage.missing()


def test_cross_ignores_what_is_not_declared():
    cross = Cross(("a", "b"), ("x", "y"))
    cross.declared[0, 1] = False
    cross.add(np.array([0, 0, 1]), np.array([0, 0, 1]))
    assert cross.counts.tolist() == [[2, 0], [0, 1]]
    assert cross.missing() == ["b, x"]


def test_random_scores_are_wide_and_narrow():
    rng = np.random.default_rng(4)
    widths = [int(np.ptp(random_scores(rng, 50).astype(int))) for _ in range(100)]
    assert min(widths) <= 8
    assert max(widths) > 200
