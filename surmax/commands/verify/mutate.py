# SPDX-License-Identifier: Apache-2.0
"""`surmax mutate`: automatic mutants of a unit, and which check kills which."""

from collections.abc import Callable
from typing import Any

import click
from rich.table import Table

from surmax.console import out, print_json, print_table, say
from surmax.options import BUILD, as_json
from surmax.rtl import Build
from surmax.tb.mutate.result import EQUIVALENT, SURVIVED, MutantsResult
from surmax.tb.mutate.run import Effort, run_mutants
from surmax.units.subcommands import unit_command
from surmax.value_types import RealRange


@unit_command(
    click.option(
        "--mutants",
        type=click.IntRange(1, 10_000),
        default=120,
        show_default=True,
        help="mutants of each top",
    ),
    click.option(
        "--seed",
        type=click.IntRange(0, 2**31 - 1),
        default=1,
        show_default=True,
        help="seed of the choice of mutants and of the stimulus",
    ),
    click.option(
        "--least",
        type=RealRange(0, 100),
        default=99.0,
        show_default=True,
        help="percent that must be killed of those that are not equivalent",
    ),
    click.option(
        "--scores",
        type=click.IntRange(0, 10**9),
        default=100_000,
        show_default=True,
        help="scores of the volume run on a mutant that survives it; 0 leaves it out",
    ),
    click.option(
        "--beats",
        type=click.IntRange(0, 10**9),
        default=2000,
        show_default=True,
        help="beats of a random test of the cocotb benches; 0 leaves them out",
    ),
    click.option(
        "--tests", metavar="REGEX", help="only the cocotb tests that this regular expression fits"
    ),
    click.option(
        "--workers",
        type=click.IntRange(1, 64),
        default=2,
        show_default=True,
        help="mutants at a time",
    ),
    as_json,
    example="--mutants 120 --seed 1",
    defaults={"lanes": 4},
)
def mutate(take: Callable[..., Build], values: dict[str, Any]) -> None:
    """Change the Verilog at random; the checks must notice each change.

    yosys draws the mutants of the stream top, and those of the AXI top in the modules that only it
    has. The volume run, then the cocotb benches look for each; what they do not find is proven
    equivalent, is in the reviewed list of the unit, or has survived. --top makes no difference.
    Exit code 1 when fewer than --least percent are killed of those that are not equivalent.

    A run that was interrupted goes on where it was.
    """
    if "heads" in values and values["heads"] is None and values.get("constants") is None:
        values["heads"] = 2
    _run(take(values, adders="operators"), **values)


def _run(
    build: Build,
    *,
    mutants: int,
    seed: int,
    least: float,
    scores: int,
    beats: int,
    tests: str | None,
    workers: int,
    json_output: bool,
) -> None:
    """Run the mutants and print what became of them."""
    result = run_mutants(
        build,
        mutants,
        seed,
        folder=BUILD / "sim",
        effort=Effort(scores, beats, tests),
        workers=workers,
        say=say,
    )
    print_json(result.to_json()) if json_output else _show(result, least)
    if result.percent < least:
        raise SystemExit(1)


def _show(result: MutantsResult, least: float) -> None:
    table = Table("top", "mutants", "status", "by", box=None)
    for (top, status, by), count in result.counts().items():
        table.add_row(top, str(count), status, by)
    print_table(table)
    survivors = result.having(SURVIVED)
    if survivors:
        table = Table("module", "place", "change", "equivalent?", "key", box=None)
        for one in survivors:
            cells = (one.mutant.module, one.mutant.place, one.mutant.change, one.detail, one.key)
            table.add_row(*cells)
        print_table(table)
    wanted = len(result.verdicts) - len(result.having(EQUIVALENT))
    out.print(
        f"{result.percent:.1f} % killed of {wanted} mutants that are not equivalent "
        f"(at least {least:g} % must be), seed {result.seed}",
        markup=False,
    )
