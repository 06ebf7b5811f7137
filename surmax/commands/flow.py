# SPDX-License-Identifier: Apache-2.0
"""placeholder"""

import click


@click.command()
def flow() -> None:
    """x"""
