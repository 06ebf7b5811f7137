# SPDX-License-Identifier: Apache-2.0
"""Perform tasks on the workers of a Dask scheduler."""

from collections.abc import Iterator, Sequence
from typing import Any

from surmax.common.errors import shown
from surmax.common.extras import needs
from surmax.golden import InputError
from surmax.synth.tasks.task import Task, code_digest, perform

_PATIENCE = 30  # seconds until a scheduler has to answer and to have a worker


def run_on_cluster(tasks: Sequence[Task], address: str) -> Iterator[tuple[Task, Any]]:
    """Yield each task with its finished Dask future, as they finish.

    Dask gives what a lost worker had to another. When the iterator is closed, tasks that have not
    begun are cancelled. Raises InputError when dask.distributed is not installed, or when no
    scheduler with a worker answers at `address`.
    """
    with needs("cluster"):
        from distributed import Client, as_completed
    try:
        client = Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"scheduler is {shown(address)}: no Dask scheduler answers ({error})"
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=_PATIENCE)
        except TimeoutError:
            raise InputError(f"scheduler is {shown(address)}: it has no worker") from None
        futures = {}
        for task in tasks:
            call = (task.function, dict(task.arguments), code_digest(task.function))
            future = client.submit(
                perform, *call, key=f"surmax-{task.digest}", priority=task.cost, pure=True
            )
            futures[future] = task
        try:
            for future in as_completed(list(futures), loop=client.loop):
                yield futures.pop(future), future
        finally:
            client.cancel(list(futures))
