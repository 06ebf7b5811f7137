# SPDX-License-Identifier: Apache-2.0
"""Build descriptions, and their elaboration to Verilog text."""

import json
from abc import ABC, abstractmethod
from dataclasses import fields
from importlib.metadata import version
from typing import Any, ClassVar

from amaranth.lib import wiring
from amaranth.lib.wiring import In
from surmax.common.plain import PlainFields
from surmax.common.work_folders import work_folder
from surmax.rtl.parts.hierarchy import VerilogPlatform, discard
from surmax.rtl.tools.widths import extend_operands
from surmax.rtl.tools.yosys import run_yosys, yosys_version

TOPS = ("stream", "axi")


class Build(PlainFields, ABC):
    """Parameters of a unit, and the top that is put around it: all that decides its Verilog.

    Attributes:
        config: the unit's configuration.
        unit_name: name of the unit in the registry (surmax.golden.units).
        top: "stream" or "axi".
        parts: parts that reports count separately: title -> text in the names of their modules.
    """

    config: Any
    unit_name: ClassVar[str]
    top: str
    parts: ClassVar[dict[str, str]]

    @property
    def top_module(self) -> str:
        """Name of the Verilog top module."""
        return f"{self.unit_name}_{self.top}"

    @abstractmethod
    def component(self) -> wiring.Component:
        """Make the top component; its attribute `unit` is the unit."""

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """Return all that decides the Verilog, JSON-ready."""

    @abstractmethod
    def figures(self) -> dict[str, Any]:
        """Return figures that a user of the Verilog needs, JSON-ready: latency and interval."""

    @abstractmethod
    def headline(self) -> str:
        """Return one line that describes the build."""

    @property
    def max_beats(self) -> int:
        """Beats of the longest row of which a code depends; 1 for a unit that knows no rows."""
        return 1

    @abstractmethod
    def latency(self, beats: int = 1) -> int:
        """Cycles from the first accepted beat of a lone row to its first output, without stalls."""

    def interval(self, beats: int = 1) -> float:
        """Mean cycles that a row of `beats` beats takes in a steady stream of such rows."""
        return float(beats)

    @property
    def built_in(self) -> tuple[Any, ...] | None:
        """Contents of the heads that are built in; None when they are loaded or there are none."""
        return None

    def load_writes(self, head: int, content: Any) -> list[dict[str, int]]:
        """Return the values of the load_* ports that load `content`, one dictionary a cycle.

        `load_valid` is left out: it is 1 in each of these cycles. `content` is an object whose
        fields have the names of the ports: the constants of a head.
        """
        values = {f"load_{field.name}": getattr(content, field.name) for field in fields(content)}
        return [{"load_head": head, **values}]

    def _parameters(self) -> dict[str, Any]:
        """Return the parameters of the unit: all fields but `config` and `top`."""
        names = (field.name for field in fields(self) if field.name not in ("config", "top"))
        return {name: getattr(self, name) for name in names}

    def ports(self) -> list[tuple[str, str, int]]:
        """Return name, direction and bits of each port of the top, with clock and reset."""
        component = self.component()
        named = [
            ("__".join(map(str, path)), "input" if member.flow is In else "output", len(value))
            for path, member, value in component.signature.flatten(component)
        ]
        discard(component.unit, component)
        clocks = [] if self.top == "axi" else [("clk", "input", 1), ("rst", "input", 1)]
        return clocks + named


# Power-up values are removed: reset sets every register that needs a value, and memories are
# written before they are read. `proc` and `opt_dff` turn processes into plain registers with an
# enable, and `$shiftx` is written as an indexed part select: all tools read such text alike, and it
# simulates fast.
_SCRIPT = """\
read_rtlil design.il
delete t:$meminit*
hierarchy -check -top {top}
setattr -unset init w:*
chtype -set $shiftx t:$shift
proc -noopt
opt_clean -purge
opt_dff
opt_clean -purge
write_verilog -norename -noattr design.v
"""


def verilog(build: Build) -> str:
    """Return the Verilog-2005 text of `build`: the same bytes for the same build and versions."""
    return _header(build) + verilog_of(build.component(), build.top_module)


def verilog_of(component: wiring.Component, name: str) -> str:
    """Return the Verilog-2005 text of any component as module `name`."""
    with VerilogPlatform() as platform:
        platform.define(component, name)
    with work_folder() as folder:
        text = extend_operands(platform.text())
        (folder / "design.il").write_text(text, encoding="utf-8")
        run_yosys(_SCRIPT.format(top=name), folder)
        return (folder / "design.v").read_text(encoding="utf-8").split("\n", 1)[1]


# Warnings of Verilator on generated text that are waived, and why.
_WAIVERS = {
    "DECLFILENAME": "one file holds all modules of a build",
    "UNUSEDSIGNAL": "every module has the ports of its component, used or not in this build",
}


def _header(build: Build) -> str:
    config = json.dumps(build.config.to_json(), sort_keys=True)
    lines = [
        "SPDX-License-Identifier: Apache-2.0",
        f"Generated by surmax {version('surmax')}, amaranth {version('amaranth')}, "
        f"{yosys_version()}. Do not edit.",
        f"{build.top_module}, {build.headline()}.",
        f"config {config}",
    ]
    waivers = (f"/* verilator lint_off {name} */  // {why}" for name, why in _WAIVERS.items())
    return "".join(f"// {line}\n" for line in lines) + "\n".join(waivers) + "\n"
