# SPDX-License-Identifier: Apache-2.0
"""HCCS in the place of softmax, with frozen or learned constants."""

from collections.abc import Sequence

import torch
from surmax.common.errors import InputError, check_range
from surmax.golden.hccs.config import HccsConfig
from surmax.golden.hccs.law import HccsConstants
from surmax.golden.head_file import HccsConstantsFile, HccsHead
from surmax.train.normalisers.base import Normaliser, heads_of_layer, per_head
from surmax.train.normalisers.hccs_line import hccs_line
from surmax.train.normalisers.integer_codes import hccs_codes
from surmax.train.normalisers.quantise import quantise, quantise_straight_through
from surmax.train.normalisers.straight_through import straight_through
from torch import Tensor, nn


class HccsNormaliser(Normaliser):
    """Computes s / sum(s) with s = B - S*min(max - x, Dmax), x the int8 score (arXiv 2604.02292).

    The "float" face is the line in real numbers over unrounded scores. The "quantised" face uses
    int8 codes and integer constants, with a real reciprocal. The "exact" face gives the codes of
    golden.hccs divided by full scale, so that its rows sum to 1 no better than in hardware.

    With `learn` each head has two parameters, floor_logit and log_reach. The line is clipped at the
    fraction f = (B - S*Dmax)/B = sigmoid(floor_logit) of its maximum. It is clipped at the distance
    exp(log_reach) = Dmax*scale, in score units. Any values of the two give a legal line. The
    integers follow from them by rounding (see `integers`). The quantised face computes with these
    integers, so that the line that is trained is the line that is exported.

    Parameters:
        heads: number of attention heads.
        constants: of each head: frozen, or where learning starts.
        scale: real score units of an int8 code, one value or one a head.
        config: the datapath.
        length: positions of the longest row.
        masked: rows may be shorter and have masked positions; otherwise all rows have exactly
            `length` positions and no mask.
        face, learn_scale: see Normaliser.
        learn: train the constants.

    Raises:
        InputError: the constants are illegal for such rows, or not as many as heads, or with
            `learn` a line has no slope; in a call, the constants are not legal for the rows.
    """

    def __init__(
        self,
        heads: int,
        constants: Sequence[HccsConstants],
        scale: float | Sequence[float],
        config: HccsConfig,
        *,
        length: int,
        masked: bool = True,
        face: str = "float",
        learn: bool = False,
        learn_scale: bool = False,
    ) -> None:
        super().__init__(heads, scale, face, learn_scale=learn_scale)
        if scale is None:
            raise InputError("scale must be given for HCCS, not None")
        if len(constants) != heads:
            raise InputError(f"constants must be of {heads} heads, not {len(constants)}")
        self.config = config
        self.length = check_range("length", length, 1, config.max_sum)
        self.masked = masked
        self.learn = learn
        for head, head_constants in enumerate(constants):
            try:
                head_constants.check(config, length, masked=masked)
                if learn and not head_constants.S * head_constants.Dmax:
                    raise InputError(
                        f"S and Dmax must be above 0 to be learned, not {head_constants}"
                    )
            except InputError as error:
                raise InputError(f"head {head}: {error}") from None
        B, S, Dmax = (
            torch.tensor(
                [getattr(head_constants, name) for head_constants in constants], dtype=torch.int32
            )
            for name in ("B", "S", "Dmax")
        )
        self.register_buffer("_start", torch.stack([B, S, Dmax]))
        if learn:
            # A floor of 0 has no finite logit; a quarter of a step rounds to 0.
            floor = (B - S * Dmax).clamp(min=0.25)
            self.floor_logit = nn.Parameter((floor / (S * Dmax)).log())
            self.log_reach = nn.Parameter((Dmax * self.scale.detach()).log())

    @classmethod
    def from_file(
        cls, file: HccsConstantsFile, layer: int, *, face: str = "exact", learn: bool = False
    ) -> "HccsNormaliser":
        """Return the normaliser of one layer of a head-constants file.

        Raises InputError when a head of the layer is missing.
        """
        heads = heads_of_layer(file.heads, layer)
        return cls(
            len(heads),
            [head.constants for head in heads],
            [head.scale for head in heads],
            file.config,
            length=file.length,
            masked=file.masked,
            face=face,
            learn=learn,
        )

    def line(self) -> tuple[Tensor, Tensor]:
        """Return (slope S/B, reach Dmax in codes) in real numbers, each of shape (heads,)."""
        if not self.learn:
            B, S, Dmax = self._start
            return S / B, Dmax.to(torch.float32)
        reach = self.log_reach.exp() / self.scale
        return torch.sigmoid(-self.floor_logit) / reach, reach

    @torch.no_grad()
    def integers(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return B, S and Dmax, int32 of shape (heads,), legal for the rows of this normaliser.

        Frozen constants are returned as given. Of learned ones, Dmax is round(reach). S stays what
        learning started with as far as the bounds of B allow. B is round(S*Dmax / (1 - floor)),
        which gives both the floor and the slope. So the slope stays precise although B is small.
        """
        if not self.learn:
            B, S, Dmax = self._start
            return B, S, Dmax
        config, length = self.config, self.length
        largest = config.max_b(length)
        # The least floor and the least B that HccsConstants.check allows.
        floor = 0 if self.masked else -(-config.min_sum // length)
        least = config.min_sum if self.masked else 1
        drop = torch.sigmoid(-self.floor_logit.double())  # (B - floor) / B
        reach = (self.log_reach.double().exp() / self.scale.double()).round()
        Dmax = reach.clamp(1, max(1, min(127, largest - floor)))
        steepest = (largest * drop).clamp(max=largest - floor) / Dmax
        S = self._start[1].to(drop)
        S = torch.maximum(S, (least * drop / Dmax).ceil())
        S = torch.minimum(S, steepest.floor()).clamp(1, 127)
        B = torch.maximum((S * Dmax / drop).round(), S * Dmax + floor).clamp(least, largest)
        return B.to(torch.int32), S.to(torch.int32), Dmax.to(torch.int32)

    def constants(self) -> list[HccsConstants]:
        """Return the integer constants of each head."""
        rows = torch.stack(self.integers(), dim=1).tolist()
        return [HccsConstants(*row) for row in rows]

    def export(self, layer: int) -> list[HccsHead]:
        """Return the heads as golden.save_constants takes them."""
        scales = self.scale.tolist()
        return [
            HccsHead(layer, head, scale, constants)
            for head, (scale, constants) in enumerate(zip(scales, self.constants(), strict=True))
        ]

    def codes(self, scores: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the output codes of golden.hccs for float scores, integers of their shape."""
        B, S, Dmax = map(per_head, self.integers())
        x = quantise(scores, per_head(self.scale))
        return hccs_codes(x, mask, B, S, Dmax, self.config)

    def _probabilities(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        self._check_rows(scores.shape[-1], mask)
        exact = None
        if self.face == "exact":
            with torch.no_grad():
                exact = self.codes(scores, mask).to(scores.dtype).div_(self.config.max_code)
            if not torch.is_grad_enabled():
                return exact
        scale = per_head(self.scale)
        slope, reach = self.line()
        if mask is not None and self.learn_scale:
            # An infinite score would give the scale an infinite gradient.
            scores = scores.masked_fill(mask, 0.0)
        if self.face == "float":
            x = scores / scale
        else:
            x = quantise_straight_through(scores, scale)
            B, S, Dmax = self.integers()
            slope = straight_through(S / B, slope)
            reach = straight_through(Dmax.to(reach.dtype), reach)
        smooth = hccs_line(x, mask, per_head(slope), per_head(reach))
        return smooth if exact is None else straight_through(exact, smooth)

    def _check_rows(self, keys: int, mask: Tensor | None) -> None:
        if (self.masked and keys <= self.length) or (keys == self.length and mask is None):
            return
        allowed = (
            f"at most {self.length} keys" if self.masked else f"{self.length} keys and no mask"
        )
        given = f"{keys} keys and a mask" if mask is not None else f"{keys} keys"
        raise InputError(
            f"scores must have {allowed}, for which the constants are legal, not {given}"
        )
