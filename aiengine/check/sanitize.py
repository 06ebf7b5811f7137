# SPDX-License-Identifier: Apache-2.0
"""Run kernels under the address and undefined-behaviour sanitizers."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from surmax.aie.check.calls import draw_calls
from surmax.aie.check.kernels import Kernel, forms_of
from surmax.aie.check.replay import Replay, run_replay, write_plans
from surmax.aie.host_build import build_replay, find_compiler
from surmax.common.work_folders import work_folder

SANITIZED_ROWS = 2000
_PROCESSES = 2


def run_sanitized(
    architectures: Sequence[str],
    compilers: Sequence[str],
    kernels: Sequence[Kernel],
    folder: Path,
    rows: int = SANITIZED_ROWS,
    *,
    seed: int = 1,
    lengths: Sequence[int] | None = None,
    heads: int | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> dict[tuple[str, str], Replay]:
    """Replay the calls of a check, and return the result for each architecture and compiler.

    Programs are built in `folder`, two at a time. `say` is called with a line for each program and
    result. Other arguments are those of check_kernels. Raises InputError when a compiler is missing
    or refuses the sources.
    """
    for compiler in compilers:
        find_compiler(compiler)
    forms = forms_of(kernels)
    jobs = [(architecture, compiler) for architecture in architectures for compiler in compilers]

    def run(job: tuple[str, str]) -> Replay:
        architecture, compiler = job
        program = build_replay(architecture, folder, compiler=compiler, sanitize=True, forms=forms)
        say(f"built for {architecture} with {compiler} and sanitizers")
        found = run_replay(program, [plans[architecture]])
        say(f"replayed {found.rows} rows on {architecture} with {compiler}")
        return found

    with work_folder() as work:
        calls = draw_calls(kernels, rows, seed, lengths=lengths, heads=heads)
        plans = write_plans(calls, architectures, work)
        with ThreadPoolExecutor(_PROCESSES) as pool:
            return dict(zip(jobs, pool.map(run, jobs), strict=True))
