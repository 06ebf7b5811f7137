# SPDX-License-Identifier: Apache-2.0
"""`surmax explore`: what was tried, what each costs and how exact it is."""

import click

from surmax.commands.measure.explore_consmax import explore_consmax
from surmax.commands.measure.explore_hccs import explore_hccs


@click.group()
def explore() -> None:
    """Measure the alternatives of a unit; the tables in docs are made by this."""


explore.add_command(explore_consmax)
explore.add_command(explore_hccs)
