# SPDX-License-Identifier: Apache-2.0
"""The model, the coverage and the wide ports of the benches, without a simulator."""

from dataclasses import replace

import numpy as np
import pytest
from surmax.golden import CONSMAX_PRESETS, consmax, solve_tables
from surmax.rtl import ConsmaxBuild
from surmax.tb.consmax.coverage import ConsmaxCoverage
from surmax.tb.consmax.model import ConsmaxModel, expected_codes
from surmax.tb.core.beats import Beats
from surmax.tb.core.model import Observation
from surmax.tb.core.plan import BenchPlan, make_plan
from surmax.tb.run.wide_ports import WidePorts

MIXED = ConsmaxBuild(CONSMAX_PRESETS["mixed"], lanes=4, heads=2)
SMALL = ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=2, heads=2)


def plan_of(build):
    return make_plan(build, seeds=(1,), beats=10, exhaustive=False)


def observe(plan, scores, heads, *, mask=None, held_in=None, held_out=None, last=None):
    count = len(heads)
    none = np.zeros(count, dtype=bool)
    mask = np.zeros(scores.shape, dtype=bool) if mask is None else mask
    tables = plan.heads(0)
    held_in = none if held_in is None else held_in
    held_out = none if held_out is None else held_out
    last = none if last is None else last
    beats = Beats(scores, mask, heads, last)
    answer = ConsmaxModel(plan.build).answer(beats, tables)
    return Observation(tables, heads, beats, answer, held_in, held_out, none)


def test_expected_codes_of_both_modes():
    wide = solve_tables(MIXED.config, scale=0.0002, beta=2.0, gamma=3.0)
    narrow = solve_tables(MIXED.config.narrow, scale=0.05, beta=2.0, gamma=3.0)
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 256, (50, 4), dtype=np.uint8)
    heads = rng.integers(0, 2, 50)
    mask = rng.random((50, 4)) < 0.2
    got = expected_codes(MIXED.config, [wide, narrow], scores, heads, mask)
    for beat in range(50):
        for lane in range(0, 4, 2):
            pair, masked = scores[beat, lane : lane + 2], mask[beat, lane : lane + 2]
            if heads[beat] == 1:
                want = [int(consmax(pair.view(np.int8)[k], narrow, masked[k])) for k in (0, 1)]
            else:
                score = int(pair[0]) | int(pair[1]) << 8
                code = int(consmax(score - (score >> 15 << 16), wide, masked.any()))
                want = [code & 255, code >> 8]
            assert got[beat, lane : lane + 2].tolist() == want


def test_table_writes_of_a_narrow_head():
    narrow = solve_tables(MIXED.config.narrow, scale=0.05, beta=2.0, gamma=3.0)
    writes = ConsmaxModel(MIXED).writes(1, narrow)
    assert len(writes) == len(set(writes)) == 65
    assert writes[-1] == (1, 4, 0, 0)
    assert (
        [w[3] for w in writes[:32]]
        == [w[3] for w in writes[32:64]]
        == narrow.words.ravel().tolist()
    )


def test_pool_of_a_mixed_unit_has_both_modes_side_by_side():
    plan = plan_of(MIXED)
    for turn in range(5):
        assert {t.config.score_bits for t in plan.heads(turn)} == {8, 16}
    assert ConsmaxModel(MIXED).pool()[2].words.tolist() == plan.pool[2].words.tolist()


def test_plan_survives_its_file(tmp_path):
    plan = plan_of(SMALL)
    plan.save(tmp_path / "plan")
    again = BenchPlan.load(tmp_path / "plan")
    assert again.build == plan.build
    assert [t.words.tolist() for t in again.pool] == [t.words.tolist() for t in plan.pool]


def test_coverage_counts_the_cross():
    plan = plan_of(SMALL)
    coverage = ConsmaxCoverage(plan)
    assert coverage.cross.counts.shape == (1, 2, 4, 256)
    scores = np.array([[1, 2], [3, 3], [4, 5]], dtype=np.uint8)
    held_in = np.array([False, True, False])
    held_out = np.array([False, True, True])
    coverage.sample(observe(plan, scores, np.array([0, 1, 1]), held_in=held_in, held_out=held_out))
    assert coverage.cross.counts.sum() == 6
    assert coverage.cross.counts[0, 0, 0, [1, 2]].tolist() == [1, 1]  # same head, never held
    assert coverage.cross.counts[0, 1, 3, 3] == 2  # other head, held at both
    assert coverage.cross.counts[0, 0, 2, [4, 5]].tolist() == [
        1,
        1,
    ]  # held at the output


def test_coverage_tells_low_from_high_bytes():
    plan = plan_of(MIXED)
    coverage = ConsmaxCoverage(plan)
    wide = [t.config.score_bits for t in plan.heads(0)].index(16)
    scores = np.array([[1, 2, 3, 4]], dtype=np.uint8)
    coverage.sample(observe(plan, scores, np.array([wide])))
    counted = [np.nonzero(role.sum(axis=(0, 1)))[0].tolist() for role in coverage.cross.counts]
    assert dict(zip(coverage.roles, counted, strict=True)) == {
        "8-bit score": [],
        "low byte": [1, 3],
        "high byte": [2, 4],
    }


def test_coverage_is_full_only_with_every_bin():
    plan = plan_of(SMALL)
    coverage = ConsmaxCoverage(plan)
    scores = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 2, axis=1)
    for held in range(4):
        held_in, held_out = (np.full(512, bool(held >> bit & 1)) for bit in (0, 1))
        same = observe(
            plan,
            np.tile(scores, (2, 1)),
            np.repeat([0, 1], 256),
            held_in=held_in,
            held_out=held_out,
            last=np.arange(512) % 2 == 0,
        )
        coverage.sample(same)
        turns = np.arange(512) % 2
        coverage.sample(replace(same, slots=turns, beats=replace(same.beats, heads=turns)))
    missing = coverage.missing()
    assert "masked lane" in missing
    assert not [name for name in missing if "code 0x" in name]
    coverage.cross.counts[0, 1, 3, 200] = 0
    assert "8-bit score, other head, held at both, code 0xc8" in coverage.missing()
    coverage.cross.counts[0, 1, 3, 200] = 1
    for event in ("reset in mid-row", "table load in mid-stream"):
        coverage.event(event)
    first = observe(plan, scores[[5, 0, 0]], np.array([0, 1, 0]), mask=np.ones((3, 2), bool))
    flags = np.ones(3, dtype=bool)
    for held_in in (flags, ~flags):
        for held_out in (flags, ~flags):
            coverage.sample(replace(first, held_in=held_in, held_out=held_out, gap=flags))
    assert coverage.missing() == ["masked score that saturates"]
    assert coverage.to_json()["full"] is False
    loud = scores[[np.argmax(plan.heads(0)[0].codes) - 128 & 255]]
    coverage.sample(observe(plan, loud, np.array([0]), mask=np.ones((1, 2), bool)))
    assert coverage.to_json()["full"] is True
    assert coverage.to_json()["met"] == coverage.to_json()["bins"]


def test_bins_out_of_reach_are_not_declared():
    quiet = solve_tables(SMALL.config, scale=0.01, beta=2.0, gamma=50.0)
    build = replace(SMALL, heads=1, storage="constant", tables=(quiet,))
    coverage = ConsmaxCoverage(plan_of(build))
    assert coverage.cross.counts.shape == (1, 1, 4, 256)
    assert not {"saturated code", "table load in mid-stream"} & coverage.points.keys()


@pytest.mark.parametrize("build", [SMALL, MIXED])
def test_wide_ports_places_every_port_once(build):
    ports_of = WidePorts(build)
    bits = [
        (vector, field.offset + bit)
        for vector, fields in (("drive", ports_of.drive), ("sense", ports_of.sense))
        for field in fields.values()
        for bit in range(field.width)
    ]
    ports = {name: width for name, _, width in build.ports() if name not in ("clk", "rst")}
    assert len(bits) == len(set(bits)) == sum(ports.values())
    assert ports.keys() == ports_of.drive.keys() | ports_of.sense.keys()
    assert [ports_of.drive[n].offset for n in ("s_valid", "m_ready")] == [0, 1]
    assert [ports_of.sense[n].offset for n in ("m_valid", "s_ready", "m_last")] == [0, 1, 2]


@pytest.mark.parametrize("build", [SMALL, MIXED], ids=["small", "mixed"])
def test_drawn_words_show_every_stored_bit(build):
    """Each table of the widest form holds random words, and then their inverse."""
    config = build.config
    drawn = ConsmaxModel(build).drawn(2 * config.tables, np.random.default_rng(1))
    assert len(drawn) == 2 * config.tables
    inverted = set()
    for one, inverse in zip(drawn[::2], drawn[1::2], strict=True):
        differ = np.flatnonzero((one.words != inverse.words).any(axis=1))
        assert len(differ) == 1
        table = int(differ[0])
        ones = (1 << config.word_format(table).word_bits) - 1
        assert (one.words[table] ^ inverse.words[table] == ones).all()
        inverted.add(table)
    assert inverted == set(range(config.tables))
