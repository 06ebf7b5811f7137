# SPDX-License-Identifier: Apache-2.0
"""The units that the benches know."""

from surmax.rtl import Build
from surmax.tb.consmax.model import ConsmaxModel
from surmax.tb.core.model import Model
from surmax.tb.hccs.model import HccsModel
from surmax.tb.softermax.model import SoftermaxModel
from surmax.tb.softmax.model import SoftmaxModel

MODELS: dict[str, type[Model]] = {
    "consmax": ConsmaxModel,
    "hccs": HccsModel,
    "softmax": SoftmaxModel,
    "softermax": SoftermaxModel,
}


def model_of(build: Build) -> Model:
    """Return the unit of `build` as the benches see it."""
    return MODELS[build.unit_name](build)
