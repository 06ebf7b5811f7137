# SPDX-License-Identifier: Apache-2.0
"""`surmax aie vectors` and `surmax aie replay`: golden vectors in a data directory."""

from pathlib import Path

import click

from surmax.aie.check.replay import PLAN, run_replay
from surmax.aie.check.vectors import load_vectors, write_vectors
from surmax.aie.forms import FORMS, MASKINGS, SCHEDULES, form_named
from surmax.aie.host_build import build_replay
from surmax.commands.aie.shared import (
    AIE_BUILD,
    ARCHITECTURE,
    CONSTANTS,
    compiler_option,
    sanitize_option,
)
from surmax.common.errors import shown
from surmax.console import out
from surmax.golden import InputError
from surmax.options import INPUT_FOLDER, SEED, output_folder


@click.command(epilog="Example: surmax aie vectors constants.json -o vectors --length 64")
@click.argument("constants", type=CONSTANTS)
@output_folder("data directory to write, new or empty")
@click.option("--schedule", type=click.Choice(SCHEDULES), default="rows", show_default=True)
@click.option("--masking", type=click.Choice(MASKINGS), default="length", show_default=True)
@click.option(
    "--arch",
    type=ARCHITECTURE,
    default="aie-ml",
    show_default=True,
    help="whose layout of ConSmax tables is written",
)
@click.option(
    "--rows", type=click.IntRange(1, 1 << 20), default=1024, show_default=True, help="at least"
)
@click.option(
    "--length",
    type=click.IntRange(1, 65535),
    help="positions of a row  [default: the file's; ConSmax: 64]",
)
@click.option("--seed", type=SEED, default=1, show_default=True, help="of the rows")
def vectors(
    constants: Path,
    folder: Path,
    schedule: str,
    masking: str,
    arch: str,
    rows: int,
    length: int | None,
    seed: int,
) -> None:
    """Write golden vectors for replay on a device.

    They are for the heads of the CONSTANTS file.
    """
    made = write_vectors(
        constants,
        folder,
        schedule=schedule,
        masking=masking,
        architecture=arch,
        rows=rows,
        length=length,
        seed=seed,
    )
    out.print(
        f"{folder}: {made.rows} rows of {made.length} for {made.form}, {made.heads} heads, "
        f"{schedule}, masked by {masking}",
    )


@click.command(epilog="Example: surmax aie replay vectors --sanitize")
@click.argument("folder", type=INPUT_FOLDER)
@click.option("--arch", type=ARCHITECTURE, help="[default: the manifest's]")
@sanitize_option("")
@compiler_option
def replay(folder: Path, arch: str | None, sanitize: bool, compiler: str | None) -> None:
    """Run the kernel of a data directory here.

    FOLDER is verified first. Exit code 1 when a code differs.
    """
    loaded = load_vectors(folder)
    if arch not in (None, loaded.architecture) and loaded.unit == "consmax":
        raise InputError(
            f"arch must be {loaded.architecture}, as the tables of {folder} are, not {shown(arch)}"
        )
    program = build_replay(
        arch or loaded.architecture,
        AIE_BUILD,
        compiler=compiler,
        sanitize=sanitize,
        forms=[form_named(loaded.form)] if loaded.unit == "hccs" else FORMS[:1],
    )
    found = run_replay(program, [folder / PLAN])
    out.print(f"{found.rows} rows, {found.mismatches} mismatches")
    if found.fault:
        out.print(found.fault)
        raise SystemExit(1)
