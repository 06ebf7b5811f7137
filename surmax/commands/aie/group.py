# SPDX-License-Identifier: Apache-2.0
"""`surmax aie`: the AI Engine port on this machine."""

import click

from surmax.lazy_group import LazyGroup, Listed

_PACKAGE = "surmax.commands.aie"
TOPICS = {
    "On this machine": {
        "header": Listed(
            f"{_PACKAGE}.header:header", "Write the C++ header of a head-constants file."
        ),
        "check": Listed(
            f"{_PACKAGE}.check:check", "Compare every kernel with the golden model.", "aie"
        ),
        "vectors": Listed(
            f"{_PACKAGE}.vectors:vectors", "Write golden vectors for replay on a device."
        ),
        "replay": Listed(f"{_PACKAGE}.vectors:replay", "Run the kernel of a data directory here."),
        "operations": Listed(
            f"{_PACKAGE}.operations:operations",
            "Count the operations of the kernels and bound their cycles.",
            "aie",
        ),
    },
    "On a device": {
        "plio": Listed(f"{_PACKAGE}.device:plio", "Write the ADF graph's options and input files."),
        "compare": Listed(f"{_PACKAGE}.device:compare", "Compare a simulator's output."),
        "build": Listed(f"{_PACKAGE}.device:build", "Compile kernels with Peano and Vitis."),
    },
}


@click.group(
    cls=LazyGroup, topics=TOPICS, epilog="Example: surmax aie check constants.json --rows 1000"
)
def aie() -> None:
    """Check, export and build the AI Engine kernels."""
