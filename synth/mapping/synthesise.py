# SPDX-License-Identifier: Apache-2.0
"""Synthesise a design for a target, and keep the result by its content."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from surmax.common.digest import code_digest, digest_of
from surmax.common.errors import InputError, shown
from surmax.common.kept import keep_result, kept_result
from surmax.common.work_folders import work_folder
from surmax.common.writing import write_whole
from surmax.rtl.tools.yosys import run_yosys, yosys_version
from surmax.synth.mapping.asic import map_to_cells
from surmax.synth.mapping.fpga import fpga_script, map_to_fpga
from surmax.synth.mapping.result import Cost, Mapped, SynthResult
from surmax.synth.mapping.targets import Target

_READ = "read_rtlil parts.il\nsetattr -mod -unset keep_hierarchy *\nsetattr -unset keep_hierarchy"


def synthesise(
    verilog: str,
    top: str,
    target: Target,
    *,
    cache: Path,
    clock_gating: bool = True,
    parts: Mapping[str, str] | None = None,
    period_ns: float | None = None,
    transistors: bool = True,
) -> SynthResult:
    """Synthesise a design and count its cells.

    The total is that of the flattened design. The result is kept in folder `cache` as
    TARGET-DIGEST.json, and for a cell library the mapped netlist beside it as TARGET-DIGEST.v; the
    same call again reads it back. A kept result that is damaged or was edited is reported in one
    line on standard error and made again.

    Args:
        verilog: Verilog or RTLIL text.
        top: name of the top module.
        target: cell library or FPGA family.
        cache: folder of kept results.
        clock_gating: whether a clock gate replaces the enable of three flip-flops or more, where
            the library has one.
        parts: parts that are measured apart, title -> text. A module belongs to a part when its
            name, or that of its instance, contains the text. It is synthesised by itself with the
            same script and counted as often as it is used. None is {"storage": "storage"}.
        period_ns: clock period that cells are sized for by static timing; None for the smallest
            area, without buffers.
        transistors: whether transistors are counted as well. Their number is the same for every
            cell library, and counting takes as long as the synthesis.

    Raises:
        InputError: `top` is not a module of the text, a part is not an identifier, or the target of
            a period has no delays.
        YosysError: yosys fails on the design.
    """
    parts = {"storage": "storage"} if parts is None else dict(parts)
    _check(verilog, top, target, parts, period_ns)
    how = {
        "clock_gating": clock_gating,
        "period_ns": period_ns,
        "transistors": transistors,
    }
    digest = _digest(verilog, top, target, parts, how)
    kept = _place(target.name, digest, cache).with_suffix(".json")
    known = kept_result(kept, digest)
    if known is not None:
        return SynthResult.from_json(json.dumps(known["result"]))
    with work_folder(cache) as work:
        modules = _split(verilog, top, parts, work)
        total = _map(top, target, work, how)
        costs: dict[str, Cost] = {}
        for module, (title, count) in modules.items():
            cost = _map(module, target, work, how).cost.scaled(count)
            costs[title] = costs[title] + cost if title in costs else cost
        library = target.library
        result = SynthResult(
            target=target.name,
            top=top,
            library=library.name if library else target.name,
            corner=library.corner if library else "",
            tool=yosys_version(),
            recipe=total.recipe,
            clock_gating=clock_gating and library is not None and library.has_clock_gate,
            period_ns=period_ns,
            digest=digest,
            total=total.cost,
            parts={title: costs[title] for title in parts if title in costs},
        )
        netlist = [kept.with_suffix(".v")] if total.netlist else []
        for path in netlist:
            write_whole(path, total.netlist)
        keep_result(kept, digest, asdict(result), beside=netlist)
    return result


def kept_netlist(result: SynthResult, cache: Path) -> str:
    """Return the mapped netlist that synthesise kept beside `result`.

    Raises InputError when it is not there (an FPGA target, or another cache), or was changed.
    """
    path = _place(result.target, result.digest, cache).with_suffix(".v")
    if not path.is_file():
        raise InputError(f"netlist {path} must be there: synthesise for a cell library first")
    if kept_result(path.with_suffix(".json"), result.digest) is None:
        raise InputError(f"netlist {path} must be as it was written: synthesise again")
    return path.read_text(encoding="utf-8")


def _place(target: str, digest: str, cache: Path) -> Path:
    return cache / f"{re.sub(r'[^A-Za-z0-9_]+', '-', target)}-{digest[:24]}"


def _check(
    verilog: str, top: str, target: Target, parts: Mapping[str, str], period_ns: float | None
) -> None:
    for title, text in parts.items():
        if not re.fullmatch(r"[A-Za-z_]\w*", text):
            raise InputError(f"{title} must be a part of a module name, not {shown(text)}")
    if not re.search(rf"\bmodule\s+\\?{re.escape(top)}(?![\w$.])", verilog):
        raise InputError(f"top must be a module of the design, not {shown(top)}")
    if period_ns is None:
        return
    if not 0.01 <= period_ns <= 1e6:
        raise InputError(f"period must be 0.01 to 1000000, not {period_ns} ns")
    if not target.library or not target.library.has_timing:
        raise InputError(
            f"target must have delays for a period of {period_ns} ns, not {target.name}"
        )


def _digest(
    verilog: str,
    top: str,
    target: Target,
    parts: Mapping[str, str],
    how: dict[str, Any],
) -> str:
    """Sha256 over all that the result depends on, the code that computes it included."""
    identity: list[object] = [verilog, top, list(parts.items()), target.name, yosys_version()]
    if target.family:
        identity += [fpga_script(_READ, top, target.family), target.family.counts]
    else:
        library = target.library
        identity += [library.digest, digest_of(library.area_text), target.dont_use, how]
    return digest_of(identity, code_digest(__name__, prose=False))


def read_command(verilog: str, work: Path) -> str:
    """Write a design (Verilog or RTLIL text) to `work`; return the yosys line that reads it."""
    rtlil = re.search(r"^(?:autoidx \d+|attribute \\\S+ .*)$", verilog, re.MULTILINE)
    name = "design.il" if rtlil else "design.v"
    (work / name).write_text(verilog, encoding="utf-8")
    return f"read_rtlil {name}" if rtlil else f"read_verilog -sv {name}"


def _split_script(design: str, top: str, parts: Mapping[str, str]) -> str:
    """Return the script that flattens a design except for its parts.

    It reads the design with the line `design` and writes parts.il and the counts parts.json. Of
    nested parts the outermost is kept.
    """
    keep = "".join(
        f"setattr -mod -set keep_hierarchy 1 *{text}*\nsetattr -set keep_hierarchy 1 c:*{text}*\n"
        for text in parts.values()
    )
    return f"""{design}
hierarchy -check -top {top}
{keep}proc
flatten
opt_clean -purge
delete t:$scopeinfo
write_rtlil parts.il
tee -q -o parts.json stat -json
"""


def _split(
    verilog: str, top: str, parts: Mapping[str, str], work: Path
) -> dict[str, tuple[str, int]]:
    """Write parts.il in folder `work`; return title and number of uses of each module of a part."""
    read = read_command(verilog, work)
    run_yosys(_split_script(read, top, parts), work, name="split")
    modules = json.loads((work / "parts.json").read_text(encoding="utf-8"))["modules"]
    kinds = {name.removeprefix("\\") for name in modules}
    instances: dict[str, tuple[str, int]] = {}
    for kind, name in _instances((work / "parts.il").read_text(encoding="utf-8"), top):
        if kind not in kinds:
            continue
        title = next((t for t, text in parts.items() if text in kind or text in name), None)
        if title is not None:
            instances[kind] = title, instances.get(kind, (title, 0))[1] + 1
    return instances


def _instances(rtlil: str, top: str) -> list[tuple[str, str]]:
    """Return module and name of each instance in module `top`."""
    body = rtlil[rtlil.index(f"\nmodule \\{top}\n") :].split("\nend\n", 1)[0]
    return re.findall(r"^  cell \\(\S+) \\?(\S+)$", body, re.MULTILINE)


def _map(top: str, target: Target, work: Path, how: dict[str, Any]) -> Mapped:
    if target.family:
        return map_to_fpga(_READ, top, target.family, work)
    return map_to_cells(_READ, top, target.library, work, **how)
