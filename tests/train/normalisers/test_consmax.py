# SPDX-License-Identifier: Apache-2.0
"""ConSmax in the place of softmax: gradients, masks, saturation, export."""

import math

import numpy as np
import pytest
import torch
from helpers.train_samples import random_mask, random_scores, real
from surmax.golden import (
    CONSMAX_PRESETS,
    ConsmaxConfig,
    InputError,
    exact_consmax,
    load_constants,
    save_constants,
)
from surmax.train import ConsmaxNormaliser
from surmax.train.normalisers.consmax import LARGEST

SCALE, BETA, GAMMA = [0.04, 0.03], [2.0, 1.0], [1.5, 20.0]


def make(face="float", **options):
    return ConsmaxNormaliser(2, BETA, GAMMA, SCALE, face=face, **options)


def test_float_face_is_the_function():
    codes = random_scores(np.random.default_rng(1), 2, 2, 4, 9) // 2
    p = make()(real(codes, SCALE)).detach().numpy()
    for head in range(2):
        expected = exact_consmax(
            codes[:, head], scale=SCALE[head], beta=BETA[head], gamma=GAMMA[head]
        )
        np.testing.assert_allclose(p[:, head], expected, rtol=2e-6)


def test_float_face_cuts_the_exponent():
    scores = torch.full((1, 2, 1, 1), 80.0, requires_grad=True)
    p = make()(scores)
    torch.testing.assert_close(p, torch.full_like(p, math.exp(LARGEST)))
    p.sum().backward()
    assert (scores.grad == 0).all()


def test_quantised_face_is_correctly_rounded():
    codes = np.arange(-128, 128, dtype=np.int8).reshape(1, 1, 1, 256).repeat(2, axis=1)
    for name in ("paper", "precise"):
        normaliser = ConsmaxNormaliser(
            2, BETA, GAMMA, SCALE, CONSMAX_PRESETS[name], face="quantised"
        )
        p = normaliser(real(codes, SCALE)).detach().numpy()
        reference = np.stack([one.reference for one in normaliser.tables()])
        one = 1 << CONSMAX_PRESETS[name].output_bits
        assert np.abs(p[0, :, 0] * one - reference).max() <= 1
        assert (p[0, :, 0] * one != reference).mean() < 0.02
        normaliser.face = "exact"
        exact = normaliser(real(codes, SCALE)).detach().numpy()
        np.testing.assert_array_equal(exact[0, :, 0] * one, [t.codes for t in normaliser.tables()])


@pytest.mark.parametrize("learn_scale", [False, True])
def test_gradients(learn_scale):
    torch.manual_seed(2)
    scores = torch.randn(2, 2, 3, 5, dtype=torch.float64).requires_grad_()
    mask = torch.rand(2, 1, 3, 5) < 0.3
    normaliser = make(learn_scale=learn_scale).double()
    parameters = [normaliser.beta, normaliser.log_gamma]
    assert torch.autograd.gradcheck(lambda x, *_: normaliser(x, mask), (scores, *parameters))
    normaliser.float().face = "quantised"
    scores = scores.detach().float().requires_grad_()
    normaliser(scores, mask).square().sum().backward()
    for gradient in (scores.grad, *(one.grad for one in normaliser.parameters())):
        assert gradient.isfinite().all()
        assert (gradient != 0).any()


@pytest.mark.parametrize("face", ["float", "quantised", "exact"])
def test_masked_positions_take_no_part(face):
    rng = np.random.default_rng(3)
    codes = random_scores(rng, 2, 2, 3, 8)
    mask = torch.from_numpy(random_mask(rng, 2, 1, 3, 8))
    seen = []
    for other in (0.0, 99.0, -np.inf, np.inf, np.nan):
        normaliser = make(face, learn_scale=True)
        scores = real(codes, SCALE).masked_fill(mask, other).requires_grad_()
        p = normaliser(scores, mask)
        p.square().sum().backward()
        assert (p[mask.expand_as(p)] == 0).all()
        assert (scores.grad[mask.expand_as(p)] == 0).all()
        gradients = [scores.grad, normaliser.beta.grad, normaliser.log_gamma.grad]
        if face != "float":
            gradients.append(normaliser.log_scale.grad)
        seen.append([p.detach(), *gradients])
    for again in seen[1:]:
        for one, other in zip(seen[0], again, strict=True):
            assert torch.equal(one, other)


def test_no_gradient_where_the_output_saturates():
    scores = torch.tensor([5.0, 1.0]).expand(1, 2, 1, 2).clone().requires_grad_()
    p = make("quantised")(scores)
    assert p[0, 0, 0, 0] == 255 / 256
    p.sum().backward()
    assert scores.grad[0, 0, 0, 0] == 0
    assert scores.grad[0, 0, 0, 1] != 0


def test_export(tmp_path):
    path = tmp_path / "constants.json"
    normaliser = make("exact")
    with torch.no_grad():
        normaliser.beta += 0.25
        normaliser.log_gamma -= 0.5
    save_constants(path, normaliser.config, normaliser.export(1))
    again = ConsmaxNormaliser.from_file(load_constants(path, "consmax"), 1)
    scores = real(random_scores(np.random.default_rng(4), 1, 2, 4, 16), SCALE)
    with torch.no_grad():
        assert torch.equal(again(scores), normaliser(scores))
    merged = np.exp(-np.array(BETA) - 0.25 + 0.5) / GAMMA
    np.testing.assert_allclose(normaliser.merged(), merged, rtol=1e-5)
    wide = normaliser.tables(CONSMAX_PRESETS["mixed"].narrow)
    assert [one.config for one in wide] == [CONSMAX_PRESETS["mixed"].narrow] * 2


def test_state_dict_round_trip():
    first = make(learn_scale=True)
    with torch.no_grad():
        first.log_gamma += 1
    second = ConsmaxNormaliser(2, 0.0, 1.0, 0.5, learn_scale=True)
    second.load_state_dict(first.state_dict())
    scores = torch.randn(1, 2, 3, 4)
    assert torch.equal(first(scores), second(scores))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"beta": [1.0]}, "beta must hold one value, or 2 for 2 heads, not 1"),
        ({"gamma": 0.0}, "gamma must be 1e-30 to 1e\\+30, not 0.0"),
        ({"beta": 999.0}, "beta must be -300 to 300, not 999.0"),
        ({"face": "integer"}, "face must be one of float, quantised, exact, not 'integer'"),
        ({"scale": None, "learn_scale": True}, "scale must be given with learn_scale, not None"),
    ],
)
def test_bad_constructions_are_refused(change, message):
    settings = {"beta": 1.0, "gamma": 1.0, "scale": 0.1} | change
    with pytest.raises(InputError, match=message):
        ConsmaxNormaliser(2, **settings)


def test_integers_need_a_scale():
    for face in ("quantised", "exact"):
        with pytest.raises(InputError, match=f"scale must be given for face {face}, not None"):
            ConsmaxNormaliser(2, 1.0, 1.0, face=face)(torch.zeros(1, 2, 1, 1))
    with pytest.raises(InputError, match="scale must be given to solve tables, not None"):
        ConsmaxNormaliser(2, 1.0, 1.0, config=ConsmaxConfig()).tables()
