# SPDX-License-Identifier: Apache-2.0
"""Run tasks from a command: its options, where results are kept, and progress."""

from collections.abc import Sequence

import click

from surmax.console import say
from surmax.options import BUILD
from surmax.synth.tasks.run import Outcome, run_tasks
from surmax.synth.tasks.task import Task
from surmax.units.protocol import Command


def task_options(command: Command) -> Command:
    """Add --workers and --scheduler."""
    for option in (
        click.option(
            "--scheduler",
            metavar="ADDRESS",
            help="address of a Dask scheduler, in place of processes",
        ),
        click.option(
            "--workers", type=click.IntRange(1, 256), help="processes  [default: one a core]"
        ),
    ):
        command = option(command)
    return command


def run_shown(
    tasks: Sequence[Task], *, workers: int | None, scheduler: str | None
) -> list[Outcome]:
    """Run tasks with those options, a line of progress for each; results are kept in BUILD."""
    return run_tasks(
        tasks, cache=BUILD / "tasks", workers=workers, scheduler=scheduler, progress=_show
    )


def _show(outcome: Outcome, done: int, wanted: int) -> None:
    how = outcome.error or ("kept" if outcome.kept else "measured")
    say(f"{done} of {wanted}: {outcome.task.title}: {how}")
