# SPDX-License-Identifier: Apache-2.0
"""`surmax solve consmax`: tables for heads, as a head-constants file."""

from pathlib import Path
from typing import Any

import click
from rich.table import Table

from surmax.common.errors import InputError, check_keys, shown, shown_path
from surmax.common.reading import read_json
from surmax.console import print_json, print_table
from surmax.golden import ConsmaxHead, save_constants, solve_tables
from surmax.golden.head_file import check_places
from surmax.golden.places import check_place
from surmax.golden.reference import check_head
from surmax.options import INPUT_FILE, as_json, output_file
from surmax.units.consmax.entry import config_of_consmax, take_config


@click.command(
    "consmax", epilog="Example: surmax solve consmax --heads-file heads.json -o constants.json"
)
@config_of_consmax
@click.option("--scale", type=float, help="real score units per score code, above 0")
@click.option("--beta", type=float, help="learned beta of the head")
@click.option("--gamma", type=float, help="learned gamma of the head, above 0")
@click.option(
    "--heads-file",
    type=INPUT_FILE,
    help='JSON list of {"scale": s, "beta": b, "gamma": g}, optionally "layer" and "head"',
)
@output_file("head-constants file to write")
@as_json
def solve(
    scale: float | None,
    beta: float | None,
    gamma: float | None,
    heads_file: Path | None,
    output_file: Path | None,
    json_output: bool,
    **options: Any,
) -> None:
    """Solve the tables of heads from beta and gamma.

    One head is given by --scale, --beta and --gamma, many by --heads-file.
    """
    config = take_config(options)
    given = {"scale": scale, "beta": beta, "gamma": gamma}
    if heads_file is None:
        for name, value in given.items():
            if value is None:
                raise InputError(f"--{name} is missing: give all three, or --heads-file")
        wanted = [given | {"layer": 0, "head": 0}]
    else:
        wanted = _read_heads(heads_file)
    check_places([(one["layer"], one["head"]) for one in wanted])
    heads = []
    for one in wanted:
        head = {name: one[name] for name in ("scale", "beta", "gamma")}
        heads.append(ConsmaxHead(one["layer"], one["head"], solve_tables(config, **head)))
    if output_file:
        save_constants(output_file, config, heads)
    rows = [
        {
            "layer": one.layer,
            "head": one.head,
            "scale": one.tables.scale,
            "beta": one.tables.beta,
            "gamma": one.tables.gamma,
            "wrong_codes": one.tables.wrong_codes,
            "max_ulp": one.tables.max_ulp,
        }
        for one in heads
    ]
    if json_output:
        print_json({"config": config.to_json(), "heads": rows})
        return
    table = Table(*rows[0], box=None)
    for row in rows:
        table.add_row(*(f"{value:g}" for value in row.values()))
    print_table(table)


def _read_heads(path: Path) -> list[dict[str, Any]]:
    """Return the heads of a file; raises InputError for the first fault, before any is solved."""
    document = read_json(path, "heads file")
    try:
        if not isinstance(document, list) or not document:
            raise InputError("top level must be a list of at least one head")
        return [_head(number, one) for number, one in enumerate(document)]
    except InputError as error:
        raise InputError(f"heads file {shown_path(path)}: {error}") from None


def _head(number: int, given: Any) -> dict[str, Any]:
    """Return head `number` of a file with its place; raises InputError for a bad field."""
    if not isinstance(given, dict):
        raise InputError(f"heads[{number}] must be an object, not {shown(given)}")
    head = {"layer": 0, "head": number} | given
    check_keys(f"heads[{number}]", head, ("scale", "beta", "gamma", "layer", "head"))
    try:
        check_place(head["layer"], head["head"])
        check_head(head["scale"], head["beta"], head["gamma"])
    except InputError as error:
        raise InputError(f"heads[{number}]: {error}") from None
    return head
