# SPDX-License-Identifier: Apache-2.0
"""The identity unit on the command line."""

import click

from identity_unit.golden import PLAIN
from identity_unit.rtl import IdentityBuild
from surmax.units.protocol import UnitCommand


def add_options(command):
    """Add the options of an IdentityBuild."""
    command = click.option("--lanes", type=click.IntRange(1, 64), default=16)(command)
    return click.option("--adders", type=click.Choice(["operators", "cells"]))(command)


def take(options, *, adders):
    """Remove the options of an IdentityBuild and return the build."""
    adders = options.pop("adders") or adders
    return IdentityBuild(PLAIN, lanes=options.pop("lanes"), adders=adders)


ENTRY = UnitCommand("Identity: code = score.", add_options, take)
