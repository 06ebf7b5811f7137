# SPDX-License-Identifier: Apache-2.0
"""`surmax calibrate`: head constants from recorded scores, or from a model and a text."""

import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import fmean
from typing import Any

import click
from rich.table import Table

from surmax.calibrate.hccs.fit import GRANULARITIES
from surmax.calibrate.plan import Plan, Result, calibrate_all
from surmax.calibrate.score_file import ScoreFile, load_scores
from surmax.commands.models.model_scores import MODELS, model_scores
from surmax.common.digest import code_digest, digest_of
from surmax.common.kept import Kept
from surmax.common.writing import check_output_folder
from surmax.console import counter, out, print_json, print_table, say
from surmax.golden import InputError, check_range, unit_entry
from surmax.golden.head_file import units_with_files
from surmax.lazy_group import load_object
from surmax.options import (
    INPUT_FILE,
    OUTPUT_FOLDER,
    SEED,
    Command,
    as_json,
    output_file,
    with_options,
)
from surmax.pages.calibration import draw_heads
from surmax.pages.drawing import need_matplotlib
from surmax.units.any_unit import any_unit_config, take_any_unit_config
from surmax.units.protocol import UnitCalibrationCommand

_LENGTH = 128
# What decides the results beside the options and the scores: these and all that they import.
_CODE = ("surmax.calibrate.plan", "surmax.calibrate.score_file")


_SEARCH = (
    click.option(
        "--granularity",
        type=click.Choice(GRANULARITIES),
        default="head",
        show_default=True,
        help="heads that share constants: none, those of a layer, or all",
    ),
    click.option("--compare", is_flag=True, help="show what each granularity would give"),
    click.option(
        "--length",
        "lengths",
        type=click.IntRange(1, 4096),
        multiple=True,
        help="row length; repeat for more  [default: all of the scores; of a model 128]",
    ),
    click.option(
        "--layer",
        "layers",
        type=click.IntRange(0, 10**6),
        multiple=True,
        help="only heads of this layer (a unit holds up to 64); repeat for more",
    ),
    click.option(
        "--rows",
        type=click.IntRange(1, 10**9),
        default=2048,
        show_default=True,
        help="rows of each head and length",
    ),
    click.option(
        "--seed",
        type=SEED,
        default=1,
        show_default=True,
        help="seed of the choice of rows and text",
    ),
)


def _search_options(command: Command) -> Command:
    """Add the options that say what is searched for, and on which rows."""
    return with_options(command, *_SEARCH)


def calibration_of(unit: str) -> UnitCalibrationCommand:
    """Return how `surmax calibrate` goes about a unit whose heads stand in head-constants files."""
    return load_object(unit_entry("command", unit).calibration)


def _options_of_units(command: Command) -> Command:
    """Add the options that only one of the units has."""
    for unit in reversed(units_with_files()):
        for one in reversed(calibration_of(unit).options):
            kind = {"is_flag": True} if one.type is None else {"type": one.type}
            shown = one.type is not None and one.default is not None
            text = f"{unit}: {one.text}"
            command = click.option(
                one.flag, one.name, default=one.default, show_default=shown, help=text, **kind
            )(command)
    return command


@click.command(epilog="Example: surmax calibrate --scores scores.npz --unit hccs -o constants.json")
@click.option("--scores", "score_path", type=INPUT_FILE, help=".npz of any model's scores")
@click.option(
    "--model", type=click.Choice(tuple(MODELS)), help="in place of --scores, a downloaded model"
)
@click.option(
    "--data",
    type=click.Path(),
    default="wikipedia",
    show_default=True,
    help="text for the model: wikipedia (downloaded) or a text file",
)
@any_unit_config
@_search_options
@_options_of_units
@click.option(
    "--plots",
    type=OUTPUT_FOLDER,
    help="folder for a drawing of each head",
)
@output_file("head-constants file to write")
@as_json
def calibrate(
    score_path: Path | None,
    model: str | None,
    data: str,
    granularity: str,
    compare: bool,
    lengths: tuple[int, ...],
    layers: tuple[int, ...],
    rows: int,
    seed: int,
    plots: Path | None,
    output_file: Path | None,
    json_output: bool,
    **options: Any,
) -> None:
    """Choose the constants of every head from its attention scores.

    Scores come from a file (--scores), or from a model on a text (--model, --data; needs the extra
    `train`). Finished heads are kept beside the output file: after an interruption the same command
    goes on.
    """
    if (score_path is None) == (model is None):
        raise InputError("one of --scores FILE and --model NAME is needed, and only one")
    if plots is not None:
        need_matplotlib()
        check_output_folder(plots)
    if score_path is None:
        score_path = model_scores(
            model,
            data,
            lengths=lengths or (_LENGTH,),
            rows=rows,
            seed=seed,
            real=options.get("choose_scale", False),
            value_norms=options.get("weighted", False),
        )
    loaded = load_scores(score_path)
    if lengths:
        loaded = loaded.of_lengths(lengths)
    if layers:
        loaded = loaded.of_layers(layers)
    loaded = loaded.some_rows(rows, seed)
    unit = calibration_of(options["unit"])
    plan, about = _plan(unit, options, max(one.length for one in loaded.heads))
    about |= {"granularity": granularity, "rows": rows, "seed": seed}
    about |= {"lengths": sorted(lengths), "layers": sorted(layers)}
    kept = _kept(output_file, score_path, about)
    start = time.perf_counter()
    results, means = _run(loaded, plan, granularity, GRANULARITIES if compare else (), kept)
    seconds = time.perf_counter() - start
    if output_file:
        plan.save(output_file, results)
    if plots is not None:
        heads = {(one.layer, one.head): one for one in map(plan.prepare, loaded.heads)}
        for path in draw_heads(plots, unit, plan, heads, results):
            say(str(path))
    if kept is not None:
        kept.finish()
    document = about | {"scores": dict(loaded.about), "seconds": round(seconds, 3), "means": means}
    shown = [{name: one[name] for name in one if name != "words"} for one in results]
    if json_output:
        print_json(document | {"heads": shown})
    else:
        _show(unit, document, shown)


def _plan(
    unit: UnitCalibrationCommand, options: dict[str, Any], longest: int
) -> tuple[Plan, dict[str, Any]]:
    """Take the options of the unit; return what is to be done, and a description of it."""
    values = {one.name: options[one.name] for one in unit.options}
    for name in units_with_files():
        for one in calibration_of(name).options:
            given = options.pop(one.name)
            if one.name not in values and given != one.default:
                text = f"{one.flag} is an option of unit {name}, not of {options['unit']}"
                raise InputError(text)
    length = check_range("max_length", values.get("max_length") or longest, longest, 4096)
    return unit.plan(take_any_unit_config(options, length), length, values)


def _kept(output: Path | None, score_path: Path, about: dict[str, Any]) -> Kept | None:
    """Return what an interrupted run of the same has left beside its output."""
    if output is None:
        return None
    digest = digest_of(about, score_path, code_digest(*_CODE), version("numpy"))
    kept = Kept(output.with_name(f".{output.name}.kept"), digest, say)
    if len(kept):
        say(f"{len(kept)} results are kept from a run that was interrupted")
    return kept


def _run(
    loaded: ScoreFile,
    plan: Plan,
    granularity: str,
    others: Sequence[str],
    kept: Kept | None,
) -> tuple[list[Result], dict[str, float]]:
    """Return the results of each head, and the mean KL of each granularity that is wanted."""
    heads = [plan.prepare(one) for one in loaded.heads]
    means, wanted = {}, []
    for one in dict.fromkeys((granularity, *others)):
        show = counter(f"heads calibrated, {one}")
        found = calibrate_all(heads, plan, one, kept=kept, progress=show)
        means[one] = fmean(result["kl"] for result in found)
        if one == granularity:
            wanted = found
    return wanted, means


def _show(
    unit: UnitCalibrationCommand, document: dict[str, Any], results: Sequence[Result]
) -> None:
    columns = unit.columns
    lines = [("layer", "head", "scale", *(heading for _, heading, _ in columns))]
    for one in results:
        place = (str(one["layer"]), str(one["head"]), f"{one['scale']:.5f}")
        lines.append((*place, *(f"{one[field]:{form}}" for field, _, form in columns)))
    table = Table(box=None)
    for column in zip(*lines, strict=True):
        # Where a terminal is too narrow lines break: no figure is cut.
        width = max(map(len, column))
        table.add_column(column[0], justify="right", no_wrap=True, min_width=width)
    for line in lines[1:]:
        table.add_row(*line)
    print_table(table)
    means = ", ".join(f"{value:.4f} ({name})" for name, value in document["means"].items())
    rows = sum(one["rows"] for one in results)
    out.print(
        f"mean KL {means}; {len(results)} heads, {rows} rows, {document['seconds']:.1f} s",
    )
