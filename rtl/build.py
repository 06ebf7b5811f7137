# SPDX-License-Identifier: Apache-2.0
"""From a build description to Verilog text, a JSON sidecar and a FuseSoC core file."""

import hashlib
import json
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from amaranth.lib.wiring import In
from surmax.golden import PRESETS, ConsmaxConfig, ConsmaxTables, check_choice
from surmax.rtl.axi import ConsmaxAxiTop
from surmax.rtl.consmax import ConsmaxUnit, check_parameters
from surmax.rtl.hierarchy import VerilogPlatform
from surmax.rtl.tops import ConsmaxStreamTop
from surmax.rtl.yosys import run_yosys, yosys_version

TOPS = ("stream", "axi")

# Pipeline stages that a preset is meant for; 1 for the others.
PRESET_STAGES = {"fast": 5}


@dataclass(frozen=True)
class ConsmaxBuild:
    """What to elaborate: the parameters of ConsmaxUnit, and which top around it.

    Raises InputError when made with a parameter out of range (see ConsmaxUnit).
    """

    config: ConsmaxConfig
    lanes: int = 16
    heads: int = 1
    storage: str = "loadable"
    stages: int = 1
    adders: str = "operators"
    top: str = "stream"
    tables: tuple[ConsmaxTables, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse early what the unit would refuse."""
        check_choice("top", self.top, TOPS)
        check_parameters(
            self.config,
            self.lanes,
            self.heads,
            self.storage,
            self.tables,
            self.stages,
            self.adders,
        )

    @property
    def top_module(self) -> str:
        """Name of the Verilog top module."""
        return f"consmax_{self.top}"

    @property
    def latency(self) -> int:
        """Cycles from an accepted beat to its output, without stalls."""
        return self.stages

    @property
    def preset(self) -> str:
        """Name of the preset that the configuration is, or "custom"."""
        return next((name for name, one in PRESETS.items() if one == self.config), "custom")

    def unit(self) -> ConsmaxUnit:
        """Make the Amaranth component."""
        tag_bits = ConsmaxAxiTop.tag_bits(self.lanes, self.heads) if self.top == "axi" else 0
        return ConsmaxUnit(
            self.config,
            lanes=self.lanes,
            heads=self.heads,
            storage=self.storage,
            tables=self.tables,
            stages=self.stages,
            adders=self.adders,
            tag_bits=tag_bits,
        )

    def component(self) -> ConsmaxStreamTop | ConsmaxAxiTop:
        """Make the top component."""
        return (ConsmaxAxiTop if self.top == "axi" else ConsmaxStreamTop)(self.unit())

    def ports(self) -> list[tuple[str, str, int]]:
        """Name, direction and bits of each port of the top, clock and reset included."""
        component = self.component()
        component._MustUse__silence = component.unit._MustUse__silence = True
        named = [
            ("__".join(map(str, path)), "input" if member.flow is In else "output", len(value))
            for path, member, value in component.signature.flatten(component)
        ]
        clocks = [] if self.top == "axi" else [("clk", "input", 1), ("rst", "input", 1)]
        return clocks + named

    def describe(self) -> dict[str, Any]:
        """Everything that decides the Verilog, JSON-ready."""
        tables = self.tables and [
            {"scale": t.scale, "beta": t.beta, "gamma": t.gamma, "words": t.words.tolist()}
            for t in self.tables
        ]
        return {
            "unit": "consmax",
            "top": self.top_module,
            "preset": self.preset,
            "config": self.config.to_json(),
            "lanes": self.lanes,
            "heads": self.heads,
            "storage": self.storage,
            "stages": self.stages,
            "adders": self.adders,
            "tables": tables,
        }


# Power-up values are left out: reset sets what needs one, tables are loaded before use. `proc` and
# `opt_dff` turn processes into plain registers with an enable, `$shiftx` prints as an indexed part
# select: text that every tool reads alike and that simulates fast.
_SCRIPT = """\
read_rtlil design.il
hierarchy -check -top {top}
setattr -unset init w:*
chtype -set $shiftx t:$shift
proc -noopt
opt_clean -purge
opt_dff
opt_clean -purge
write_verilog -norename -noattr design.v
"""


def verilog(build: ConsmaxBuild) -> str:
    """Return the Verilog-2005 text of `build`: the same bytes for the same build and versions."""
    platform = VerilogPlatform()
    platform.define(build.component(), build.top_module)
    with tempfile.TemporaryDirectory(prefix="surmax-") as name:
        folder = Path(name)
        (folder / "design.il").write_text(platform.text())
        run_yosys(_SCRIPT.format(top=build.top_module), folder)
        body = (folder / "design.v").read_text()
    return _header(build) + body.split("\n", 1)[1]


# What Verilator would report on generated text, and why each is left.
_WAIVERS = {
    "DECLFILENAME": "one file holds all modules of a build",
    "UNUSEDSIGNAL": "every module has the ports of its component, used or not in this build",
    "WIDTHEXPAND": "operands of different widths are meant to be extended with zeros",
}


def _header(build: ConsmaxBuild) -> str:
    config = json.dumps(build.config.to_json(), sort_keys=True)
    lines = [
        "SPDX-License-Identifier: Apache-2.0",
        f"Generated by surmax {version('surmax')}, amaranth {version('amaranth')}, "
        f"{yosys_version()}. Do not edit.",
        f"ConSmax, preset {build.preset}: {build.lanes} lanes, {build.heads} heads, "
        f"{build.storage} tables, latency {build.latency}, one beat a cycle.",
        f"config {config}",
    ]
    waivers = (f"/* verilator lint_off {name} */  // {why}" for name, why in _WAIVERS.items())
    return "".join(f"// {line}\n" for line in lines) + "\n".join(waivers) + "\n"


def sidecar(build: ConsmaxBuild, text: str) -> dict[str, Any]:
    """Return what a user of the Verilog `text` needs to know about it, JSON-ready."""
    return build.describe() | {
        "format": "surmax-build",
        "version": 1,
        "latency_cycles": build.latency,
        "interval_cycles": 1,
        "scores_per_cycle": build.lanes,
        "word_bits": [build.config.word_format(t).word_bits for t in range(build.config.tables)],
        "wrong_codes": build.tables and [t.wrong_codes for t in build.tables],
        "max_ulp": build.tables and [t.max_ulp for t in build.tables],
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


def core_file(build: ConsmaxBuild) -> str:
    """Return a FuseSoC core description (CAPI=2) of the Verilog beside it."""
    name = build.top_module
    return f"""\
CAPI=2:
name: surmax:consmax:{name}:{version("surmax")}
description: ConSmax, {build.lanes} lanes, preset {build.preset}, {build.storage} tables
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


def elaborate(build: ConsmaxBuild, folder: Path) -> tuple[Path, ...]:
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
    paths = []
    for suffix, content in files.items():
        path = folder / f"{build.top_module}{suffix}"
        partial = path.with_name(f".{path.name}.partial")
        partial.write_text(content)
        partial.replace(path)
        paths.append(path)
    return tuple(paths)
