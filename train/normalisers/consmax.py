# SPDX-License-Identifier: Apache-2.0
"""ConSmax in the place of softmax, with beta and log(gamma) learned per head."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from surmax.common.errors import InputError
from surmax.golden.consmax.config import ConsmaxConfig
from surmax.golden.consmax.law import ConsmaxTables
from surmax.golden.consmax.solver import solve_tables
from surmax.golden.head_file import ConsmaxConstantsFile, ConsmaxHead
from surmax.golden.reference import check_head
from surmax.train.normalisers.base import Normaliser, head_values, heads_of_layer, per_head
from surmax.train.normalisers.integer_codes import consmax_codes
from surmax.train.normalisers.quantise import quantise, quantise_straight_through
from surmax.train.normalisers.straight_through import straight_through
from torch import Tensor, nn

# The float face cuts exp(x - beta)/gamma at exp(LARGEST). That is far above any probability that
# the hardware can put out, and low enough that one stray score does not destroy a training run.
LARGEST = 6.0


class ConsmaxNormaliser(Normaliser):
    """Computes exp(x - beta)/gamma of each score by itself (arXiv 2402.10930, Eq. 2).

    The "float" face is the function, its exponent cut at LARGEST. The "quantised" face uses int8
    scores; its output saturates at 1, where the gradient is 0, and is rounded to codes of
    config.output with a straight-through gradient. The "exact" face gives the codes of
    golden.consmax from solved tables, divided by 2**output_bits. It solves the tables when it first
    needs them, and again whenever beta, gamma or the scale has changed: train with another face.

    Parameters:
        heads: number of attention heads.
        beta, gamma: where learning starts, one value or one a head; gamma must be above 0 and is
            learned as log_gamma.
        scale: real score units of an int8 code, one value or one a head; None allows only the float
            face.
        config: the datapath; of a 16-bit one the 8-bit mode is used, because scores are int8.
        face, learn_scale: see Normaliser.
        learn: train beta and log_gamma.

    Raises:
        InputError: a value is out of range, or a face needs a scale and there is none.
    """

    def __init__(
        self,
        heads: int,
        beta: float | Sequence[float],
        gamma: float | Sequence[float],
        scale: float | Sequence[float] | None = None,
        config: ConsmaxConfig | None = None,
        *,
        face: str = "float",
        learn: bool = True,
        learn_scale: bool = False,
    ) -> None:
        super().__init__(heads, scale, face, learn_scale=learn_scale)
        self.config = (ConsmaxConfig() if config is None else config).narrow
        betas = head_values("beta", beta, heads)
        gammas = head_values("gamma", gamma, heads)
        for head_beta, head_gamma in zip(betas, gammas, strict=True):
            check_head(1.0, head_beta, head_gamma)
        self.beta = nn.Parameter(torch.tensor(betas, dtype=torch.float32), learn)
        log_gamma = torch.tensor(gammas, dtype=torch.float64).log().to(torch.float32)
        self.log_gamma = nn.Parameter(log_gamma, learn)

    @classmethod
    def from_file(
        cls, file: ConsmaxConstantsFile, layer: int, *, face: str = "exact", learn: bool = False
    ) -> "ConsmaxNormaliser":
        """Return the normaliser of one layer of a head-constants file.

        Raises InputError when a head of the layer is missing, or one is for 16-bit scores.
        """
        tables = [head.tables for head in heads_of_layer(file.heads, layer)]
        return cls(
            len(tables),
            [table.beta for table in tables],
            [table.gamma for table in tables],
            [table.scale for table in tables],
            file.config,
            face=face,
            learn=learn,
        )

    def tables(self, config: ConsmaxConfig | None = None) -> list[ConsmaxTables]:
        """Return the solved tables of each head; `config` None is the normaliser's own datapath.

        Raises InputError when there is no scale, or learning has left the range of a head.
        """
        if self.scale is None:
            raise InputError("scale must be given to solve tables, not None")
        config = self.config if config is None else config
        columns = (self.scale, self.beta, self.log_gamma.double().exp())
        heads = torch.stack([column.detach().double().cpu() for column in columns], dim=1)
        return list(_solve(config, tuple(map(tuple, heads.tolist()))))

    def merged(self) -> list[float]:
        """Return C = exp(-beta)/gamma of each head: ConSmax(x) = C*exp(x) (the paper's Eq. 3)."""
        return (-self.beta.detach().double() - self.log_gamma.detach().double()).exp().tolist()

    def export(self, layer: int) -> list[ConsmaxHead]:
        """Return the heads with solved tables, as golden.save_constants takes them."""
        return [ConsmaxHead(layer, head, tables) for head, tables in enumerate(self.tables())]

    def codes(self, scores: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the output codes of golden.consmax for float scores, int32 of their shape."""
        words = np.stack([tables.codes for tables in self.tables()]).astype(np.int32)
        x = quantise(scores, per_head(self.scale))
        return consmax_codes(x, mask, torch.from_numpy(words).to(scores.device))

    def _probabilities(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        if self.face != "float" and self.scale is None:
            raise InputError(f"scale must be given for face {self.face}, not None")
        exact = None
        full_scale = float(1 << self.config.output_bits)
        if self.face == "exact":
            with torch.no_grad():
                exact = self.codes(scores, mask).to(scores.dtype).div_(full_scale)
            if not torch.is_grad_enabled():
                return exact
        if mask is not None:
            scores = scores.masked_fill(mask, 0.0)
        x = scores
        if self.face != "float":
            scale = per_head(self.scale)
            x = quantise_straight_through(scores, scale) * scale
        largest = LARGEST if self.face == "float" else 0.0
        x = torch.clamp(x - per_head(self.beta + self.log_gamma), max=largest).exp()
        if mask is not None:
            x = x.masked_fill(mask, 0.0)
        if self.face == "float":
            return x
        rounded = exact
        if rounded is None:
            codes = (x.detach() * full_scale).add_(0.5).floor_().clamp_(max=self.config.max_code)
            rounded = codes / full_scale
        return straight_through(rounded, x)


@lru_cache(maxsize=4096)
def _solve(
    config: ConsmaxConfig, heads: tuple[tuple[float, float, float], ...]
) -> tuple[ConsmaxTables, ...]:
    """Return the tables of a layer's heads, each given as (scale, beta, gamma)."""
    return tuple(
        solve_tables(config, scale=scale, beta=beta, gamma=gamma) for scale, beta, gamma in heads
    )
