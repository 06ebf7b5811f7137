# SPDX-License-Identifier: Apache-2.0
"""One small valid input of each format, written by Surmax itself where it writes that format."""

import json
from pathlib import Path

import numpy as np
from helpers.aie_samples import HEADS, consmax_file, hccs_file
from helpers.timing_samples import LIBERTY
from surmax.aie.check.vectors import write_vectors
from surmax.aie.device.blocks import cut, design_of
from surmax.aie.device.plio import write_folder
from surmax.calibrate.score_file import save_scores
from surmax.golden import HCCS_PRESETS
from surmax.synth.mapping.generic import generic_liberty

SWEEP = """
clock_ns = 40
seeds = 1

[[grid]]
unit = "hccs"
preset = ["clb", "div"]
lanes = [4, 8]
length = 64
target = "generic"

[[grid]]
unit = "consmax"
preset = "small"
lanes = 4
mantissa_bits = [10, 12]
target = ["generic", "ecp5"]
"""


def make_materials(folder: Path) -> None:
    """Fill an empty folder; see FORMATS of fuzz.commands for who reads what."""
    hccs_file(folder / "hccs.json")
    hccs_file(folder / "nearest.json", HCCS_PRESETS["nearest"], constants=HEADS[::2])
    consmax_file(folder / "consmax.json")
    heads = [{"scale": 0.05, "beta": 1.0, "gamma": 10.0}, {"scale": 9.4, "beta": 9.4, "gamma": 9.4}]
    (folder / "heads.json").write_text(json.dumps(heads))
    draw = np.random.default_rng(1)
    scores = draw.integers(-128, 128, (2, 12, 16)).astype(np.int8)
    save_scores(folder / "codes.npz", {16: scores}, scale=[0.05, 0.1], places=[(0, 0), (1, 0)])
    real = draw.normal(size=(2, 12, 16)).astype(np.float32)
    masks, weights = np.arange(16) > np.arange(12)[:, None] + 3, np.ones((12, 16))
    save_scores(folder / "real.npz", {16: real}, masks={16: masks}, weights={16: weights})
    (folder / "sweep.toml").write_text(SWEEP)
    (folder / "timed.lib").write_text(LIBERTY)
    (folder / "generic.lib").write_text(generic_liberty())
    (folder / "text.txt").write_text("Some words of a text.\n" * 40)
    for unit in ("hccs", "consmax"):
        vectors = folder / f"{unit}-vectors"
        given = folder / f"{unit}.json"
        loaded = write_vectors(
            given,
            vectors,
            schedule="rows",
            masking="length",
            architecture="aie-ml",
            rows=16,
            length=32,
            seed=1,
        )
        design = design_of(loaded, None, rows=None, parts=1)
        graph, output = folder / f"{unit}-graph", folder / f"{unit}-output"
        write_folder(graph, design, cut(design, loaded, 1), 1)
        output.mkdir()
        (output / "codes_0.txt").write_bytes((graph / "expected_0.txt").read_bytes())
