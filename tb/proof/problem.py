# SPDX-License-Identifier: Apache-2.0
"""A statement about Verilog, and the SAT solver inside yosys that proves or refutes it."""

import re
import time
from dataclasses import dataclass
from pathlib import Path

from surmax.common.errors import ToolError
from surmax.common.tools import failure
from surmax.rtl.tools.yosys import YosysError, run_yosys

# From Verilog to single-edge registers with enables resolved, assertions as plain cells.
_PREPARE = """hierarchy -check -top proof
proc -noopt
flatten
{connect}memory_map
opt
async2sync
chformal -lower
opt -full
"""


@dataclass(frozen=True)
class Proof:
    """One proof attempt.

    Attributes:
        name: what was to be proven.
        status: "proven"; "bounded" (proven for the first `steps` cycles after reset); "refuted".
        steps: length of the induction, or of the bounded proof or the counterexample, in cycles.
        counterexample: signal values of each cycle of a refuting run, oldest first.
        seconds: time that yosys took.
    """

    name: str
    status: str
    steps: int
    counterexample: tuple[dict[str, int], ...]
    seconds: float

    @property
    def holds(self) -> bool:
        """True if the statement was not refuted."""
        return self.status != "refuted"


class ProofError(ToolError):
    """Neither a proof nor a counterexample was found; the message says how far it came."""


class Problem:
    """Design and statement in a folder, and the yosys runs over them.

    Parameters:
        design: Verilog text.
        statement: SystemVerilog text whose module `proof` has the design or a part of it in it.
            Signals declared with the comment "shown" are those of a counterexample.
        folder: where inputs, script and log of yosys are kept.
        top: module of the design that becomes gates if `mapped`, and for `independence`.
        spied: wires of the statement that are connected to signals inside the design, by path.
        mapped: prove a netlist of gates that knows no more of the source than its ports.
    """

    def __init__(
        self,
        design: str,
        statement: str,
        folder: Path,
        top: str,
        *,
        spied: dict[str, str] | None = None,
        mapped: bool = False,
    ) -> None:
        self.top, self.folder = top, folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "design.v").write_text(design, encoding="utf-8")
        (folder / "proof.sv").write_text(statement, encoding="utf-8")
        self.read = "read_verilog design.v\n"
        if mapped:
            self.read += f"synth -flatten -top {top}\nabc -g AND,NAND,OR,NOR,XOR,XNOR,MUX\n"
        self.read += "read_verilog -formal -sv proof.sv\n"
        self.shown = re.findall(r" (\w+)(?: = .*)?;  // shown$", statement, re.MULTILINE)
        wires = (spied or {}).items()
        self.connect = "".join(f"connect -set {wire} \\{path}\n" for wire, path in wires)

    def induction(self, name: str, limit: int) -> Proof:
        """Prove for all time, with at most `limit` steps of induction."""
        return self._sat(name, f"-maxsteps {limit}")

    def bounded(self, name: str, depth: int) -> Proof:
        """Prove for the first `depth` cycles."""
        return self._sat(name, f"-tempinduct-baseonly -maxsteps {depth}", bounded=depth)

    def independence(self, name: str) -> Proof:
        """Prove that no m_* output has m_ready in its cone of logic before a register."""
        script = (
            f"read_verilog design.v\nhierarchy -top {self.top}\nproc\nflatten\n"
            "opt_clean\nasync2sync\ndffunmap\n"
            "select -set cone o:m_* %ci*:-$dff\nselect -set path @cone i:m_ready %i\n"
            "tee -o path.txt select -list @path\n"
        )
        start = time.perf_counter()
        run_yosys(script, self.folder, name="independence")
        found = (self.folder / "path.txt").read_text(encoding="utf-8").split()
        seconds = time.perf_counter() - start
        trace = tuple({wire.split("/")[-1]: 1} for wire in found)
        return Proof(name, "refuted" if found else "proven", 0, trace, seconds)

    def _sat(self, name: str, options: str, bounded: int = 0) -> Proof:
        shows = " ".join(f"-show {signal}" for signal in self.shown)
        script = self.read + _PREPARE.format(connect=self.connect)
        script += f"sat -tempinduct -prove-asserts -set-assumes -seq 1 {options} {shows}\n"
        start = time.perf_counter()
        try:
            log = run_yosys(script, self.folder, name="proof").read_text(encoding="utf-8")
        except YosysError as error:
            raise ProofError(f"{name}: {error}") from error
        seconds = time.perf_counter() - start
        steps = [int(step) for step in re.findall(r"^\[\w+ (?:step|case) (\d+)\]", log, re.M)]
        trace = _trace(log)
        if "model found for base case" in log:
            return Proof(name, "refuted", len(trace), trace, seconds)
        if "Induction step proven: SUCCESS!" in log:
            return Proof(name, "proven", max(steps, default=0), (), seconds)
        if bounded and "Reached maximum number of time steps" in log:
            return Proof(name, "bounded", bounded, (), seconds)
        raise ProofError(failure(f"{name} failed: no answer after {len(steps)} steps", log))


def _trace(log: str) -> tuple[dict[str, int], ...]:
    """Read the table of shown signals that `sat` prints for a counterexample, cycle by cycle."""
    cycles: dict[int, dict[str, int]] = {}
    for time_step, name, bits in re.findall(
        r"^ +(\d+) \\(\S+) +\S+ +\S+ +([01x]+)$", log, re.MULTILINE
    ):
        cycles.setdefault(int(time_step), {})[name] = int(bits.replace("x", "0"), 2)
    return tuple(cycles[step] for step in sorted(cycles))
