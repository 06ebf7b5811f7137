# SPDX-License-Identifier: Apache-2.0
"""Replay a data directory on an NPU: `python -m surmax.aie.iron DIRECTORY`.

This is a program of its own, because it runs in the environment of mlir-aie. Of the packages that
Surmax needs, only NumPy is sure to be there.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from surmax.aie.check.vectors import load_vectors
from surmax.aie.device.build import NPU_ARCHITECTURES, find_peano
from surmax.golden import InputError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program. Returns 0, 1 when a code differs, 2 on bad input."""
    parser = argparse.ArgumentParser(
        prog="surmax.aie.iron",
        description="Replay a data directory on an NPU, through IRON, Peano and XRT.",
    )
    parser.add_argument("directory", type=Path, help="written by `surmax aie vectors`")
    parser.add_argument(
        "--device",
        choices=sorted(NPU_ARCHITECTURES),
        default="npu2",
        help="npu1: Phoenix, Hawk Point; npu2: Strix, Krackan (default)",
    )
    parser.add_argument("--columns", type=int, default=1, help="of four cores each (default 1)")
    parser.add_argument("--rows", type=int, help="rows a call of a core (default: what fits)")
    parser.add_argument("--mlir", action="store_true", help="print the module, run nothing")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("build/aie/npu"), help="folder for what is built"
    )
    given = parser.parse_args(arguments)
    try:
        return _replay(given)
    except InputError as error:
        print(f"surmax: {error}", file=sys.stderr)
        return 2


def _replay(given: argparse.Namespace) -> int:
    vectors = load_vectors(given.directory)
    try:
        from surmax.aie.iron.replay import NpuReplay
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "aie":
            raise
        raise InputError(
            "mlir-aie (Python package aie.iron) is not installed: docs/aie.md says how to get it"
        ) from None
    replay = NpuReplay(vectors, device=given.device, columns=given.columns, rows=given.rows)
    if given.mlir:
        print(replay.module())
        return 0
    peano = find_peano(os.environ)
    if peano is None:
        raise InputError("PEANO_INSTALL_DIR must be set: Peano compiles the kernel")
    found = replay.run(peano, given.output)
    print(
        f"{found.rows} rows on {found.cores} cores of {given.device}, "
        f"{found.microseconds:.0f} us, {found.mismatches} mismatches"
    )
    if found.first is not None:
        print(found.first)
    return int(found.mismatches > 0)


if __name__ == "__main__":
    sys.exit(main())
