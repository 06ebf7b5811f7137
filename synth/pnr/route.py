# SPDX-License-Identifier: Apache-2.0
"""Place and route with nextpnr, for the clock rate of a unit on a real FPGA."""

import json
import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from surmax.common.digest import code_digest, digest_of
from surmax.common.errors import InputError, ToolError, shown
from surmax.common.kept import keep_result, kept_result
from surmax.common.processes import run
from surmax.common.tools import failure
from surmax.common.work_folders import work_folder
from surmax.rtl.tools.yosys import run_yosys, yosys_version
from surmax.synth.mapping.fpga import FPGA_FAMILIES, FpgaFamily, synthesis_script
from surmax.synth.mapping.synthesise import read_command
from surmax.synth.pnr.devices import Device, device_of
from surmax.synth.pnr.shift_registers import (
    HARNESS_MODULE,
    harness_flip_flops,
    port_widths,
    shift_register_harness,
)

# Clock rate in MHz that nextpnr aims at. No design reaches it, so that nextpnr never stops early.
_FREQUENCY = 400
_TIMEOUT = 3600.0  # seconds for each seed


class PnrError(ToolError):
    """Nextpnr ended with an error."""


@dataclass(frozen=True)
class PnrResult:
    """Place and route of one design with several seeds. All counts include the harness.

    Attributes:
        top, family: module and FPGA family.
        device: name of the device.
        tools: yosys and nextpnr with their versions.
        digest: digest of the inputs.
        seeds: seeds of nextpnr.
        fmax_mhz: clock rate in MHz for each seed; empty where the design does not fit the device.
        used, available: nextpnr's blocks by name (a TRELLIS_COMB is a LUT site).
        utilisation: blocks used and available by resource (lut, ff, carry, dsp, bram), for
            resources that have a block of their own.
        harness_ff: flip-flops of the harness.
    """

    top: str
    family: str
    device: str
    tools: tuple[str, str]
    digest: str
    seeds: tuple[int, ...]
    fmax_mhz: tuple[float, ...]
    used: dict[str, int]
    available: dict[str, int]
    utilisation: dict[str, tuple[int, int]]
    harness_ff: int

    @property
    def fits(self) -> bool:
        """Whether the device has room for the design."""
        return bool(self.fmax_mhz)

    @property
    def fmax_min(self) -> float | None:
        """Clock rate of the worst seed in MHz; None when the design does not fit."""
        return min(self.fmax_mhz, default=None)

    @property
    def fmax_median(self) -> float | None:
        """Median clock rate over the seeds in MHz; None when the design does not fit."""
        return statistics.median(self.fmax_mhz) if self.fits else None

    @property
    def fmax_max(self) -> float | None:
        """Clock rate of the best seed in MHz; None when the design does not fit."""
        return max(self.fmax_mhz, default=None)

    def summary(self) -> str:
        """Return clock rates and utilisation, or that the design does not fit, in one line."""
        taken = ", ".join(f"{used} of {of} {name}" for name, (used, of) in self.utilisation.items())
        if not self.fits:
            return f"{self.device}: {self.rates()} ({taken})"
        seeds = f"min / median / max of {len(self.seeds)} seeds"
        return f"{self.device}: {self.rates()} MHz ({seeds}); {taken}"

    def rates(self) -> str:
        """Return the lowest, median and highest clock rate as show_rates writes them."""
        return show_rates(self.fmax_min, self.fmax_median, self.fmax_max)

    def to_json(self) -> str:
        """Return this result as a JSON object, which from_json reads back to an equal result."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> "PnrResult":
        """Return the result that to_json wrote."""
        data = json.loads(text)
        data |= {name: tuple(data[name]) for name in ("tools", "seeds", "fmax_mhz")}
        data["utilisation"] = {name: tuple(pair) for name, pair in data["utilisation"].items()}
        return cls(**data)


def show_rates(*rates: float | None) -> str:
    """Return clock rates in MHz as `34 / 36 / 36`, or "does not fit" where one of them is None."""
    return "does not fit" if None in rates else " / ".join(f"{rate:.0f}" for rate in rates)


def place_and_route(
    verilog: str,
    top: str,
    family: str,
    *,
    cache: Path,
    seeds: Sequence[int] = (1, 2, 3),
    clock: str = "clk",
) -> PnrResult:
    """Place and route a module and return its clock rate.

    The design is synthesised as for counting and placed within a harness of shift registers (see
    surmax.synth.pnr.shift_registers). The clock rate is that of the slowest path between
    flip-flops, those of the harness included: paths from and to the ports of the unit count in
    full, as they would within a larger design.

    Args:
        verilog: Verilog or RTLIL text.
        top: name of the module.
        family: a key of DEVICES.
        cache: folder of kept results.
        seeds: seeds of nextpnr, positive integers.
        clock: name of the clock port.

    Raises:
        InputError: a seed is not a positive integer, `top` has no input port `clock`, the family is
            unknown, or the package of its nextpnr is not installed.
        YosysError, PnrError: a tool fails.
    """
    if not seeds or any(isinstance(s, bool) or not isinstance(s, int) or s < 1 for s in seeds):
        raise InputError(f"seeds must be one or more positive integers, not {list(seeds)}")
    device, flow = device_of(family), FPGA_FAMILIES[family]
    tools = (yosys_version(), f"{device.package} {version(device.package)}")
    identity = [verilog, top, list(seeds), clock, tools, asdict(device), _FREQUENCY]
    digest = digest_of(identity, code_digest(__name__, prose=False))
    kept = cache / f"pnr-{family}-{digest[:24]}.json"
    known = kept_result(kept, digest)
    if known is not None:
        return PnrResult.from_json(json.dumps(known["result"]))
    with work_folder(cache) as work:
        read = read_command(verilog, work)
        inputs, outputs = port_widths(read, top, work)
        if clock not in inputs:
            raise InputError(f"clock must be an input port of {top}, not {shown(clock)}")
        del inputs[clock]
        (work / "harness.v").write_text(
            shift_register_harness(inputs, outputs, top, clock), encoding="utf-8"
        )
        for name, text in device.files.items():
            (work / name).write_text(text, encoding="utf-8")
        run_yosys(_script(read, flow), work, name="pnr")
        rates = _rates(work, device, seeds)
        blocks = _blocks((work / "route.log").read_text(encoding="utf-8"))
        result = PnrResult(
            top=top,
            family=family,
            device=device.title,
            tools=tools,
            digest=digest,
            seeds=tuple(seeds),
            fmax_mhz=rates,
            used={name: used for name, (used, _) in blocks.items() if used},
            available={name: available for name, (used, available) in blocks.items() if used},
            utilisation={name: blocks[block] for name, block in device.blocks.items()},
            harness_ff=harness_flip_flops(inputs, outputs),
        )
        keep_result(kept, digest, asdict(result))
    return result


def _script(read: str, flow: FpgaFamily) -> str:
    design = f"{read}\nread_verilog harness.v"
    return f"{synthesis_script(design, HARNESS_MODULE, flow, pads=True)}write_json pnr.json\n"


def _rates(work: Path, device: Device, seeds: Sequence[int]) -> tuple[float, ...]:
    """Return the clock rate of each seed in MHz; () when the design does not fit."""
    rates = []
    for seed in seeds:
        report = _route(work, device, seed)
        if report is None:
            return ()
        rates.append(round(min(clock["achieved"] for clock in report["fmax"].values()), 2))
    return tuple(rates)


def _route(work: Path, device: Device, seed: int) -> dict[str, Any] | None:
    """Return nextpnr's report for one seed, or None when the design does not fit."""
    command = [sys.executable, "-c", device.entry, *device.arguments, "--json", "pnr.json"]
    command += ["--report", "report.json", "--log", "route.log", "--quiet", "--seed", str(seed)]
    command += ["--freq", str(_FREQUENCY), "--timing-allow-fail"]
    try:
        done = run(command, cwd=work, timeout=_TIMEOUT, apart=True)
    except subprocess.TimeoutExpired as error:
        what = f"nextpnr failed: it took longer than {_TIMEOUT:.0f} s"
        log = work / "route.log"
        raise PnrError(
            failure(what, log.read_text(encoding="utf-8") if log.exists() else "")
        ) from error
    if not done.returncode:
        return json.loads((work / "report.json").read_text(encoding="utf-8"))
    log = work / "route.log"
    text = log.read_text(encoding="utf-8") if log.exists() else ""
    if any(used > available for used, available in _blocks(text).values()):
        return None
    raise PnrError(failure("nextpnr failed", text + done.stderr))


def _blocks(log: str) -> dict[str, tuple[int, int]]:
    """Return used and available blocks by name, from the table that nextpnr logs before placing."""
    rows = re.findall(r"^Info:\s+(\w+):\s+(\d+)/\s*(\d+)\s+\d+%", log, re.MULTILINE)
    return {name: (int(used), int(available)) for name, used, available in rows}
