# SPDX-License-Identifier: Apache-2.0
"""Formal proofs of the ConSmax unit's Verilog, with the SAT solver inside yosys."""

import re
import time
from dataclasses import dataclass
from pathlib import Path

from surmax.golden import InputError
from surmax.rtl import ConsmaxBuild, verilog
from surmax.rtl.yosys import YosysError, run_yosys
from surmax.tb.formal_text import lane_proof, stream_proof

# From Verilog to single-edge registers with enables resolved, assertions as plain cells.
_PREPARE = """hierarchy -top proof
proc
flatten
{connect}memory_map
opt
async2sync
chformal -lower
opt -full
"""
_STREAM_DEPTH = 10  # cycles from reset that a bounded proof covers


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
        """Whether the statement was not refuted."""
        return self.status != "refuted"


class ProofError(RuntimeError):
    """Neither a proof nor a counterexample was found; the message says how far it came."""


def prove_lane(
    build: ConsmaxBuild, *, folder: Path, text: str | None = None, mapped: bool = False
) -> Proof:
    """Prove that the stream top gives golden's code for every score, mask and head.

    One statement over all scores at once, by induction, so that it holds in every cycle of an
    unstalled stream; prove_stream has the stalls.

    Args:
        build: one lane, 8-bit scores, constant storage, top "stream".
        folder: where inputs, script and log of yosys are kept.
        text: Verilog to prove in place of what `build` elaborates to.
        mapped: prove the netlist of gates that yosys makes of it instead of the Verilog itself.

    Raises:
        InputError: `build` is another one.
        ProofError: no answer.
    """
    if build.lanes != 1 or build.config.score_bits != 8:
        raise InputError(
            f"lanes is {build.lanes}, score_bits {build.config.score_bits} in a lane proof: "
            "1 and 8 are needed"
        )
    if build.storage != "constant":
        raise InputError(f"storage is {build.storage!r} in a lane proof: constant is needed")
    _need_stream(build)
    statement = lane_proof(build)
    design = verilog(build) if text is None else text
    name = "every code of every head, " + ("gates" if mapped else "Verilog")
    return _Problem(build, design, statement, folder, mapped=mapped).induction(
        name, build.latency + 2
    )


def prove_stream(
    build: ConsmaxBuild, *, folder: Path, text: str | None = None
) -> tuple[Proof, Proof, Proof]:
    """Prove the stream rules of the stream top; valid, ready, reset and data are free.

    1. No output depends combinationally on `m_ready` but `s_ready`.
    2. By induction, for all time: a beat that waits stays as it is; reset empties the unit; the
       number of beats inside is that of the stages marked valid, so none is lost or made up; the
       oldest beat inside is shown after `latency` cycles at the most, whatever `m_ready` does; a
       beat is refused only when all stages are full and the output is not taken.
    3. Beats come out in order with their own TLAST bit and, for one lane with constant storage,
       their own code: by induction for one stage, else for the first 10 cycles after reset.

    Args:
        build: any with top "stream"; few lanes keep it fast.
        folder: where inputs, script and log of yosys are kept.
        text: Verilog to prove in place of what `build` elaborates to.

    Raises:
        InputError: `build` is another one.
        ProofError: no answer.
    """
    _need_stream(build)
    design = verilog(build) if text is None else text
    rules = _Problem(build, design, stream_proof(build, order=False), folder / "rules")
    order = _Problem(build, design, stream_proof(build, order=True), folder / "order")
    depth = 2 * build.latency + 2
    statement = "beats come out in order"
    return (
        rules.independence("outputs do not depend on m_ready within a cycle"),
        rules.induction("handshake, reset, count of beats, latency", depth),
        order.induction(statement, depth)
        if build.latency == 1
        else order.bounded(statement, _STREAM_DEPTH),
    )


def _need_stream(build: ConsmaxBuild) -> None:
    if build.top != "stream":
        raise InputError(f"top is {build.top!r} in a proof: stream is needed")


class _Problem:
    """Design and statement in a folder, and the yosys runs over them."""

    def __init__(
        self,
        build: ConsmaxBuild,
        design: str,
        statement: str,
        folder: Path,
        *,
        mapped: bool = False,
    ) -> None:
        self.build, self.folder = build, folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "design.v").write_text(design)
        (folder / "proof.sv").write_text(statement)
        top = build.top_module
        self.read = "read_verilog design.v\n"
        if mapped:
            # A netlist of gates that knows no more of the source than its ports.
            self.read += f"synth -flatten -top {top}\nabc -g AND,NAND,OR,NOR,XOR,XNOR,MUX\n"
        self.read += "read_verilog -formal -sv proof.sv\n"
        self.shown = re.findall(r" (\w+)(?: = .*)?;  // shown$", statement, re.MULTILINE)
        # With several stages the statement looks at the unit's own valid bits, which have no port.
        spied = "stages_valid;" in statement
        self.connect = "connect -set stages_valid \\unit.unit.valid\n" if spied else ""

    def induction(self, name: str, limit: int) -> Proof:
        """Prove for all time, with at most `limit` steps of induction."""
        return self._sat(name, f"-maxsteps {limit}")

    def bounded(self, name: str, depth: int) -> Proof:
        """Prove for the first `depth` cycles."""
        return self._sat(name, f"-tempinduct-baseonly -maxsteps {depth}", bounded=depth)

    def independence(self, name: str) -> Proof:
        """Prove that no m_* output has m_ready in its cone of logic before a register."""
        script = (
            f"read_verilog design.v\nhierarchy -top {self.build.top_module}\nproc\nflatten\n"
            "opt_clean\nasync2sync\ndffunmap\n"
            "select -set cone o:m_* %ci*:-$dff\nselect -set path @cone i:m_ready %i\n"
            "tee -o path.txt select -list @path\n"
        )
        start = time.perf_counter()
        run_yosys(script, self.folder, name="independence")
        found = (self.folder / "path.txt").read_text().split()
        seconds = time.perf_counter() - start
        trace = tuple({wire.split("/")[-1]: 1} for wire in found)
        return Proof(name, "refuted" if found else "proven", 0, trace, seconds)

    def _sat(self, name: str, options: str, bounded: int = 0) -> Proof:
        shows = " ".join(f"-show {signal}" for signal in self.shown)
        script = self.read + _PREPARE.format(connect=self.connect)
        script += f"sat -tempinduct -prove-asserts -set-assumes -seq 1 {options} {shows}\n"
        start = time.perf_counter()
        try:
            log = run_yosys(script, self.folder, name="proof").read_text()
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
        raise ProofError(f"{name}: no answer after {len(steps)} steps, see {self.folder}")


def _trace(log: str) -> tuple[dict[str, int], ...]:
    """Read the table of shown signals that `sat` prints for a counterexample, cycle by cycle."""
    cycles: dict[int, dict[str, int]] = {}
    for time_step, name, bits in re.findall(
        r"^ +(\d+) \\(\S+) +\S+ +\S+ +([01x]+)$", log, re.MULTILINE
    ):
        cycles.setdefault(int(time_step), {})[name] = int(bits.replace("x", "0"), 2)
    return tuple(cycles[step] for step in sorted(cycles))
