# SPDX-License-Identifier: Apache-2.0
"""The benches' literal addresses are those of docs/registers.md and of the RTL."""

import re
from itertools import product

from helpers.repository import documented_registers
from surmax.golden import CONSMAX_PRESETS
from surmax.rtl.consmax import axi
from surmax.tb.consmax import addresses

REGISTERS, TEXT = documented_registers("consmax_axi")


def test_registers_are_those_of_the_document():
    literal = {name: getattr(addresses, name) for name in ("ID", "VERSION", "SHAPE", "FORMAT")}
    assert {name: address for name, (address, _) in REGISTERS.items()} == literal
    assert int(REGISTERS["ID"][1], 16) == addresses.IDENTITY
    assert REGISTERS["VERSION"][1] == f"version of this address map: {addresses.MAP_VERSION}"


def test_table_words_are_where_the_document_says():
    form = r"byte address = (0x\w+) \+ head \* (\d+) \+\s+table \* (\d+) \+ index \* (\d+)\."
    base, *steps = re.search(form, TEXT).groups()
    config = CONSMAX_PRESETS["mixed"]
    for place in product(range(64), range(5), range(16)):
        stated = int(base, 16) + sum(int(s) * n for s, n in zip(steps, place, strict=True))
        assert addresses.table_address(*place) == stated
        assert axi.table_address(config, *place) == stated
    # The fields of the table are the factors of the sum.
    fields = dict(re.findall(r"^\| (\w+) \| (\d+:\d+) \|", TEXT, re.M))
    assert fields == {"head": "14:9", "table": "8:6", "index": "5:2"}
    lowest = [1 << int(fields[name].split(":")[1]) for name in ("head", "table", "index")]
    assert [int(step) for step in steps] == lowest
