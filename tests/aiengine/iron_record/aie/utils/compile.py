# SPDX-License-Identifier: Apache-2.0
compiled = []


def compile_mlir_module(
    mlir_module,
    insts_path=None,
    pdi_path=None,
    xclbin_path=None,
    elf_path=None,
    full_elf_path=None,
    verbose=False,
    work_dir=None,
    options=None,
    use_chess=False,
    device=None,
):
    compiled.append((mlir_module, insts_path, xclbin_path, work_dir))
