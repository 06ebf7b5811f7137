# SPDX-License-Identifier: Apache-2.0
"""What all normalisers share, softmax, the recorder, parameter groups, a missing extra."""

import subprocess
import sys

import numpy as np
import pytest
import surmax.train
import torch
from helpers.train_samples import PLAIN, random_mask, random_scores, real
from surmax.golden import HccsConstants, InputError, exact_softmax
from surmax.train import (
    ConsmaxNormaliser,
    HccsNormaliser,
    Recorder,
    SoftmaxNormaliser,
    parameter_groups,
    set_face,
)
from surmax.train.normalisers.masking import clear, keep_bits
from surmax.train.normalisers.quantise import quantise, quantise_straight_through
from torch import nn


def hccs(**options):
    return HccsNormaliser(2, [HccsConstants(8128, 127, 50)] * 2, 0.1, PLAIN, length=8, **options)


ALL = [
    SoftmaxNormaliser(2),
    SoftmaxNormaliser(2, 0.1),
    hccs(),
    hccs(face="quantised"),
    hccs(face="exact"),
    ConsmaxNormaliser(2, 1.0, 3.0),
    ConsmaxNormaliser(2, 1.0, 3.0, 0.1, face="quantised"),
    ConsmaxNormaliser(2, 1.0, 3.0, 0.1, face="exact"),
]


def test_quantise():
    x = torch.tensor([0.25, 0.75, -0.25, 1.25, 900.0, -900.0, -63.9, -64.1, 63.4, 63.6])
    scale = torch.tensor(0.5)
    expected = [0, 2, 0, 2, 127, -128, -128, -128, 127, 127]
    assert quantise(x, scale).tolist() == expected
    assert quantise(x, scale).dtype == torch.int8
    x = x.view(1, 1, 1, -1).requires_grad_()
    scale = scale.view(1, 1, 1).requires_grad_()
    codes = quantise_straight_through(x, scale)
    assert codes.flatten().tolist() == expected
    codes.sum().backward()
    inside = [2.0] * 4 + [0.0, 0.0, 2.0, 0.0, 2.0, 0.0]
    assert x.grad.flatten().tolist() == inside
    expected = -sum(v * g for v, g in zip(x.flatten().tolist(), inside, strict=True)) / 0.5
    assert scale.grad.item() == pytest.approx(expected)


def test_clear_stops_everything():
    for dtype in (torch.float32, torch.float64):
        x = torch.tensor([1.5, np.inf, np.nan, -np.inf], dtype=dtype)
        keep = keep_bits(torch.tensor([False, True, True, True]), dtype)
        assert clear(x, keep).tolist() == [1.5, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("scale", [None, [0.1, 0.02]])
def test_softmax(scale):
    rng = np.random.default_rng(1)
    codes, mask = random_scores(rng, 3, 2, 5, 8), random_mask(rng, 5, 8)
    p = SoftmaxNormaliser(2, scale)(real(codes, [0.1, 0.02]), torch.from_numpy(mask))
    for head, one in enumerate([0.1, 0.02]):
        expected = exact_softmax(codes[:, head], scale=one, mask=mask)
        np.testing.assert_allclose(p[:, head].numpy(), expected, atol=2e-6)


def test_int8_softmax_rounds_scores():
    scores = torch.tensor([0.0, -0.04]).expand(1, 2, 1, 2)
    assert (SoftmaxNormaliser(2, 0.1)(scores) == 0.5).all()
    assert (SoftmaxNormaliser(2)(scores) != 0.5).all()


def test_infinite_masked_scores_leave_the_scale_its_gradient():
    scores, mask = torch.randn(1, 2, 3, 4), torch.ones(3, 4).triu(1).bool()
    gradients = []
    for other in (0.0, torch.inf):
        normaliser = SoftmaxNormaliser(2, 0.1, learn_scale=True)
        normaliser(scores.masked_fill(mask, other), mask).square().sum().backward()
        gradients.append(normaliser.log_scale.grad)
    assert torch.equal(*gradients)
    assert (gradients[0] != 0).all()


@pytest.mark.parametrize("normaliser", ALL)
def test_shapes_dtypes_and_masks(normaliser):
    rng = np.random.default_rng(2)
    scores = real(random_scores(rng, 3, 2, 4, 8), [0.1, 0.1])
    for shape in ((8,), (4, 8), (3, 1, 1, 8), (3, 1, 4, 1), (1, 2, 4, 8), (4, 1)):
        mask = torch.from_numpy(random_mask(rng, *shape))
        whole = mask.expand(3, 2, 4, 8)
        p = normaliser(scores, mask)
        assert p.shape == scores.shape
        assert p.dtype == torch.float32
        assert (p[whole] == 0).all()
        assert torch.equal(p, normaliser(scores, whole))
        infinite = scores.masked_fill(mask, -torch.inf)
        assert torch.equal(p, normaliser(infinite, mask))
    none = torch.zeros(8, dtype=torch.bool)
    assert torch.equal(normaliser(scores), normaliser(scores, none))
    half = scores.to(torch.bfloat16)
    assert torch.equal(normaliser(half), normaliser(half.float()))
    # Heads, queries and batch stand for themselves, whatever the strides.
    turned = scores.transpose(1, 2).contiguous().transpose(1, 2)
    assert torch.equal(normaliser(turned), normaliser(scores))
    torch.testing.assert_close(normaliser(scores[1:2, :, 2:]), normaliser(scores)[1:2, :, 2:])


@pytest.mark.parametrize("normaliser", ALL)
def test_bad_calls_are_refused(normaliser):
    good = torch.zeros(1, 2, 3, 4)
    for scores in (good[0], torch.zeros(1, 3, 3, 4), good.to(torch.int8)):
        with pytest.raises(
            InputError,
            match=r"scores must be floats of shape \(batch, 2, queries, keys\), not torch",
        ):
            normaliser(scores)
    with pytest.raises(
        InputError, match=r"mask must be bool, True where masked, not torch\.float32"
    ):
        normaliser(good, torch.zeros(3, 4))
    for shape in ((5,), (2, 2, 3, 4), (1, 1, 1, 3, 4)):
        with pytest.raises(
            InputError, match=r"mask must have a shape that broadcasts to \(1, 2, 3, 4\), not"
        ):
            normaliser(good, torch.zeros(shape, dtype=torch.bool))


def test_recorder_keeps_what_it_sees():
    inner = SoftmaxNormaliser(2)
    recorder = Recorder(inner)
    scores = torch.randn(1, 2, 3, 3, requires_grad=True)
    mask = torch.ones(3, 3).triu(1).bool()
    assert torch.equal(recorder(scores, mask), inner(scores, mask))
    recorder(scores)
    (first, kept), (_, none) = recorder.seen
    assert torch.equal(first, scores)
    assert not first.requires_grad
    assert kept is mask
    assert none is None
    recorder.clear()
    assert recorder.seen == []


def test_parameter_groups_keep_normalisers_out_of_decay():
    model = nn.Sequential(
        nn.Linear(4, 4),
        nn.LayerNorm(4),
        ConsmaxNormaliser(2, 1.0, 100.0, 0.1, learn_scale=True),
        Recorder(hccs(learn=True)),
        ConsmaxNormaliser(2, 1.0, 100.0, learn=False),
    )
    model[1].bias.requires_grad_(False)
    decayed, plain, own = parameter_groups(model, 0.1, 0.02)
    assert [id(one) for one in decayed["params"]] == [id(model[0].weight)]
    assert len(plain["params"]) == 2
    assert len(own["params"]) == 5
    assert [one["weight_decay"] for one in (decayed, plain, own)] == [0.1, 0.0, 0.0]
    assert own["lr"] == 0.02
    optimiser = torch.optim.AdamW(parameter_groups(model, 10.0), 0.1)
    for one in model.parameters():
        one.grad = torch.zeros_like(one)
    before = model[2].log_gamma.detach().clone()
    optimiser.step()
    assert torch.equal(model[2].log_gamma, before)
    assert len(parameter_groups(nn.Linear(2, 2, bias=False), 0.1)) == 1


def test_set_face():
    model = nn.Sequential(hccs(), Recorder(hccs(learn=True)))
    set_face(model, "exact")
    assert [model[0].face, model[1].normaliser.face] == ["exact", "exact"]
    with pytest.raises(InputError, match=r"face must be .*, not 'both'"):
        set_face(model, "both")


def test_missing_torch_is_one_line():
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "from surmax.golden import InputError\n"
        "import surmax.train\n"
        "try:\n    surmax.train.HccsNormaliser\n"
        "except InputError as error:\n    print(error)\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == (
        "package torch is not installed: it is needed for models and training "
        "(pip install 'surmax[train]')\n"
    )


def test_other_names_are_no_attributes():
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = surmax.train.Nothing
