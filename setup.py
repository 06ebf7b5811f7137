# SPDX-License-Identifier: Apache-2.0
"""Which folder is which package; everything else about the distribution is in pyproject.toml.

Packages are found, not listed, so that a new folder (a new unit, say) needs no entry here.
"""

from setuptools import find_packages, setup

FOLDERS = {
    "surmax": "surmax",
    "surmax.aie": "aiengine",
    "surmax.calibrate": "calibrate",
    "surmax.common": "common",
    "surmax.golden": "golden",
    "surmax.rtl": "rtl",
    "surmax.synth": "synth",
    "surmax.tb": "tb",
    "surmax.train": "train",
}

setup(
    packages=[
        name
        for package, folder in FOLDERS.items()
        for name in (package, *(f"{package}.{found}" for found in find_packages(folder)))
    ],
    package_dir=FOLDERS,
)
