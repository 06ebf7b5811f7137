# SPDX-License-Identifier: Apache-2.0
"""`surmax report`: what every design costs, as JSON, Markdown and one HTML page."""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from surmax.commands.measure.running import run_shown, task_options
from surmax.common.errors import InputError, MissingToolError, NetworkError
from surmax.common.writing import write_whole
from surmax.console import out, say
from surmax.golden.recorded.rows import LENGTHS
from surmax.options import BUILD, INPUT_FILE, SYNTH_CACHE, output_folder
from surmax.pages.report.claims import claims
from surmax.pages.report.html import html_report
from surmax.pages.report.plots import drawings
from surmax.pages.report.tables import sections
from surmax.pages.report.text import markdown_report
from surmax.synth import TARGET_NAMES, resolve_target
from surmax.synth.report.matrix import DESIGNS, LANES, TARGETS, Matrix, assemble, report_tasks
from surmax.value_types import TargetName

FILES = ("report.json", "report.md", "report.html")


def _axis(name: str, kind: click.ParamType, values: tuple[Any, ...], text: str) -> Any:
    """Return one option of the matrix: repeat it for several values."""
    shown = ", ".join(map(str, values))
    return click.option(
        name,
        multiple=True,
        type=kind,
        metavar=name.strip("-").upper(),
        help=f"{text}; repeat  [default: {shown}]",
    )


@click.command(epilog="Example: surmax report --target sky130 --lanes 16 -o build/report")
@_axis("--design", click.Choice(tuple(DESIGNS)), tuple(DESIGNS), "design to measure")
@_axis("--lanes", click.IntRange(1, 64), LANES, "scores a cycle")
@_axis("--length", click.IntRange(1, 4096), LENGTHS, "positions of a row")
@_axis("--target", TargetName(TARGET_NAMES), TARGETS, f"one of {', '.join(TARGET_NAMES)}")
@click.option("--liberty", type=INPUT_FILE, help="Liberty file: one more target")
@click.option(
    "--seeds",
    type=click.IntRange(1, 100),
    default=3,
    show_default=True,
    help="seeds of place and route",
)
@task_options
@output_folder("folder for report.json, report.md and report.html", BUILD / "report", FILES)
def report(
    design: tuple[str, ...],
    lanes: tuple[int, ...],
    length: tuple[int, ...],
    target: tuple[str, ...],
    liberty: Path | None,
    seeds: int,
    workers: int | None,
    scheduler: str | None,
    folder: Path,
) -> None:
    """Measure area, speed, energy and error of every design.

    What was measured before is kept, so that an interrupted run goes on where it was.
    Exit code 1 when something could not be measured; the report says what and why.
    """
    targets = (target or TARGETS) + ((f"liberty:{liberty}",) if liberty else ())
    matrix = Matrix(
        designs=design or tuple(DESIGNS),
        lanes=lanes or LANES,
        lengths=length or LENGTHS,
        targets=_present(targets, given=bool(target)),
    )
    every_seed = range(1, seeds + 1)
    tasks = report_tasks(matrix, str(SYNTH_CACHE), every_seed)
    outcomes = run_shown(tasks, workers=workers, scheduler=scheduler)
    found = assemble(matrix, outcomes, str(SYNTH_CACHE), every_seed)
    axes = {"design": design, "lanes": lanes, "length": length, "target": target}
    found["command"] = _command(axes, liberty, seeds)
    _write(found, folder)
    if found["failed"]:
        raise SystemExit(1)


def _present(targets: tuple[str, ...], *, given: bool) -> tuple[str, ...]:
    """Return the targets that can be had.

    A usual target that cannot be had is left out with one line; one that was asked for raises its
    error.
    """
    found = []
    for name in dict.fromkeys(targets):
        try:
            resolve_target(name, note=say)
        except (InputError, NetworkError) as error:
            if given or name not in TARGETS:
                raise
            say(f"without {name}: {error}")
        else:
            found.append(name)
    return tuple(found)


def _command(axes: Mapping[str, Sequence[Any]], liberty: Path | None, seeds: int) -> str:
    """Return the command that makes this report; `axes` has the values that were given."""
    words = ["surmax", "report"]
    for name, values in axes.items():
        for value in values:
            words += [f"--{name}", str(value)]
    if liberty:
        words += ["--liberty", str(liberty)]
    if seeds != 3:
        words += ["--seeds", str(seeds)]
    return shlex.join(words)


def _write(found: dict[str, Any], folder: Path) -> None:
    parts, command = sections(found), found["command"]
    parts.insert(1, claims(found["measurements"]))
    try:
        drawn = drawings(found)
    except MissingToolError as error:
        say(f"without drawings: {error}")
        drawn = {}
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        FILES[0]: json.dumps(found, indent=1) + "\n",
        FILES[1]: markdown_report(parts, command),
        FILES[2]: html_report(parts, drawn, command),
    }
    for name, text in files.items():
        path = folder / name
        write_whole(path, text)
        out.print(str(path))
