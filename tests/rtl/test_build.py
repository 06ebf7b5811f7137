# SPDX-License-Identifier: Apache-2.0
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from surmax.golden import (
    CONSMAX_PRESETS,
    HCCS_PRESETS,
    SOFTERMAX_PRESETS,
    unit_entry,
    unit_names,
)
from surmax.rtl import ConsmaxBuild, HccsBuild, SoftermaxBuild, verilog


def test_verilog_is_the_same_in_another_process():
    script = (
        "from surmax.golden import CONSMAX_PRESETS; from surmax.rtl import *; import sys;"
        "build = ConsmaxBuild(CONSMAX_PRESETS['small'], lanes=2, heads=3, top='axi');"
        "sys.stdout.write(verilog(build))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PATH": "", "HOME": str(Path.home())},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "77")
    }
    assert len(texts) == 1
    assert "module consmax_axi(" in texts.pop()


@pytest.mark.parametrize(
    "build",
    [
        ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=2),
        HccsBuild(HCCS_PRESETS["div"], lanes=2, max_length=8),
        SoftermaxBuild(SOFTERMAX_PRESETS["paper"], lanes=2, max_length=8),
    ],
    ids=lambda build: build.top_module,
)
def test_every_signal_has_a_name(build):
    """Several signals made in one statement get none from Amaranth: `$signal` and a number.

    All units but softmax, which has two without (surmax.rtl.softmax.reciprocal says why).
    """
    assert "$signal" not in verilog(build)


@pytest.mark.parametrize("unit", unit_names())
def test_numpy_parameters_are_stored_as_python_values(unit):
    law, hardware = unit_entry("golden", unit), unit_entry("rtl", unit)
    rows = {"max_length": 16} if law.rows else {}
    parameters = {"lanes": 4, "heads": 1} | rows
    config = law.presets[law.default_preset]
    plain = hardware.build(config, **parameters)
    made = hardware.build(config, **{name: np.int16(n) for name, n in parameters.items()})
    assert made == plain
    assert json.dumps(made.describe()) == json.dumps(plain.describe())
