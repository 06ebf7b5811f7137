# SPDX-License-Identifier: Apache-2.0
"""Replay a data directory on an NPU: build the design, run it, and compare every code.

Building needs mlir-aie and Peano, running XRT and an NPU; docs/aie.md says how to get them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aie.utils
import numpy as np
from aie.iron.device import from_name
from aie.utils.compile import compile_mlir_module
from surmax.aie.check.vectors import Vectors
from surmax.aie.device.blocks import Blocks, cut, design_of
from surmax.aie.device.build import NPU_ARCHITECTURES, Peano, build_call
from surmax.aie.device.tile_design import TileDesign
from surmax.aie.iron.design import KERNEL_OBJECT, WORKERS, softmax_design
from surmax.aie.layout import Array
from surmax.golden import check_choice, check_range

MOST_COLUMNS = {"npu1": 4, "npu2": 8}


@dataclass(frozen=True)
class NpuRun:
    """The codes of an NPU compared with golden.

    Attributes:
        rows: of the data directory.
        cores: number of cores in use.
        microseconds: time of the run, data movement included, as IRON's runtime measures it.
        mismatches: number of codes that differ.
        first: the first mismatch in words; None when there is none.
    """

    rows: int
    cores: int
    microseconds: float
    mismatches: int
    first: str | None


class NpuReplay:
    """A data directory, ready for an NPU.

    Parameters:
        vectors: the data directory.
        device: "npu1" or "npu2".
        columns: number of columns of 4 cores in use; npu1 has 4, npu2 has 8.
        rows: rows of a core's call; None is as many as fit.

    Raises InputError when an argument is out of range.
    """

    vectors: Vectors
    design: TileDesign
    blocks: Blocks

    def __init__(
        self, vectors: Vectors, *, device: str, columns: int = 1, rows: int | None = None
    ) -> None:
        check_choice("device", device, tuple(NPU_ARCHITECTURES))
        self.columns = check_range("columns", columns, 1, MOST_COLUMNS[device])
        self.vectors = vectors
        self.device = device
        workers = self.columns * WORKERS
        self.design = design_of(
            vectors, NPU_ARCHITECTURES[device], rows=rows, parts=workers, shared_records=WORKERS
        )
        self.blocks = cut(self.design, vectors, workers)

    def module(self) -> Any:
        """Return the MLIR module."""
        calls = len(self.blocks.scores) // (self.columns * WORKERS)
        device = from_name(self.device, n_cols=self.columns)
        return softmax_design(self.design, device=device, columns=self.columns, calls=calls)

    def run(self, peano: Peano, folder: Path) -> NpuRun:
        """Compile into `folder`, run on the NPU of this machine, and compare.

        Raises InputError when Peano refuses the kernel. Errors of IRON and XRT are passed on.
        """
        # aiecc would look for relative paths in its own work folder.
        folder = folder.resolve()
        build_call(self.design, peano, folder / KERNEL_OBJECT)
        xclbin, instructions = folder / "surmax.xclbin", folder / "surmax.bin"
        compile_mlir_module(
            self.module(), insts_path=instructions, xclbin_path=xclbin, work_dir=folder
        )
        got, nanoseconds = self._call(xclbin, instructions)
        wanted = self.blocks.codes
        wrong = np.argwhere(got != wanted)
        first = None
        if len(wrong):
            call, element = wrong[0]
            row = call * self.design.rows + element // self.design.width
            place = "row" if self.design.schedule == "rows" else "in the band of row"
            first = (
                f"{place} {row}, element {element}: expected {wanted[call, element]}, "
                f"got {got[call, element]}"
            )
        cores = self.columns * WORKERS
        return NpuRun(self.vectors.rows, cores, nanoseconds / 1000, len(wrong), first)

    def _call(self, xclbin: Path, instructions: Path) -> tuple[Array, int]:
        given = (self.blocks.scores, self.blocks.records)
        tensors = [aie.utils.tensor(array.reshape(-1)) for array in given]
        codes = aie.utils.tensor(np.zeros(self.blocks.codes.size, self.blocks.codes.dtype))
        kernel = aie.utils.NPUKernel(str(xclbin), str(instructions), kernel_name="MLIR_AIE")
        _, result = aie.utils.DefaultNPURuntime.load_and_run(kernel, [*tensors, codes])
        return codes.numpy().reshape(self.blocks.codes.shape).copy(), result.npu_time
