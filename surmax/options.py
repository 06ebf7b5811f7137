# SPDX-License-Identifier: Apache-2.0
"""Options that several commands share, and what they stand for."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from surmax.golden import (
    CONSMAX_PRESETS,
    HCCS_PRESETS,
    SOFTERMAX_PRESETS,
    SOFTMAX_PRESETS,
    ConsmaxConfig,
    ConsmaxTables,
    HccsConfig,
    HccsConstants,
    InputError,
    check_choice,
    check_range,
    consmax_preset,
    hccs_preset,
    load_constants,
    softermax_preset,
    softmax_preset,
    solve_tables,
)
from surmax.golden.hccs.config import fit_min_sum
from surmax.golden.sampling import random_heads
from surmax.rtl import PRESET_STAGES, ConsmaxBuild, HccsBuild, SoftermaxBuild, SoftmaxBuild

BUILD = Path("build")

# Overrides of a preset: option, type, help.
_CONSMAX_OPTIONS: tuple[tuple[str, type, str], ...] = (
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

_HCCS_OPTIONS: tuple[tuple[str, type, str], ...] = (
    ("output", str, "output format: u8 or i16"),
    ("reciprocal", str, "div, or from leading bits: clb, clb1, clb2"),
    ("rounding", str, "floor or nearest"),
    ("fraction-bits", int, "fraction bits of the reciprocal, 0..24"),
    ("sum-bits", int, "bits of a row sum, 15..23"),
    ("min-sum", int, "least row sum, a power of two: B must be at least this"),
)

_SOFTMAX_OPTIONS: tuple[tuple[str, type, str], ...] = (
    ("output", str, "output format: u8 or i16"),
    ("rate-bits", int, "fraction bits of a head's rate, 8..20"),
    ("fraction-bits", int, "fraction bits of an exponent, 4..12"),
    ("table-bits", int, "of these, the ones that address the table, 4..8"),
    ("value-bits", int, "bits of an exponential that is kept for its output, 9..17 (i16: 16..)"),
    ("sum-bits", int, "fraction bits of an exponential in the row sum, up to 24"),
    (
        "reciprocal-bits",
        int,
        "bits of the row sum's mantissa and its reciprocal, 9..18 (i16: 16..)",
    ),
    ("dropped-columns", int, "columns of the last product that are not built, 0..14"),
)

_SOFTERMAX_OPTIONS: tuple[tuple[str, type, str], ...] = (
    ("output", str, "output format: uq1.7 (published), u8 or i16"),
    ("maximum", str, "integer that stands for the maximum: ceil (published) or floor"),
    ("value-bits", int, "fraction bits of an exponential in the row sum, up to 20"),
    ("sum-bits", int, "fraction bits of the row sum, from 4"),
    ("reciprocal-bits", int, "fraction bits of the row sum and its reciprocal, 7..18"),
    ("segments", int, "straight lines that make the reciprocal, a power of two from 4"),
)

_UNIT_OPTIONS = {"hccs": _HCCS_OPTIONS, "consmax": _CONSMAX_OPTIONS}

Command = Callable[..., Any]


def _config_options(
    command: Command, fields: tuple[tuple[str, type, str], ...], presets: Iterable[str], first: str
) -> Command:
    """Add --preset and one option for each field of a configuration."""
    for name, kind, text in reversed(fields):
        command = click.option(f"--{name}", type=kind, help=text)(command)
    names = ", ".join(presets)
    return click.option(
        "--preset", default=first, show_default=True, help=f"configuration to start from: {names}"
    )(command)


def _all(command: Command, *options: Command) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def _shape_options(product: str) -> tuple[Command, ...]:
    """Options that the builds of all units have."""
    return (
        click.option("--lanes", type=int, default=16, show_default=True, help="byte lanes, 1..64"),
        click.option("--heads", type=int, help="heads in storage, 1..64  [default: 1]"),
        click.option(
            "--adders",
            help=f"{product} as Verilog operators (FPGA, simulation) or adder cells (ASIC area)",
        ),
        click.option(
            "--top", default="stream", show_default=True, help="Verilog top: stream or axi"
        ),
    )


def _storage_options(what: str) -> tuple[Command, ...]:
    """Options of a unit whose heads can be built in; `what` is kept for one."""
    return (
        click.option(
            "--storage",
            default="loadable",
            show_default=True,
            help=f"{what}: loadable (flip-flops) or constant (built in, needs --constants)",
        ),
        click.option(
            "--constants",
            type=click.Path(path_type=Path),
            help=f"head-constants file: configuration, and the {what} for constant storage",
        ),
    )


_MAX_LENGTH = click.option(
    "--max-length",
    type=int,
    help="positions of the longest row, a multiple of the lanes  [default: 64]",
)
_DIVIDER_BITS = click.option(
    "--divider-bits",
    type=int,
    help="quotient bits that a divider makes a cycle, 1..16  [default: the fewest that "
    "keep up with the longest rows]",
)


def consmax_config(command: Command) -> Command:
    """Add --preset and one option for each field of ConsmaxConfig."""
    return _config_options(command, _CONSMAX_OPTIONS, CONSMAX_PRESETS, "small")


def consmax_build(command: Command) -> Command:
    """Add consmax_config and the options of a ConsmaxBuild."""
    stages = click.option(
        "--stages", type=int, help="pipeline stages, 1..5  [default: 1; fast: 3; fpga: 5]"
    )
    options = (*_shape_options("product"), *_storage_options("tables"), stages)
    return consmax_config(_all(command, *options))


def hccs_build(command: Command) -> Command:
    """Add --preset, the fields of HccsConfig and the options of an HccsBuild."""
    own = (
        _MAX_LENGTH,
        click.option(
            "--divider",
            default="serial",
            show_default=True,
            help="serial, or pipelined: a quotient a cycle",
        ),
        click.option(
            "--dividers",
            type=int,
            default=1,
            show_default=True,
            help="serial dividers side by side, 1..16",
        ),
        _DIVIDER_BITS,
    )
    command = _all(command, *_shape_options("products"), *_storage_options("constants"), *own)
    return _config_options(command, _HCCS_OPTIONS, HCCS_PRESETS, "div")


def softmax_build(command: Command) -> Command:
    """Add --preset, the fields of SoftmaxConfig and the options of a SoftmaxBuild."""
    command = _all(command, *_shape_options("products"), _MAX_LENGTH, _DIVIDER_BITS)
    return _config_options(command, _SOFTMAX_OPTIONS, SOFTMAX_PRESETS, "u8")


def softermax_build(command: Command) -> Command:
    """Add --preset, the fields of SoftermaxConfig and the options of a SoftermaxBuild."""
    command = _all(command, *_shape_options("products"), _MAX_LENGTH)
    return _config_options(command, _SOFTERMAX_OPTIONS, SOFTERMAX_PRESETS, "paper")


def row_unit_config(command: Command) -> Command:
    """Add --unit, hccs or consmax, --preset, and one option for each field of their configurations.

    Fields that both have are one option.
    """
    fields = {name: one for one in _CONSMAX_OPTIONS + _HCCS_OPTIONS for name in one[:1]}
    known = {"hccs": tuple(HCCS_PRESETS), "consmax": tuple(CONSMAX_PRESETS)}
    for name, kind, text in reversed(fields.values()):
        units = [unit for unit, own in _UNIT_OPTIONS.items() if name in [one[0] for one in own]]
        text = "output format: u8 or i16; uq0.8 or uq0.16" if name == "output" else text
        command = click.option(f"--{name}", type=kind, help=f"{' and '.join(units)}: {text}")(
            command
        )
    presets = "; ".join(f"{unit}: {', '.join(names)}" for unit, names in known.items())
    command = click.option("--preset", help=f"configuration to start from, {presets}")(command)
    return click.option(
        "--unit", default="hccs", show_default=True, help=" or ".join(_UNIT_OPTIONS)
    )(command)


def as_json(command: Command) -> Command:
    """Add --json."""
    return click.option("--json", "json_output", is_flag=True, help="print JSON")(command)


def output_file(text: str, *names: str) -> Callable[[Command], Command]:
    """Add -o FILE, with `text` as its help; its folder has to be there before work begins.

    `names` are more names of the option.
    """
    return click.option(
        "-o",
        "--output-file",
        *names,
        "output_file",
        type=click.Path(path_type=Path, dir_okay=False),
        callback=_in_a_folder,
        help=text,
    )


def _in_a_folder(context: Any, parameter: Any, path: Path | None) -> Path | None:
    if path is not None and not path.parent.is_dir():
        raise InputError(f"output file {path}: folder {path.parent} is not there")
    return path


def take_config(options: dict[str, Any]) -> ConsmaxConfig:
    """Remove the options of consmax_config and return the configuration that they describe."""
    return _take_fields(options, consmax_preset(options.pop("preset")), _CONSMAX_OPTIONS)


def take_row_unit_config(options: dict[str, Any], length: int) -> ConsmaxConfig | HccsConfig:
    """Remove the options of row_unit_config and return the configuration that they describe.

    Without --min-sum that of HCCS is fitted to rows of `length` positions: see fit_min_sum. Raises
    InputError for an option that only the other unit has.
    """
    unit = check_choice("unit", options.pop("unit"), tuple(_UNIT_OPTIONS))
    own = [name for name, _, _ in _UNIT_OPTIONS[unit]]
    for other in _UNIT_OPTIONS.values():
        for name, _, _ in other:
            if name not in own and options.pop(name.replace("-", "_"), None) is not None:
                raise InputError(f"--{name} is no option of unit {unit}")
    name = options.pop("preset")
    if unit == "consmax":
        return _take_fields(options, consmax_preset(name or "small"), _CONSMAX_OPTIONS)
    fitted = options["min_sum"] is None
    config = _take_fields(options, hccs_preset(name or "div"), _HCCS_OPTIONS)
    return fit_min_sum(config, length) if fitted else config


def _take_fields(
    options: dict[str, Any], config: Any, fields: tuple[tuple[str, type, str], ...]
) -> Any:
    """Remove the options named in `fields`; return `config` with those that were given."""
    given = {name.replace("-", "_") for name, _, _ in fields}
    changes = {name: options.pop(name) for name in given}
    return replace(config, **{name: value for name, value in changes.items() if value is not None})


def take_build(options: dict[str, Any], *, adders: str) -> ConsmaxBuild:
    """Remove the options of consmax_build and return the build; `adders` is the default kind."""
    stages = options.pop("stages")
    if stages is None:
        stages = PRESET_STAGES.get(options["preset"], 1)
    config = take_config(options)
    storage = options.pop("storage")
    loaded, heads = _take_constants(options, "consmax", storage, "tables")
    tables: tuple[ConsmaxTables, ...] | None = None
    if loaded is not None:
        config = loaded.config
        if storage == "constant":
            tables = tuple(one.tables for one in loaded.heads)
    return ConsmaxBuild(
        config,
        lanes=options.pop("lanes"),
        heads=heads,
        storage=storage,
        stages=stages,
        adders=options.pop("adders") or adders,
        top=options.pop("top"),
        tables=tables,
    )


def take_hccs_build(options: dict[str, Any], *, adders: str) -> HccsBuild:
    """Remove the options of hccs_build and return the build; `adders` is the default kind.

    Without --min-sum the configuration is fitted to the row length: see fit_min_sum.
    """
    own_min_sum = options["min_sum"] is not None
    config = _take_fields(options, hccs_preset(options.pop("preset")), _HCCS_OPTIONS)
    storage = options.pop("storage")
    loaded, heads = _take_constants(options, "hccs", storage, "constants")
    max_length = options.pop("max_length")
    constants: tuple[HccsConstants, ...] | None = None
    if loaded is not None:
        config, own_min_sum = loaded.config, True
        max_length = loaded.length if max_length is None else max_length
        if storage == "constant":
            constants = tuple(one.constants for one in loaded.heads)
    max_length = 64 if max_length is None else check_range("max_length", max_length, 1, 4096)
    return HccsBuild(
        config if own_min_sum else fit_min_sum(config, max_length),
        lanes=options.pop("lanes"),
        heads=heads,
        max_length=max_length,
        storage=storage,
        divider=options.pop("divider"),
        dividers=options.pop("dividers"),
        divider_bits=options.pop("divider_bits"),
        adders=options.pop("adders") or adders,
        top=options.pop("top"),
        constants=constants,
    )


def take_softmax_build(options: dict[str, Any], *, adders: str) -> SoftmaxBuild:
    """Remove the options of softmax_build and return the build; `adders` is the default kind."""
    config = _take_fields(options, softmax_preset(options.pop("preset")), _SOFTMAX_OPTIONS)
    divider_bits = options.pop("divider_bits")
    return SoftmaxBuild(config, divider_bits=divider_bits, **_take_shape(options, adders))


def take_softermax_build(options: dict[str, Any], *, adders: str) -> SoftermaxBuild:
    """Remove the options of softermax_build and return the build; `adders` is the default kind."""
    config = _take_fields(options, softermax_preset(options.pop("preset")), _SOFTERMAX_OPTIONS)
    return SoftermaxBuild(config, **_take_shape(options, adders))


def _take_shape(options: dict[str, Any], adders: str) -> dict[str, Any]:
    """Remove the options of a baseline's build; return those that were given, by name."""
    given = {name: options.pop(name) for name in ("lanes", "heads", "max_length", "top")}
    given["adders"] = options.pop("adders") or adders
    return {name: value for name, value in given.items() if value is not None}


def _take_constants(options: dict[str, Any], unit: str, storage: str, what: str) -> tuple[Any, int]:
    """Remove --constants and --heads; return the file's content or None, and the heads."""
    path, heads = options.pop("constants"), options.pop("heads")
    if path is None:
        if storage == "constant":
            raise InputError(f"storage is 'constant' without --constants: the {what} to build in")
        return None, 1 if heads is None else heads
    loaded = load_constants(path, unit)
    if heads not in (None, len(loaded.heads)):
        raise InputError(f"heads is {heads}: {path} has {len(loaded.heads)}")
    return loaded, len(loaded.heads)


def wrong_codes(config: ConsmaxConfig, count: int = 100) -> dict[str, int]:
    """Solve `count` random heads; return how many are exact, and the codes that are not."""
    own = [solve_tables(config.narrow, **head) for head in random_heads(count, seed=7)]
    return {
        "heads": count,
        "exact_heads": sum(one.wrong_codes == 0 for one in own),
        "wrong_codes": sum(one.wrong_codes for one in own),
        "max_ulp": max(one.max_ulp for one in own),
    }
