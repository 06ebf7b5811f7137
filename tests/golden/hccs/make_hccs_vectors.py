# SPDX-License-Identifier: Apache-2.0
"""Write hccs_vectors.json: rows, constants and the codes of the definition, for every preset.

Run as `python tests/golden/make_hccs_vectors.py`. The codes come from the rational model, not from
surmax.golden, so that a body in another language has something to compare with that nobody tuned.
"""

import json
from pathlib import Path

import numpy as np
from helpers.hccs_models import adversarial_rows, exact_model
from surmax.golden import HCCS_PRESETS
from surmax.golden.sampling import random_constants

LENGTH = 24


def main():
    rng = np.random.default_rng(1)
    presets = {}
    for name, config in HCCS_PRESETS.items():
        scores = np.vstack([rng.integers(-128, 128, (3, LENGTH)), adversarial_rows(LENGTH)[::3]])
        rows = []
        for row in scores.tolist():
            (one,) = random_constants(1, config, LENGTH, rng)
            mask = (rng.random(LENGTH) < rng.choice([0, 0.4])).tolist()
            codes = exact_model(row, one, config, mask)
            constants = {"B": one.B, "S": one.S, "Dmax": one.Dmax}
            rows.append(constants | {"scores": row, "mask": [*map(int, mask)], "codes": codes})
        presets[name] = {"config": config.to_json(), "rows": rows}
    text = json.dumps({"presets": presets}, indent=0)
    # One line an array: short to read, short in a diff.
    lines = text.replace(",\n", ", ").replace("[\n", "[").replace("\n]", "]")
    path = Path(__file__).with_name("hccs_vectors.json")
    path.write_text(lines.replace("}, {", "},\n{").replace('}, "', '},\n"') + "\n")


if __name__ == "__main__":
    main()
