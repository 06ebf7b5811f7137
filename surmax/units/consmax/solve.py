# SPDX-License-Identifier: Apache-2.0
"""`surmax solve consmax`: tables for heads, as a head-constants file."""

import json
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from surmax.console import print_json, print_table
from surmax.golden import ConsmaxHead, InputError, save_constants, solve_tables
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
        wanted = [given]
    else:
        wanted = _read_heads(heads_file)
    heads = []
    for number, one in enumerate(wanted):
        head = {name: one[name] for name in ("scale", "beta", "gamma")}
        tables = solve_tables(config, **head)
        heads.append(ConsmaxHead(one.get("layer", 0), one.get("head", number), tables))
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
    try:
        document = json.loads(path.read_text())
    except OSError as error:
        raise InputError(f"heads file {path}: {error.strerror}") from None
    except ValueError as error:
        raise InputError(f"heads file {path} must be JSON: {error}") from None
    if not isinstance(document, list) or not document:
        raise InputError(f"heads file {path} must be a list of at least one head")
    for number, one in enumerate(document):
        missing = [
            n for n in ("scale", "beta", "gamma") if not isinstance(one, dict) or n not in one
        ]
        if missing:
            raise InputError(f"heads file {path}: heads[{number}] has no {missing[0]}")
    return document
