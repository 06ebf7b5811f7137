# SPDX-License-Identifier: Apache-2.0
"""The attention function for transformers, called as transformers calls it."""

import pytest
import torch
from surmax.golden import InputError
from surmax.train import SoftmaxNormaliser, transformers_attention
from torch import nn
from torch.nn import functional

LEAST = torch.finfo(torch.float32).min


@pytest.fixture
def module():
    module = nn.Module()
    module.normaliser = SoftmaxNormaliser(4)
    return module.eval()


def projections():
    torch.manual_seed(0)
    query = torch.randn(2, 4, 5, 8)
    return query, *(torch.randn(2, 2, 5, 8) for _ in range(2))


@pytest.mark.parametrize("kind", ["none", "bool", "float"])
def test_softmax_gives_what_pytorch_gives(module, kind):
    query, key, value = projections()
    seen = torch.ones(5, 5).tril().bool()[None, None]
    mask = {"none": None, "bool": seen, "float": torch.where(seen, 0.0, LEAST)}[kind]
    mixed, weights = transformers_attention(module, query, key, value, mask, scaling=0.5, extra=1)
    expected = functional.scaled_dot_product_attention(
        query,
        key.repeat_interleave(2, dim=1),
        value.repeat_interleave(2, dim=1),
        None if mask is None else seen,
        scale=0.5,
    )
    torch.testing.assert_close(mixed, expected.transpose(1, 2))
    if mask is not None:
        assert (weights[(~seen).expand_as(weights)] == 0).all()


def test_scaling_dropout_and_dtype(module):
    query, key, value = projections()
    plain, _ = transformers_attention(module, query, key, value, None)
    scaled, _ = transformers_attention(module, query, key, value, None, scaling=8**-0.5)
    assert torch.equal(plain, scaled)
    half = (part.to(torch.bfloat16) for part in (query, key, value))
    assert transformers_attention(module, *half, None)[0].dtype == torch.bfloat16
    _, weights = transformers_attention(module.train(), query, key, value, None, dropout=0.5)
    assert (weights == 0).any()


def test_what_cannot_be_is_refused(module):
    query, key, value = projections()
    with pytest.raises(
        InputError, match="attention_mask must hold only 0 and the least finite number"
    ):
        transformers_attention(module, query, key, value, torch.full((5, 5), -1.0))
    with pytest.raises(InputError, match="Linear must have an attribute normaliser"):
        transformers_attention(nn.Linear(1, 1), query, key, value, None)
