# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of the identity unit."""

from surmax.tb.core.coverage import Coverage


class IdentityCoverage(Coverage):
    """Masked and unmasked lanes, and beats held at either side."""

    def __init__(self, plan):
        super().__init__({}, ["masked lane", "unmasked lane", "held in", "held out"])

    def sample(self, seen):
        mask = seen.beats.mask
        self.events(
            {
                "masked lane": mask,
                "unmasked lane": ~mask,
                "held in": seen.held_in,
                "held out": seen.held_out,
            }
        )


COVERAGES = {"stream": IdentityCoverage}
