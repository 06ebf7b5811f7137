# SPDX-License-Identifier: Apache-2.0
"""Mutants of a Verilog text: yosys draws them, and all of them go into one text.

yosys' command `mutate` changes one bit of one port of one cell: it is inverted, tied to 0 or 1, or
inverted where another bit of that port is 0 or 1. Here every change is guarded by a comparison of
one number with the mutant's own, so that the text is compiled once and runs as any of the mutants;
number 0 is the design itself. The number is the plusarg `+surmax_mutant=N` of a simulation.

A module that is instantiated several times is changed in all of its instances.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from surmax.common.digest import digest_of
from surmax.common.errors import check_range
from surmax.rtl import Build
from surmax.rtl.tools.yosys import run_yosys
from surmax.tb.rewrite.parse import Module, modules_of

MOST = 10_000  # mutants in one text
PLUSARG = "surmax_mutant"
_MUTATED = "surmax_mutated"
_READS = "t:$memrd %d t:$memrd_v2 %d"
_NUMBERED = re.compile(r"\$\d+$")


@dataclass(frozen=True)
class Mutant:
    """One change of one bit.

    Attributes:
        number: of the mutant, from 1.
        mode: what yosys does to the bit: inv, const0, const1, cnot0, cnot1.
        module, cell, port, portbit: the bit that is changed.
        ctrlbit: the other bit of the port in modes cnot0 and cnot1, else None.
        wire, wirebit: name of the bit in the text; "" and 0 where it has none.
        sources: places of the text it comes from: "MODULE.v:LINE.COLUMN-LINE.COLUMN", where lines
            count from the first one of the module.
    """

    number: int
    mode: str
    module: str
    cell: str
    port: str
    portbit: int
    ctrlbit: int | None
    wire: str
    wirebit: int
    sources: tuple[str, ...]

    @property
    def place(self) -> str:
        """Signal and line of the module, as a reader finds them in the text."""
        signal = f"{self.wire}[{self.wirebit}]" if self.wire else ""
        kind = _NUMBERED.sub("", self.cell).split("$")[1] if "$" in self.cell else self.cell
        line = self.sources[-1].split(":")[-1].split(".")[0] if self.sources else "?"
        return f"{signal or self.port} at {kind} {self.port}[{self.portbit}], line {line}"

    @property
    def change(self) -> str:
        """What becomes of the bit."""
        words = {"inv": "inverted", "const0": "tied to 0", "const1": "tied to 1"}
        if self.mode in words:
            return words[self.mode]
        return f"inverted where bit {self.ctrlbit} is {self.mode[-1]}"

    def command(self, control: str = "") -> str:
        """Return the yosys command that makes the change."""
        other = "" if self.ctrlbit is None else f" -ctrlbit {self.ctrlbit}"
        return (
            f"mutate {control}-mode {self.mode} -module {self.module} -cell {self.cell} "
            f"-port {self.port} -portbit {self.portbit}{other}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return all fields, JSON-ready."""
        return asdict(self) | {"sources": list(self.sources)}


class Design:
    """A text whose mutants are drawn and made.

    Parameters:
        build: what the text is of; its top is the top of the text.
        text: Verilog that surmax.rtl.verilog wrote of it.
        folder: where inputs, scripts and logs of yosys are kept.
    """

    def __init__(self, build: Build, text: str, folder: Path) -> None:
        self.build, self.text, self.folder = build, text, folder
        self.top = build.top_module
        self.modules = {
            name: _module_text(text, module) for name, module in modules_of(text).items()
        }

    def draw(self, count: int, seed: int, *, beside: "Design | None" = None) -> tuple[Mutant, ...]:
        """Return mutants, the same ones for the same text, count and seed.

        Args:
            count: how many, 1 to 10 000; fewer come where the text has no more.
            seed: of the choice, 0 to 2**31 - 1.
            beside: leave out the modules whose names this other design has too.
        """
        check_range("mutants", count, 1, MOST)
        check_range("seed", seed, 0, 2**31 - 1)
        names = [name for name in self.modules if beside is None or name not in beside.modules]
        if not names:
            return ()
        # The enable of a read without a clock is no signal: yosys refuses to change it.
        script = f"mutate -list {count} -seed {seed} -o list.txt {' '.join(names)} {_READS}\n"
        self._run(script, "list", self.folder)
        lines = (self.folder / "list.txt").read_text(encoding="utf-8").splitlines()
        return tuple(_mutant(number, line) for number, line in enumerate(lines, 1))

    def key(self, mutant: Mutant) -> str:
        """Return what names a mutant for as long as the text of its module is the same."""
        fields = [mutant.mode, mutant.port, mutant.portbit, mutant.ctrlbit]
        fields += [mutant.wire, mutant.wirebit, list(mutant.sources)]
        cell = _NUMBERED.sub("", mutant.cell)
        return digest_of(self.modules[mutant.module], cell, fields)[:16]

    def together(self, mutants: Sequence[Mutant]) -> str:
        """Return one text with the mutants, at least one, chosen by the plusarg; same ports."""
        bits = max(mutant.number for mutant in mutants).bit_length()
        script = [mutant.command(f"-ctrl {PLUSARG} {bits} {mutant.number} ") for mutant in mutants]
        script += [f"rename {self.top} {_MUTATED}", "opt_clean"]
        script += ["write_verilog -norename -noattr together.v", ""]
        self._run("\n".join(script), "together", self.folder)
        return (self.folder / "together.v").read_text(encoding="utf-8") + self._chooser(bits)

    def alone(self, mutant: Mutant) -> str:
        """Return the text of one mutant, with the modules and ports of the design."""
        folder = self.folder / str(mutant.number)
        script = f"{mutant.command()}\nopt_clean\nwrite_verilog -norename -noattr alone.v\n"
        self._run(script, "alone", folder)
        return (folder / "alone.v").read_text(encoding="utf-8")

    def read(self, folder: Path) -> str:
        """Write each module to a file of its own in `folder`; return the commands that read them.

        So lines count from the first one of a module, and stay when another module changes.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.modules.items():
            (folder / f"{name}.v").write_text(text, encoding="utf-8")
        files = " ".join(f"{name}.v" for name in self.modules)
        return f"read_verilog {files}\nhierarchy -check -top {self.top}\nproc -noopt\nopt_clean\n"

    def _chooser(self, bits: int) -> str:
        """Return the top: the mutated one, and the register that holds the plusarg."""
        ports = self.build.ports()
        lines = [f"  {way} [{width - 1}:0] {name};" for name, way, width in ports]
        pins = "".join(f".{name}({name}), " for name, _, _ in ports)
        return "\n".join(
            [
                f"module {self.top}({', '.join(name for name, _, _ in ports)});",
                *lines,
                f"  reg [{bits - 1}:0] number;",
                "  initial begin",
                "    number = 0;",
                f'    if (!$value$plusargs("{PLUSARG}=%d", number)) number = 0;',
                "  end",
                f"  {_MUTATED} mutated ({pins}.{PLUSARG}(number));",
                "endmodule\n",
            ]
        )

    def _run(self, script: str, name: str, folder: Path) -> None:
        run_yosys(self.read(folder) + script, folder, name=name)


def _module_text(text: str, module: Module) -> str:
    start = text.rindex("module", 0, module.name_span[0])
    return text[start : module.end] + "endmodule\n"


def _mutant(number: int, line: str) -> Mutant:
    """Read a line of yosys' list."""
    options: dict[str, list[str]] = {}
    words = iter(line.split()[1:])
    for option in words:
        options.setdefault(option.removeprefix("-"), []).append(next(words))
    one = {name: values[0] for name, values in options.items()}
    return Mutant(
        number,
        one["mode"],
        one["module"],
        one["cell"],
        one["port"],
        int(one["portbit"]),
        int(one["ctrlbit"]) if "ctrlbit" in one else None,
        one.get("wire", "").removeprefix("\\"),
        int(one.get("wirebit", 0)),
        tuple(options.get("src", ())),
    )
