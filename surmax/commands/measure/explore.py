# SPDX-License-Identifier: Apache-2.0
"""`surmax explore`: what was tried, what each costs and how exact it is."""

import click

from surmax.commands.measure.explore_consmax import explore_consmax
from surmax.commands.measure.explore_hccs import explore_hccs


@click.group(epilog="Example: surmax explore consmax --target sky130")
def explore() -> None:
    """Measure the alternatives of a unit that were tried.

    The tables of docs/alternatives.md and docs/hccs-alternatives.md are made by this.
    """


explore.add_command(explore_consmax)
explore.add_command(explore_hccs)
