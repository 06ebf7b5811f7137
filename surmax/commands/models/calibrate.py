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

from surmax.calibrate.hccs.fit import GRANULARITIES, OBJECTIVES, HccsTarget
from surmax.calibrate.plan import ConsmaxPlan, HccsPlan, Plan, Result, calibrate_all
from surmax.calibrate.score_file import ScoreFile, load_scores
from surmax.commands.models.model_scores import MODELS, model_scores
from surmax.common.digest import code_digest, digest_of
from surmax.common.kept import Kept
from surmax.console import counter, out, print_json, say
from surmax.golden import HccsConfig, InputError, check_range
from surmax.options import INPUT_FILE, SEED, as_json, output_file
from surmax.pages.calibration import draw_heads
from surmax.pages.drawing import need_matplotlib
from surmax.units.any_unit import any_unit_config, take_any_unit_config
from surmax.units.protocol import Command

FORMS = ("int16", "own")
_LENGTH = 128
# What decides the results beside the options and the scores: these and all that they import.
_CODE = ("surmax.calibrate.plan", "surmax.calibrate.score_file")
# Options that ConSmax has no use for, and their defaults.
_HCCS_ONLY = {
    "max_length": None,
    "whole_rows": False,
    "objective": "kl",
    "form": "int16",
    "weighted": False,
    "choose_scale": False,
}
# Columns of the table: field, heading, format.
_COLUMNS = {
    "hccs": (
        ("saturated", "saturated", ".1e"),
        ("B", "B", "d"),
        ("S", "S", "d"),
        ("Dmax", "Dmax", "d"),
        ("floor", "floor", ".2%"),
        ("kl", "KL, nats", ".4f"),
        ("total_variation", "variation", ".4f"),
        ("zero_codes", "zeros", ".1%"),
    ),
    "consmax": (
        ("saturated", "saturated", ".1e"),
        ("beta", "beta", ".3f"),
        ("gamma", "gamma", ".4g"),
        ("row_sum_min", "least sum", ".3f"),
        ("row_sum_mean", "mean sum", ".3f"),
        ("row_sum_max", "largest sum", ".3f"),
        ("full_codes", "full", ".1e"),
        ("zero_codes", "zeros", ".1%"),
        ("kl", "KL, nats", ".4f"),
        ("wrong_codes", "wrong codes", "d"),
    ),
}


def _what_to_do(command: Command) -> Command:
    """Add the options that say what is searched for, and on which rows."""
    for option in reversed(
        (
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
                type=click.IntRange(1),
                multiple=True,
                help="row length; repeat for more  [default: all of the scores; of a model 128]",
            ),
            click.option(
                "--layer",
                "layers",
                type=click.IntRange(0),
                multiple=True,
                help="only heads of this layer (a unit holds up to 64); repeat for more",
            ),
            click.option(
                "--max-length",
                type=click.IntRange(1, 4096),
                help="longest row that constants are legal for  [default: the longest in use]",
            ),
            click.option(
                "--whole-rows",
                is_flag=True,
                help="hccs: for rows of just that length without masks (the published rule)",
            ),
            click.option(
                "--rows",
                type=click.IntRange(1),
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
            click.option(
                "--objective",
                type=click.Choice(OBJECTIVES),
                default="kl",
                show_default=True,
                help="hccs: distance from softmax, KL divergence or total variation",
            ),
            click.option(
                "--form",
                type=click.Choice(FORMS),
                default="int16",
                show_default=True,
                help="hccs: codes that are compared: int16, or the configuration's own",
            ),
            click.option(
                "--weighted",
                is_flag=True,
                help="hccs: count positions by the weights in the scores; of a model: |V|",
            ),
            click.option(
                "--choose-scale",
                is_flag=True,
                help="hccs: finer codes where that is worth what saturates; needs real scores",
            ),
            click.option(
                "--start-gamma",
                type=click.FloatRange(0, min_open=True),
                default=1.0,
                show_default=True,
                help="consmax: gamma of all heads",
            ),
        )
    ):
        command = option(command)
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
@_what_to_do
@click.option(
    "--plots",
    type=click.Path(path_type=Path, file_okay=False),
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
    if score_path is None:
        score_path = model_scores(
            model,
            data,
            lengths=lengths or (_LENGTH,),
            rows=rows,
            seed=seed,
            real=options["choose_scale"],
            value_norms=options["weighted"],
        )
    loaded = load_scores(score_path)
    if lengths:
        loaded = loaded.of_lengths(lengths)
    if layers:
        loaded = loaded.of_layers(layers)
    loaded = loaded.some_rows(rows, seed)
    plan, about = _plan(options, max(one.length for one in loaded.heads))
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
        for path in draw_heads(plots, plan, heads, results):
            say(str(path))
    if kept is not None:
        kept.finish()
    document = about | {"scores": dict(loaded.about), "seconds": round(seconds, 3), "means": means}
    shown = [{name: one[name] for name in one if name != "words"} for one in results]
    if json_output:
        print_json(document | {"heads": shown})
    else:
        _show(document, shown)


def _plan(options: dict[str, Any], longest: int) -> tuple[Plan, dict[str, Any]]:
    """Take the options of the unit; return what is to be done, and a description of it."""
    if options["unit"] == "consmax":
        for name, default in _HCCS_ONLY.items():
            if options[name] != default:
                flag = f"--{name.replace('_', '-')}"
                raise InputError(f"{flag} is an option of unit hccs, not of consmax")
    length = options.pop("max_length") or longest
    own = {name: options.pop(name) for name in ("objective", "form", "weighted", "choose_scale")}
    whole, gamma = options.pop("whole_rows"), options.pop("start_gamma")
    config = take_any_unit_config(options, check_range("max_length", length, longest, 4096))
    if not isinstance(config, HccsConfig):
        about = {"unit": "consmax", "config": config.to_json(), "gamma": gamma}
        return ConsmaxPlan(config, gamma), about
    target = HccsTarget(
        config,
        length,
        not whole,
        config if own["form"] == "own" else None,
        own["objective"],
        own["weighted"],
    )
    about = {"unit": "hccs", "config": config.to_json(), "length": length, "masked": not whole}
    return HccsPlan(target, own["choose_scale"]), about | own


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


def _show(document: dict[str, Any], results: Sequence[Result]) -> None:
    columns = _COLUMNS[document["unit"]]
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
    out.print(table)
    means = ", ".join(f"{value:.4f} ({name})" for name, value in document["means"].items())
    rows = sum(one["rows"] for one in results)
    out.print(
        f"mean KL {means}; {len(results)} heads, {rows} rows, {document['seconds']:.1f} s",
        markup=False,
    )
