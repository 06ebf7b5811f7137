# SPDX-License-Identifier: Apache-2.0
"""Data directories and compilers for the tests of what runs on a device."""

import shutil
import subprocess

import pytest
from helpers.repository import AIE_SOURCES
from surmax.aie.check.vectors import write_vectors
from surmax.aie.forms import form_named
from surmax.aie.host_build import find_compiler, host_flags
from surmax.golden import ConsmaxConfig, HccsConstants, save_constants, solve_tables
from surmax.golden.head_file import ConsmaxHead, HccsHead

ROOT = AIE_SOURCES
HEADS = (HccsConstants(500, 7, 60), HccsConstants(600, 3, 100), HccsConstants(300, 2, 127))
LENGTH = 45

needs_gxx = pytest.mark.skipif(shutil.which("g++") is None, reason="no g++ on PATH")


def make_vectors(folder, form, *, schedule="rows", masking="length", architecture="aie-ml"):
    """A data directory of 200 rows and three heads; `form` "consmax" is ConSmax with uQ0.8."""
    constants = folder / "constants.json"
    if form == "consmax":
        config = ConsmaxConfig()
        tables = [solve_tables(config, scale=0.05, beta=1.5, gamma=20.0 + i) for i in range(3)]
        heads = [ConsmaxHead(0, i, one) for i, one in enumerate(tables)]
        save_constants(constants, config, heads)
    else:
        heads = [HccsHead(0, i, 0.05, one) for i, one in enumerate(HEADS)]
        save_constants(constants, form_named(form).config(), heads, length=LENGTH, masked=True)
    return write_vectors(
        constants,
        folder / "vectors",
        schedule=schedule,
        masking=masking,
        architecture=architecture,
        rows=200,
    )


def compile_host(architecture, folders, sources, output, *flags):
    """Compile device sources against the stand-ins."""
    includes = [f"-I{folder}" for folder in (*folders, ROOT / "tile")]
    paths = [str(ROOT / source) for source in sources]
    command = [find_compiler("g++"), *host_flags(architecture), *includes, *flags]
    subprocess.run([*command, *paths, "-o", str(output)], check=True, capture_output=True)
