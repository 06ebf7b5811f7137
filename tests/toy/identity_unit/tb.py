# SPDX-License-Identifier: Apache-2.0
"""The benches of the identity unit: its model and its volume run."""

from pathlib import Path

import numpy as np
from surmax.tb.core.model import Answer, Model
from surmax.tb.core.protocol import UnitBench
from surmax.tb.volume.library import Beats
from surmax.tb.volume.session import Session

from identity_unit.golden import identity


class IdentityModel(Model):
    """Every beat by itself."""

    benches = "identity_unit.benches"
    load_ports = ()
    rules = Path(__file__).with_name("rules.h")
    lane_modules = ()
    code_bits = 8
    loadable = False
    quiet = 4

    def defines(self):
        return {}

    def pool(self):
        return (None,)

    def answer(self, beats, contents):
        codes = identity(beats.scores.view(np.int8), beats.mask)
        count = len(beats)
        return Answer(codes, np.arange(count), beats.last, list(range(count + 1)), None)

    def axi_write(self, write):
        raise NotImplementedError

    def count(self, answer, slots, contents):
        return answer.codes.size


class IdentitySession(Session):
    """Every score in every lane, and random beats."""

    ramp = 256

    def loads(self, heads):
        raise NotImplementedError

    def renew(self, head):
        raise NotImplementedError

    def ramp_beats(self, first, count):
        scores = np.arange(first, first + count)[:, None] + 37 * np.arange(self.build.lanes)
        return self._beats(scores.astype(np.uint8), masked=False)

    def random_beats(self, count, without=None):
        scores = self.rng.integers(0, 256, (count, self.build.lanes), dtype=np.uint8)
        return self._beats(scores, masked=True)

    def _beats(self, scores, masked):
        count, lanes = scores.shape
        mask = self.rng.random((count, lanes)) < (0.2 if masked else 0)
        return Beats(
            scores=scores,
            mask=np.packbits(mask, axis=1, bitorder="little"),
            head=np.zeros(count, dtype=np.uint8),
            last=(np.arange(count) % 5 == 4).astype(np.uint8),
        )

    def expected(self, beats):
        lanes = self.build.lanes
        mask = np.unpackbits(beats.mask, axis=1, count=lanes, bitorder="little").view(bool)
        return identity(beats.scores.view(np.int8), mask)


ENTRY = UnitBench(model=IdentityModel, session=IdentitySession)
