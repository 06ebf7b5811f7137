# SPDX-License-Identifier: Apache-2.0
"""Files of a build: Verilog, a JSON sidecar and a FuseSoC core file."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from surmax.common.writing import check_output, write_whole
from surmax.rtl.build import Build, verilog
from surmax.rtl.tools.yosys import yosys_version


def sidecar(build: Build, text: str) -> dict[str, Any]:
    """Return a JSON-ready description of the Verilog `text`: build, figures, ports, versions."""
    return build.describe() | {
        "format": "surmax-build",
        "version": 1,
        **build.figures(),
        "ports": [
            {"name": name, "direction": direction, "bits": bits}
            for name, direction, bits in build.ports()
        ],
        "verilog_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "versions": {
            "surmax": version("surmax"),
            "amaranth": version("amaranth"),
            "yosys": yosys_version(),
        },
    }


def core_file(build: Build) -> str:
    """Return a FuseSoC core description (CAPI=2) of the Verilog beside it."""
    name = build.top_module
    return f"""\
CAPI=2:
name: surmax:{build.unit_name}:{name}:{version("surmax")}
description: "{name}, {build.headline()}"
filesets:
  rtl:
    files: [{name}.v]
    file_type: verilogSource-2005
targets:
  default:
    filesets: [rtl]
    toplevel: {name}
  lint:
    default_tool: verilator
    filesets: [rtl]
    toplevel: {name}
    tools:
      verilator:
        mode: lint-only
        verilator_options: [-Wall]
"""


def elaborate(build: Build, folder: Path) -> tuple[Path, ...]:
    """Write TOP.v, TOP.json and TOP.core to `folder`; return their paths.

    Nothing is written before everything has been generated.
    """
    text = verilog(build)
    files = {
        ".v": text,
        ".json": json.dumps(sidecar(build, text), indent=2) + "\n",
        ".core": core_file(build),
    }
    folder.mkdir(parents=True, exist_ok=True)
    paths = {folder / f"{build.top_module}{suffix}": text for suffix, text in files.items()}
    for path in paths:
        check_output(path)
    for path, content in paths.items():
        write_whole(path, content)
    return tuple(paths)
