# SPDX-License-Identifier: Apache-2.0
"""`surmax solve`: what a unit stores for a head, from what the head has learned."""

from surmax.units.subcommands import OwnGroup

solve = OwnGroup(
    "solve",
    help="Solve the tables of heads and write a head-constants file.",
    epilog="Example: surmax solve consmax --scale 0.05 --beta 1 --gamma 10",
)
