# SPDX-License-Identifier: Apache-2.0
"""The bench model of a build, by the name of its unit."""

from surmax.golden import unit_entry
from surmax.rtl import Build
from surmax.tb.core.model import Model


def model_of(build: Build) -> Model:
    """Return the unit of `build` as the benches see it."""
    return unit_entry("tb", build.unit_name).model(build)
