# SPDX-License-Identifier: Apache-2.0
"""`surmax explore`: what was tried, what each costs and how exact it is."""

from surmax.units.subcommands import OwnGroup

explore = OwnGroup(
    "explore",
    help="""Measure the alternatives of a unit that were tried.

    The tables of docs/alternatives.md and docs/hccs-alternatives.md are made by this.
    """,
    epilog="Example: surmax explore consmax --target sky130",
)
