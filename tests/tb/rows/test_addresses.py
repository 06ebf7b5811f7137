# SPDX-License-Identifier: Apache-2.0
"""The benches' literal addresses are those of docs/registers.md and of the RTL."""

import re

import pytest
from helpers.repository import documented_registers
from surmax.golden import SOFTERMAX_PRESETS, SOFTMAX_PRESETS, HccsConfig
from surmax.rtl import HccsBuild, SoftermaxBuild, SoftmaxBuild
from surmax.rtl.tops import address_map
from surmax.tb.rows import addresses
from surmax.tb.units import model_of

BUILDS = {
    "hccs": HccsBuild(HccsConfig(), top="axi"),
    "softmax": SoftmaxBuild(SOFTMAX_PRESETS["u8"], top="axi"),
    "softermax": SoftermaxBuild(SOFTERMAX_PRESETS["u8"], top="axi"),
}
NAMES = ("ID", "VERSION", "SHAPE", "FORMAT", "LENGTH", "STATUS")


@pytest.mark.parametrize("unit", BUILDS)
def test_registers_are_those_of_the_document(unit):
    registers, _ = documented_registers(f"{unit}_axi")
    literal = {name: getattr(addresses, name) for name in NAMES}
    assert {name: address for name, (address, _) in registers.items()} == literal
    model = model_of(BUILDS[unit])
    assert int(registers["ID"][1], 16) == model.identity
    assert registers["VERSION"][1] == f"version of this address map: {addresses.MAP_VERSION}"
    assert model.registers().keys() == set(literal.values())
    assert f"[{addresses.OVERLONG >> 1}] a row was too long" in registers["STATUS"][1]
    assert f"[{addresses.ILLEGAL >> 1}] illegal constants" in registers["STATUS"][1]


@pytest.mark.parametrize("unit", ["hccs", "softmax"])
def test_constants_are_where_the_document_says(unit):
    _, text = documented_registers(f"{unit}_axi")
    base, step = re.search(r"byte address =\s+(0x\w+) \+ head \* (\d+), one word", text).groups()
    for head in range(64):
        stated = int(base, 16) + head * int(step)
        assert addresses.constants_address(head) == stated
        assert address_map.constants_address(head) == stated
    assert address_map.STATUS_ADDRESS == addresses.STATUS
