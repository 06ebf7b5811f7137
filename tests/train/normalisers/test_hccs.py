# SPDX-License-Identifier: Apache-2.0
"""HCCS in the place of softmax: gradients, masks, learned constants."""

import math

import numpy as np
import pytest
import torch
from helpers.train_samples import PLAIN, legal_constants, random_mask, random_scores, real
from surmax.calibrate.hccs.fit import HccsTarget, calibrate
from surmax.calibrate.scores import HeadScores, ScoreRows
from surmax.golden import (
    HCCS_PRESETS,
    HccsConfig,
    HccsConstants,
    InputError,
    exact_hccs,
    load_constants,
    save_constants,
)
from surmax.golden.hccs.config import fit_min_sum
from surmax.golden.recorded.rows import recorded_heads
from surmax.train import HccsNormaliser, SoftmaxNormaliser
from surmax.train.normalisers.hccs_line import hccs_line

FACES = ("float", "quantised", "exact")
CONSTANTS = [HccsConstants(8128, 127, 50), HccsConstants(3000, 33, 20)]


def make(face="float", **options):
    settings = {"length": 16, "face": face} | options
    return HccsNormaliser(2, CONSTANTS, [0.1, 0.05], PLAIN, **settings)


def reference(codes, mask):
    return np.stack(
        [exact_hccs(codes[:, head], one, mask) for head, one in enumerate(CONSTANTS)], axis=1
    )


def test_real_faces_are_the_line_with_a_real_reciprocal():
    rng = np.random.default_rng(3)
    codes, mask = random_scores(rng, 3, 2, 5, 16), random_mask(rng, 5, 16)
    for face in ("float", "quantised"):
        p = make(face)(real(codes, [0.1, 0.05]), torch.from_numpy(mask))
        np.testing.assert_allclose(p.numpy(), reference(codes, mask), atol=2e-6)


def test_float_face_does_not_round_scores():
    scores = torch.tensor([0.0, -0.04]).expand(1, 2, 1, 2)
    assert (make("quantised")(scores)[0, 0] == 0.5).all()
    assert make("float")(scores)[0, 0, 0, 1] < 0.5


@pytest.mark.parametrize("drop", ["none", "causal", "padding", "random"])
def test_float_face_has_the_right_gradients(drop):
    torch.manual_seed(0)
    scores = torch.randn(2, 2, 6, 6, dtype=torch.float64) * 3
    mask = {
        "none": None,
        "causal": torch.ones(6, 6).triu(1).bool(),
        "padding": (torch.arange(6) >= torch.tensor([[6], [2]])).view(2, 1, 1, 6),
        "random": torch.from_numpy(random_mask(np.random.default_rng(4), 2, 2, 6, 6)),
    }[drop]
    normaliser = make(learn=True, learn_scale=True).double()
    assert torch.autograd.gradcheck(
        lambda x, *parameters: normaliser(x, mask),
        (scores.requires_grad_(), *normaliser.parameters()),
    )


@pytest.mark.parametrize("face", FACES)
def test_masked_positions_take_no_part(face):
    rng = np.random.default_rng(5)
    codes = random_scores(rng, 2, 2, 6, 16)
    mask = torch.from_numpy(random_mask(rng, 2, 1, 6, 16))
    weights = torch.randn(2, 2, 6, 16)
    seen = []
    for other in (0.0, 50.0, -np.inf, np.inf, np.nan):
        normaliser = make(face, learn=True, learn_scale=True)
        scores = real(codes, [0.1, 0.05]).masked_fill(mask, other).requires_grad_()
        p = normaliser(scores, mask)
        (p * weights).sum().backward()
        assert (p[mask.expand_as(p)] == 0).all()
        assert (p[0, :, 0] == 0).all()
        assert (scores.grad[mask.expand_as(p)] == 0).all()
        gradients = [scores.grad, *(one.grad for one in normaliser.parameters())]
        assert len(gradients) == 4
        seen.append([p.detach(), *gradients])
    for again in seen[1:]:
        for one, other in zip(seen[0], again, strict=True):
            assert torch.equal(one, other)


@pytest.mark.parametrize("face", FACES)
def test_rows_may_be_cut_instead_of_masked(face):
    rng = np.random.default_rng(6)
    scores = real(random_scores(rng, 1, 2, 4, 16), [0.1, 0.05])
    with torch.no_grad():
        padded = make(face)(scores, torch.arange(16) >= 9)
        cut = make(face)(scores[..., :9])
    torch.testing.assert_close(padded[..., :9], cut, rtol=0, atol=1e-6)


@pytest.mark.parametrize("face", ["quantised", "exact"])
def test_straight_through_gradients(face):
    rng = np.random.default_rng(7)
    codes = random_scores(rng, 2, 2, 5, 16)
    scores = real(codes, [0.1, 0.05]).requires_grad_()
    normaliser = make(face, learn=True)
    weights = torch.randn(2, 2, 5, 16)
    (normaliser(scores) * weights).sum().backward()
    for gradient in (scores.grad, normaliser.floor_logit.grad, normaliser.log_reach.grad):
        assert (gradient != 0).any()
        assert gradient.isfinite().all()
    # The scores are codes already, so that the line in real numbers has the same gradient.
    smooth = make("float", learn=True)
    again = scores.detach().clone().requires_grad_()
    (smooth(again) * weights).sum().backward()
    torch.testing.assert_close(scores.grad, again.grad, rtol=1e-3, atol=1e-4)


def test_no_gradient_where_a_code_saturates():
    scores = torch.tensor([20.0, 6.0, -20.0, 3.0]).expand(1, 2, 1, 4).clone().requires_grad_()
    p = make("quantised")(scores)
    # Codes 127 (400 cut), 120, -128 (-400 cut) and 60; the last one is beyond Dmax.
    p[0, 1, 0, 1].backward()
    assert (scores.grad[0, 1, 0] != 0).tolist() == [False, True, False, False]


def test_gradient_where_a_distance_is_the_reach_is_the_mean_of_both_sides():
    def gradients(nudge):
        scores = torch.tensor([0.0, 0.0, -50.0 + nudge, -10.0, -90.0], dtype=torch.float64)
        leaves = scores.view(1, 1, 1, 5), torch.full((1, 1, 1), 0.0195), torch.full((1, 1, 1), 50.0)
        leaves = [one.double().requires_grad_() for one in leaves]
        (hccs_line(leaves[0], None, *leaves[1:]) * torch.arange(5.0)).sum().backward()
        return [one.grad for one in leaves]

    above, at, below = gradients(1e-9), gradients(0.0), gradients(-1e-9)
    for one, middle, other in zip(above, at, below, strict=True):
        torch.testing.assert_close(middle, (one + other) / 2, rtol=1e-6, atol=1e-12)
    assert above[0][0, 0, 0, 2] != 0
    assert below[0][0, 0, 0, 2] == 0


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("name", HCCS_PRESETS)
def test_learning_starts_at_the_given_integers(name, masked):
    rng = np.random.default_rng(8)
    for length in (16, 64, 256):
        config = fit_min_sum(HCCS_PRESETS[name], length)
        heads = [
            one
            for one in legal_constants(rng, config, length, 60, masked=masked)
            if one.S and one.Dmax
        ]
        scales = rng.uniform(0.01, 0.2, len(heads)).tolist()
        normaliser = HccsNormaliser(
            len(heads), heads, scales, config, length=length, masked=masked, learn=True
        )
        assert normaliser.constants() == heads


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("name", HCCS_PRESETS)
def test_whatever_is_learned_is_legal(name, masked):
    rng = np.random.default_rng(9)
    for length in (1, 16, 64, 127, 256):
        config = fit_min_sum(HCCS_PRESETS[name], length)
        heads = [
            one
            for one in legal_constants(rng, config, length, 400, masked=masked)
            if one.S and one.Dmax
        ]
        if not heads:
            continue
        normaliser = HccsNormaliser(
            len(heads), heads, 0.1, config, length=length, masked=masked, learn=True
        )
        with torch.no_grad():
            normaliser.floor_logit += torch.randn(len(heads)) * 6
            normaliser.log_reach += torch.randn(len(heads)) * 3
        for one in normaliser.constants():
            one.check(config, length, masked=masked)


def test_rounding_keeps_the_line():
    """A B of few steps costs no precision: floor and slope stay those that were learned."""
    start = [HccsConstants(511, 7, 70)] * 50
    normaliser = HccsNormaliser(50, start, 0.1, HccsConfig(), length=64, learn=True)
    with torch.no_grad():
        normaliser.floor_logit += torch.linspace(-1, 1, 50)
        normaliser.log_reach += torch.linspace(-0.5, 0.3, 50)
    slope, reach = normaliser.line()
    B, S, Dmax = normaliser.integers()
    assert (Dmax - reach).abs().max() <= 0.5
    # Half a step of Dmax and half a step of B.
    bound = (0.5 / reach + 0.5 / B) * 1.01
    assert (((S / B) / slope - 1).abs() <= bound).all()


def test_a_shorter_reach_keeps_the_slope_where_b_is_at_its_least():
    start = [HccsConstants(300, 2, 100)]
    normaliser = HccsNormaliser(1, start, 0.1, HccsConfig(), length=64, learn=True)
    with torch.no_grad():
        normaliser.log_reach -= math.log(5)
    (one,) = normaliser.constants()
    assert one.Dmax == 20
    assert one.B >= 256
    assert abs(one.S / one.B * 30 - 1) < 0.02


@pytest.mark.parametrize("face", FACES)
def test_descent_finds_better_constants(face):
    torch.manual_seed(1)
    scores = torch.randn(4, 2, 24, 24) * torch.tensor([2.0, 1.0]).view(2, 1, 1)
    mask = torch.ones(24, 24).triu(1).bool()
    target = scores.masked_fill(mask, -torch.inf).softmax(-1)
    normaliser = make(face, length=24, learn=True)
    before = normaliser.constants()

    def divergence():
        p = normaliser(scores, mask)
        return (target * ((target + 1e-9).log() - (p + 1e-6).log())).sum(-1).mean()

    start = divergence().item()
    optimiser = torch.optim.Adam(normaliser.parameters(), 0.05)
    for _ in range(60):
        optimiser.zero_grad()
        divergence().backward()
        optimiser.step()
    with torch.no_grad():
        assert divergence().item() < 0.8 * start
    after = normaliser.constants()
    assert before != after
    for one in after:
        one.check(PLAIN, 24, masked=True)


def test_learning_finds_what_the_search_finds():
    """The float face, rounded to integers, comes within 6 % of the best integers there are."""
    heads = [one for one in recorded_heads() if one.causal]
    rows = [one.rows(64, "calibration") for one in heads]
    scales = [one.scale for one in heads]
    best = [
        calibrate(
            [HeadScores(0, 0, one.scale, (ScoreRows(part.scores, part.mask),))],
            HccsTarget(PLAIN, 64, masked=True),
        )[0].constants
        for one, part in zip(heads, rows, strict=True)
    ]
    start = [HccsConstants(4095, 100, 40)] * len(heads)
    scores = real(np.stack([one.scores for one in rows])[None], scales)
    mask = torch.from_numpy(np.stack([one.mask for one in rows])[None])
    target = SoftmaxNormaliser(len(heads))(scores, mask)

    def divergence(normaliser):
        p = normaliser(scores, mask)
        p = (p / p.sum(-1, keepdim=True)).clamp(min=1e-9)
        return (target * (target.clamp(min=1e-30).log() - p.log())).sum(-1).mean()

    settings = {"length": 64, "learn": True}
    normaliser = HccsNormaliser(len(heads), start, scales, PLAIN, **settings)
    optimiser = torch.optim.Adam(normaliser.parameters(), 0.03)
    for _ in range(150):
        optimiser.zero_grad()
        divergence(normaliser).backward()
        optimiser.step()
    searched = HccsNormaliser(len(heads), best, scales, PLAIN, face="exact", **settings)
    started = HccsNormaliser(len(heads), start, scales, PLAIN, face="exact", **settings)
    normaliser.face = "exact"
    with torch.no_grad():
        assert divergence(normaliser) < 1.06 * divergence(searched)
        assert divergence(started) > 1.2 * divergence(searched)


def test_learned_constants_are_what_is_exported(tmp_path):
    normaliser = make("exact", learn=True, learn_scale=True)
    with torch.no_grad():
        normaliser.floor_logit += torch.tensor([0.4, -0.3])
        normaliser.log_reach += torch.tensor([-0.3, 0.2])
        normaliser.log_scale += torch.tensor([0.1, -0.2])
    path = tmp_path / "constants.json"
    save_constants(path, PLAIN, normaliser.export(3), length=16, masked=True)
    file = load_constants(path, "hccs")
    again = HccsNormaliser.from_file(file, 3)
    assert again.constants() == normaliser.constants()
    scores = real(random_scores(np.random.default_rng(10), 2, 2, 4, 16), [0.1, 0.05])
    with torch.no_grad():
        assert torch.equal(again(scores), normaliser(scores))
    with pytest.raises(
        InputError, match=r"constants of layer 2 must be of all heads from 0 up, not of \[\]"
    ):
        HccsNormaliser.from_file(file, 2)


def test_state_dict_round_trip():
    learned = make("exact", learn=True, learn_scale=True)
    with torch.no_grad():
        learned.log_reach += 0.2
    fresh = make("exact", learn=True, learn_scale=True)
    fresh.load_state_dict(learned.state_dict())
    assert fresh.constants() == learned.constants()
    frozen = make("exact")
    assert list(frozen.parameters()) == []
    other = HccsNormaliser(2, CONSTANTS[::-1], [0.3, 0.2], PLAIN, length=16)
    other.load_state_dict(frozen.state_dict())
    assert other.constants() == CONSTANTS
    assert torch.equal(other.scale, frozen.scale)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"constants": CONSTANTS[:1]}, "constants must be of 2 heads, not 1"),
        ({"length": 0}, r"length must be 1 to \d+, not 0"),
        (
            {"constants": [HccsConstants(255, 1, 1)] * 2},
            "head 0: B must be at least min_sum = 256 where positions can be masked, not 255",
        ),
        ({"scale": 0.0}, "scale must be 1e-09 to 16, not 0.0"),
        ({"scale": [0.1]}, "scale must hold one value, or 2 for 2 heads, not 1"),
        ({"scale": None}, "scale must be given for HCCS, not None"),
        ({"face": "int"}, "face must be one of float, quantised, exact, not 'int'"),
        (
            {"learn": True, "constants": [HccsConstants(300, 0, 5)] * 2},
            "head 0: S and Dmax must be above 0 to be learned",
        ),
    ],
)
def test_bad_constructions_are_refused(change, message):
    settings = {"constants": CONSTANTS, "scale": 0.1, "config": PLAIN, "length": 16} | change
    with pytest.raises(InputError, match=message):
        HccsNormaliser(2, **settings)


def test_rows_that_the_constants_are_not_for_are_refused():
    with pytest.raises(InputError, match=r"scores must have at most 16 keys, .*, not 17 keys"):
        make()(torch.zeros(1, 2, 1, 17))
    whole = HccsNormaliser(
        2, [HccsConstants(100, 1, 50)] * 2, 0.1, HccsConfig(), length=64, masked=False
    )
    whole(torch.zeros(1, 2, 1, 64))
    with pytest.raises(InputError, match=r"scores must have 64 keys and no mask, .*, not 63 keys"):
        whole(torch.zeros(1, 2, 1, 63))
    with pytest.raises(InputError, match="not 64 keys and a mask"):
        whole(torch.zeros(1, 2, 1, 64), torch.zeros(64, dtype=torch.bool))
