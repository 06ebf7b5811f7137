# SPDX-License-Identifier: Apache-2.0
"""Parameters that all row units refuse in the same words."""

import pytest
from surmax.golden import HCCS_PRESETS, SOFTERMAX_PRESETS, SOFTMAX_PRESETS, InputError
from surmax.rtl import HccsBuild, SoftermaxBuild, SoftmaxBuild

UNITS = {
    "hccs": (HccsBuild, HCCS_PRESETS["div"]),
    "softmax": (SoftmaxBuild, SOFTMAX_PRESETS["u8"]),
    "softermax": (SoftermaxBuild, SOFTERMAX_PRESETS["u8"]),
}


@pytest.mark.parametrize("name", UNITS)
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"lanes": 0}, "lanes must be 1 to 64, not 0"),
        ({"lanes": 16, "max_length": 40}, "max_length must be a multiple of 16 lanes, not 40"),
        ({"heads": 65}, "heads must be 1 to 64, not 65"),
        ({"top": "wishbone"}, "top must be one of stream, axi, not 'wishbone'"),
        ({"adders": "wallace"}, "adders must be one of operators, cells, not 'wallace'"),
    ],
)
def test_refuses_in_one_line(name, parameters, message):
    make, config = UNITS[name]
    with pytest.raises(InputError) as error:
        make(config, **parameters)
    assert str(error.value) == message
