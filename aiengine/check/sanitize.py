# SPDX-License-Identifier: Apache-2.0
"""Run every kernel under the address and undefined-behaviour sanitizers."""

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from surmax.aie.check.compare import draw_steps
from surmax.aie.check.replay import Replay, run_replay, write_plans
from surmax.aie.check.subjects import Subject, forms_of
from surmax.aie.host_build import build_replay, find_compiler

SANITIZED_ROWS = 2000
_PROCESSES = 2


def run_sanitized(
    architectures: Sequence[str],
    compilers: Sequence[str],
    subjects: Sequence[Subject],
    folder: Path,
    rows: int = SANITIZED_ROWS,
    *,
    seed: int = 1,
    lengths: Sequence[int] | None = None,
    heads: int | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> dict[tuple[str, str], Replay]:
    """Replay the calls of a check for each architecture and compiler; return what they found.

    Programs are built in `folder`, two at a time. Other arguments as check_kernels has them; `say`
    is told what is done. Raises InputError when a compiler is missing or refuses the sources.
    """
    for compiler in compilers:
        find_compiler(compiler)
    forms = forms_of(subjects)
    jobs = [(architecture, compiler) for architecture in architectures for compiler in compilers]

    def run(job: tuple[str, str]) -> Replay:
        architecture, compiler = job
        program = build_replay(architecture, folder, compiler=compiler, sanitize=True, forms=forms)
        say(f"built for {architecture} with {compiler} and sanitizers")
        found = run_replay(program, [plans[architecture]])
        say(f"replayed {found.rows} rows on {architecture} with {compiler}")
        return found

    with tempfile.TemporaryDirectory(prefix="surmax-aie-") as work:
        steps = draw_steps(subjects, rows, seed, lengths=lengths, heads=heads)
        plans = write_plans(steps, architectures, Path(work))
        with ThreadPoolExecutor(_PROCESSES) as pool:
            return dict(zip(jobs, pool.map(run, jobs), strict=True))
