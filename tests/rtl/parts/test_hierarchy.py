# SPDX-License-Identifier: Apache-2.0
"""Amaranth warns of components that nobody uses: none of those that Surmax makes and drops."""

import gc
import warnings

import pytest
from amaranth.hdl import UnusedElaboratable
from surmax.golden import (
    CONSMAX_PRESETS,
    HCCS_PRESETS,
    SOFTERMAX_PRESETS,
    SOFTMAX_PRESETS,
    InputError,
)
from surmax.rtl import (
    ConsmaxUnit,
    HccsBuild,
    HccsUnit,
    SoftermaxUnit,
    SoftmaxUnit,
    verilog,
)

UNITS = [
    (ConsmaxUnit, CONSMAX_PRESETS["small"]),
    (HccsUnit, HCCS_PRESETS["div"]),
    (SoftmaxUnit, SOFTMAX_PRESETS["u8"]),
    (SoftermaxUnit, SOFTERMAX_PRESETS["u8"]),
]


def unused(make):
    """Return the warnings of unused components after `make()`."""
    gc.collect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make()
        gc.collect()
    return [str(one.message) for one in caught if one.category is UnusedElaboratable]


@pytest.mark.parametrize(("unit", "config"), UNITS)
def test_a_refused_unit_leaves_no_warning(unit, config):
    def make():
        with pytest.raises(InputError, match="tag_bits must be 0 to 256, not 257"):
            unit(config, tag_bits=257)

    assert unused(make) == []


@pytest.mark.parametrize(("unit", "config"), UNITS)
def test_a_forgotten_unit_is_warned_of_where_it_was_made(unit, config):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        unit(config)
        gc.collect()
    [warning] = [one for one in caught if one.category is UnusedElaboratable]
    assert warning.filename == __file__


def test_verilog_and_ports_leave_no_warning():
    build = HccsBuild(HCCS_PRESETS["clb"], lanes=2, max_length=4, top="axi", adders="cells")
    assert unused(lambda: verilog(build)) == []
    assert unused(build.ports) == []
