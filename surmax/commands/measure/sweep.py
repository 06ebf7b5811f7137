# SPDX-License-Identifier: Apache-2.0
"""`surmax sweep`: a grid of designs and targets, measured, as a table and a Pareto plot."""

import json
import shlex
from pathlib import Path

import click

from surmax.commands.measure.running import run_shown, task_options
from surmax.common.errors import MissingToolError
from surmax.common.writing import write_whole
from surmax.console import out, print_table, say
from surmax.options import BUILD, INPUT_FILE, SYNTH_CACHE, output_folder
from surmax.pages.drawing import need_matplotlib
from surmax.pages.sweep_plot import sweep_plot
from surmax.pages.sweep_tables import markdown_sweep, terminal_table
from surmax.synth.report.sweep import assemble_sweep, load_sweep, sweep_tasks

DRAWING = "pareto.svg"
FILES = ("sweep.json", "sweep.md", DRAWING)


@click.command(epilog="Example: surmax sweep docs/examples/sweep.toml -o build/sweep")
@click.argument("file", type=INPUT_FILE)
@task_options
@output_folder(f"folder for sweep.json, sweep.md and {DRAWING}", BUILD / "sweep", FILES)
def sweep(file: Path, workers: int | None, scheduler: str | None, folder: Path) -> None:
    """Measure a grid of designs and targets.

    FILE describes the grid in TOML (see docs/sweep.md); every combination is measured. The whole
    file is checked before anything runs. What was measured before is kept, so that an interrupted
    run goes on where it was. Exit code 1 when something could not be measured.
    """
    asked = load_sweep(file)
    for title, reason in asked.skipped:
        say(f"skipped: {title}: {reason}")
    tasks = sweep_tasks(asked, str(SYNTH_CACHE))
    found = assemble_sweep(asked, run_shown(tasks, workers=workers, scheduler=scheduler))
    found["command"] = shlex.join(["surmax", "sweep", str(file)])
    drawing = None
    if found["measurements"]:
        print_table(terminal_table(found))
        try:
            need_matplotlib()
        except MissingToolError as error:
            say(f"without the plot: {error}")
        else:
            drawing = sweep_plot(found)
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        FILES[0]: json.dumps(found, indent=1) + "\n",
        FILES[1]: markdown_sweep(found, DRAWING if drawing else None),
    }
    if drawing:
        files[DRAWING] = drawing
    for name, text in files.items():
        write_whole(folder / name, text)
        out.print(str(folder / name))
    for one in found["failed"]:
        say(f"failed: {one['title']}: {one['error']}")
    if found["failed"]:
        raise SystemExit(1)
