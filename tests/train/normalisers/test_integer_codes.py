# SPDX-License-Identifier: Apache-2.0
"""The integer forms in PyTorch equal golden bit for bit."""

import numpy as np
import pytest
import torch
from helpers.train_samples import legal_constants, random_mask, random_scores, real
from surmax.golden import (
    CONSMAX_PRESETS,
    HCCS_PRESETS,
    HccsConfig,
    consmax,
    hccs,
    solve_tables,
)
from surmax.golden.hccs.config import fit_min_sum
from surmax.golden.recorded.rows import LENGTHS, recorded_heads
from surmax.train import ConsmaxNormaliser, HccsNormaliser
from surmax.train.normalisers.integer_codes import consmax_codes, hccs_codes

DEVICES = [
    "cpu",
    pytest.param(
        "cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
    ),
]
CONFIGS = {
    **HCCS_PRESETS,
    # Products beyond 31 bits.
    "wide": HccsConfig(output="i16", fraction_bits=24, sum_bits=20),
    "wide clb1": HccsConfig(
        output="i16", reciprocal="clb1", rounding="nearest", fraction_bits=16, min_sum=1
    ),
}


def torch_hccs(codes, constants, config, mask, device):
    integers = (
        torch.tensor([getattr(one, name) for one in constants], device=device).view(-1, 1, 1)
        for name in ("B", "S", "Dmax")
    )
    drop = None if mask is None else torch.from_numpy(mask).to(device)
    result = hccs_codes(torch.from_numpy(codes).to(device), drop, *integers, config)
    return result.cpu().numpy()


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", CONFIGS)
def test_hccs_codes_equal_golden(name, device):
    rng = np.random.default_rng(1)
    for length in (1, 2, 33, 64, 256):
        codes = random_scores(rng, 2, 12, 7, length)
        for mask in (None, (2, 1, 1, length), (7, length), (2, 12, 7, length)):
            config = fit_min_sum(CONFIGS[name], length)
            heads = legal_constants(rng, config, length, 12, masked=mask is not None)
            drop = None if mask is None else random_mask(rng, *mask)
            found = torch_hccs(codes, heads, config, drop, device)
            np.testing.assert_array_equal(found, hccs(codes, heads, config, drop))


@pytest.mark.parametrize("name", HCCS_PRESETS)
def test_normaliser_equals_golden_on_recorded_rows(name):
    rng = np.random.default_rng(3)
    for length in LENGTHS:
        config = fit_min_sum(HCCS_PRESETS[name], length)
        for causal in (False, True):
            heads = [one for one in recorded_heads() if one.causal == causal]
            rows = [one.rows(length) for one in heads]
            codes = np.stack([one.scores for one in rows])[None]
            mask = np.stack([one.mask for one in rows])[None] if causal else None
            constants = legal_constants(rng, config, length, len(heads), masked=causal)
            scales = [one.scale for one in heads]
            normaliser = HccsNormaliser(
                len(heads), constants, scales, config, length=length, masked=causal, face="exact"
            )
            drop = None if mask is None else torch.from_numpy(mask)
            expected = hccs(codes, constants, config, mask)
            for learn in (False, True):
                with torch.set_grad_enabled(learn):
                    found = normaliser(real(codes, scales), drop).detach().numpy()
                np.testing.assert_array_equal(
                    found, expected.astype(np.float32) / np.float32(config.max_code)
                )


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", CONSMAX_PRESETS)
def test_consmax_equals_golden(name, device):
    rng = np.random.default_rng(2)
    config = CONSMAX_PRESETS[name].narrow
    scales, betas, gammas = [0.03, 0.1, 0.06], [1.0, 5.0, -0.5], [1.0, 0.3, 90.0]
    normaliser = ConsmaxNormaliser(
        3, betas, gammas, scales, CONSMAX_PRESETS[name], face="exact"
    ).to(device)
    tables = normaliser.tables()
    for head, one in enumerate(tables):
        assert one.config == config
        assert one.scale == normaliser.scale[head].item()
        assert one.beta == betas[head]
        assert one.gamma == pytest.approx(gammas[head], rel=1e-6)
    codes = random_scores(rng, 2, 3, 5, 64)
    every = np.arange(-128, 128, dtype=np.int8).reshape(1, 1, 4, 64)
    for scores, mask in (
        (codes, None),
        (codes, random_mask(rng, 2, 1, 5, 64)),
        (codes, random_mask(rng, 5, 64)),
        (np.repeat(every, 3, axis=1), None),
    ):
        drop = None if mask is None else np.broadcast_to(mask, scores.shape)
        expected = np.stack(
            [
                consmax(scores[:, head], one, None if drop is None else drop[:, head])
                for head, one in enumerate(tables)
            ],
            axis=1,
        )
        there = None if mask is None else torch.from_numpy(mask).to(device)
        words = torch.from_numpy(np.stack([one.codes for one in tables])).to(device)
        found = consmax_codes(torch.from_numpy(scores).to(device), there, words)
        np.testing.assert_array_equal(found.cpu().numpy(), expected)
        with torch.no_grad():
            p = normaliser(real(scores, scales).to(device), there).cpu().numpy()
        np.testing.assert_array_equal(p, expected.astype(np.float32) / 2**config.output_bits)


def test_consmax_tables_are_solved_anew_after_a_step():
    normaliser = ConsmaxNormaliser(1, 1.0, 10.0, 0.05, face="exact")
    first = normaliser.tables()[0]
    with torch.no_grad():
        normaliser.beta += 0.5
    again = normaliser.tables()[0]
    assert again.beta == 1.5
    head = {"scale": again.scale, "beta": 1.5, "gamma": again.gamma}
    assert (again.words == solve_tables(again.config, **head).words).all()
    assert (again.words != first.words).any()
