# SPDX-License-Identifier: Apache-2.0
from helpers.repository import DOCS
from surmax.rtl.consmax.axi import consmax_map
from surmax.rtl.hccs.axi import hccs_map
from surmax.rtl.softermax.axi import softermax_map
from surmax.rtl.softmax.axi import softmax_map
from surmax.rtl.tops.address_map import address_map


def test_documented_address_map_is_the_generated_one():
    maps = consmax_map(), hccs_map(), softmax_map(), softermax_map()
    assert (DOCS / "registers.md").read_text() == address_map(*maps)
