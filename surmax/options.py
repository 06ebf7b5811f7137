# SPDX-License-Identifier: Apache-2.0
"""Options that several commands share, and what they stand for."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from surmax.golden import (
    PRESETS,
    ConsmaxConfig,
    ConsmaxTables,
    InputError,
    load_constants,
    preset,
    solve_tables,
)
from surmax.golden.sampling import random_heads
from surmax.rtl import PRESET_STAGES, ConsmaxBuild

BUILD = Path("build")

# Overrides of a preset: option, type, help.
_CONFIG_OPTIONS: tuple[tuple[str, type, str], ...] = (
    ("score-bits", int, "bits of a score: 8, or 16 for the mixed 8/16-bit unit"),
    ("output", str, "output format: uq0.8 or uq0.16"),
    ("mantissa-bits", int, "bits of an upper word's mantissa, 4..24"),
    ("exponent-bits", int, "bits of an upper word's shift, 0..6 (0: fixed point)"),
    ("lower-mantissa-bits", int, "the same for a lower word, 4..24"),
    ("lower-exponent-bits", int, "the same for a lower word, 0..6"),
    ("exponent-step", int, "bits of shift a unit of the exponent, 1..4"),
    ("hidden-bit", bool, "normalised mantissas without their top bit: true or false"),
    ("dropped-columns", int, "product columns not built, from 0"),
    ("headroom-bits", int, "bits above full scale before saturation, 1..6 (3: scale < 0.138)"),
    ("chain-bits", int, "bits of each half product of a 16-bit score, 8..32"),
    ("table-rounding", str, "table entries: solved or nearest"),
)

Command = Callable[..., Any]


def consmax_config(command: Command) -> Command:
    """Add --preset and one option for each field of the configuration."""
    for name, kind, text in reversed(_CONFIG_OPTIONS):
        command = click.option(f"--{name}", type=kind, help=text)(command)
    names = ", ".join(PRESETS)
    return click.option(
        "--preset", default="small", show_default=True, help=f"configuration to start from: {names}"
    )(command)


def consmax_build(command: Command) -> Command:
    """Add consmax_config and the options of a build."""
    for option in reversed(
        (
            click.option(
                "--lanes", type=int, default=16, show_default=True, help="byte lanes, 1..64"
            ),
            click.option("--heads", type=int, help="heads in storage, 1..64  [default: 1]"),
            click.option(
                "--storage",
                default="loadable",
                show_default=True,
                help="tables: loadable (flip-flops) or constant (built in, needs --constants)",
            ),
            click.option(
                "--stages", type=int, help="pipeline stages, 1..5  [default: 1; preset fast: 5]"
            ),
            click.option(
                "--adders",
                help="product as Verilog operators (FPGA, simulation) or adder cells (ASIC area)",
            ),
            click.option(
                "--top", default="stream", show_default=True, help="Verilog top: stream or axi"
            ),
            click.option(
                "--constants",
                type=click.Path(path_type=Path),
                help="head-constants file: configuration, and the tables for constant storage",
            ),
        )
    ):
        command = option(command)
    return consmax_config(command)


def as_json(command: Command) -> Command:
    """Add --json."""
    return click.option("--json", "json_output", is_flag=True, help="print JSON")(command)


def take_config(options: dict[str, Any]) -> ConsmaxConfig:
    """Remove the options of consmax_config and return the configuration that they describe."""
    config = preset(options.pop("preset"))
    given = {name.replace("-", "_") for name, _, _ in _CONFIG_OPTIONS}
    changes = {name: options.pop(name) for name in given}
    changes = {name: value for name, value in changes.items() if value is not None}
    return replace(config, **changes)


def take_build(options: dict[str, Any], *, adders: str) -> ConsmaxBuild:
    """Remove the options of consmax_build and return the build; `adders` is the default kind."""
    stages = options.pop("stages")
    if stages is None:
        stages = PRESET_STAGES.get(options["preset"], 1)
    config = take_config(options)
    path, heads = options.pop("constants"), options.pop("heads")
    storage = options.pop("storage")
    tables: tuple[ConsmaxTables, ...] | None = None
    if path is not None:
        loaded = load_constants(path, "consmax")
        config = loaded.config
        if heads not in (None, len(loaded.heads)):
            raise InputError(f"heads is {heads}: {path} has {len(loaded.heads)}")
        heads = len(loaded.heads)
        if storage == "constant":
            tables = tuple(one.tables for one in loaded.heads)
    elif storage == "constant":
        raise InputError("storage is 'constant' without --constants: the tables to build in")
    return ConsmaxBuild(
        config,
        lanes=options.pop("lanes"),
        heads=1 if heads is None else heads,
        storage=storage,
        stages=stages,
        adders=options.pop("adders") or adders,
        top=options.pop("top"),
        tables=tables,
    )


def wrong_codes(config: ConsmaxConfig, count: int = 100) -> dict[str, int]:
    """Solve `count` random heads; return how many are exact, and the codes that are not."""
    own = [solve_tables(config.narrow, **head) for head in random_heads(count, seed=7)]
    return {
        "heads": count,
        "exact_heads": sum(one.wrong_codes == 0 for one in own),
        "wrong_codes": sum(one.wrong_codes for one in own),
        "max_ulp": max(one.max_ulp for one in own),
    }
