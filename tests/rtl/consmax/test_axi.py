# SPDX-License-Identifier: Apache-2.0
import pytest
from surmax.golden import CONSMAX_PRESETS, InputError
from surmax.rtl.consmax.axi import REGISTERS, table_address
from surmax.rtl.tops.address_map import HEADS_WINDOW


def test_addresses_do_not_overlap():
    config = CONSMAX_PRESETS["mixed"]
    addresses = [
        table_address(config, head, table, index)
        for head in range(64)
        for table in range(5)
        for index in range(16)
    ]
    assert len(set(addresses)) == len(addresses)
    assert min(addresses) == HEADS_WINDOW > max(address for _, address, _ in REGISTERS)
    assert max(addresses) < 1 << 16
    with pytest.raises(InputError, match="head must be 0 to 3, not 4"):
        table_address(config, 4, 0, 0, heads=4)
    with pytest.raises(InputError, match="table must be 0 to 1, not 2"):
        table_address(CONSMAX_PRESETS["small"], 0, 2, 0)
