# SPDX-License-Identifier: Apache-2.0
"""`surmax explore hccs`: shapes, reciprocals and row storage of HCCS, and what each costs."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from surmax.commands.measure.cell_options import CELL_LIBRARY
from surmax.common.writing import write_whole
from surmax.console import markdown_table, out, print_json, say
from surmax.golden import HCCS_PRESETS, hccs_preset
from surmax.golden.hccs.config import fit_min_sum
from surmax.options import SYNTH_CACHE, as_json, output_file
from surmax.pages.prose import wrapped
from surmax.rtl import HccsBuild, verilog_of
from surmax.rtl.hccs.shape import HccsShape
from surmax.rtl.hccs.sum import ScoreLane
from surmax.rtl.parts.fifo import RowStorage
from surmax.synth import Target, resolve_target, synthesise, synthesise_build
from surmax.synth.report.designs import adders_for

LANES, LENGTHS = (4, 16, 32), (64, 128, 256)

# What is special about a build of 16 lanes and rows of 64, and its parameters.
ALTERNATIVES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("clb", "clb", {}),
    ("clb, products with operators", "clb", {"adders": "operators"}),
    ("clb, 8 heads", "clb", {"heads": 8}),
    ("clb2: two more mantissa bits, nearest", "clb2", {}),
    ("clb16", "clb16", {}),
    ("div, 1 bit a cycle", "div", {"divider_bits": 1}),
    ("div, 2 bits a cycle", "div", {"divider_bits": 2}),
    ("div, 4 bits a cycle", "div", {"divider_bits": 4}),
    ("div, 8 bits a cycle", "div", {"divider_bits": 8}),
    ("div, 15 bits a cycle", "div", {"divider_bits": 15}),
    ("div, 4 bits a cycle, 2 dividers", "div", {"divider_bits": 4, "dividers": 2}),
    ("div, 1 bit a cycle, 4 dividers", "div", {"divider_bits": 1, "dividers": 4}),
    ("div, pipelined, 4 bits a stage", "div", {"divider": "pipelined", "divider_bits": 4}),
    ("div, products with operators", "div", {"adders": "operators"}),
    ("div, B from 64", "div", {"min_sum": 64}),
    ("nearest", "nearest", {}),
    ("div16", "div16", {}),
    ("fine16: int16, 15 fraction bits, nearest", "fine16", {}),
)


@click.command("hccs", epilog="Example: surmax explore hccs -o docs/hccs-alternatives.md")
@CELL_LIBRARY
@output_file("write the tables as Markdown, as in docs/hccs-alternatives.md")
@as_json
def explore(target: str, output_file: Path | None, json_output: bool) -> None:
    """Measure shapes, reciprocals and row storage.

    The tables give GE a lane. This takes half an hour where no result is kept.
    """
    cells = resolve_target(target)
    shapes = [
        (f"{name}, N = {lanes}, n = {length}", name, {"lanes": lanes, "max_length": length})
        for name in ("clb", "div")
        for length in LENGTHS
        for lanes in LANES
    ]
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(_measure, one, cells) for one in (*shapes, *ALTERNATIVES)]
        try:
            rows = [job.result() for job in jobs]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    document = {
        "shapes": rows[: len(shapes)],
        "alternatives": rows[len(shapes) :],
        "storage": _row_storage(cells),
    }
    text = _markdown(document, cells)
    if output_file:
        write_whole(output_file, text)
    print_json(document) if json_output else out.print(text)


def _measure(one: tuple[str, str, dict[str, Any]], target: Target) -> dict[str, Any]:
    name, preset, parameters = one
    parameters = {"lanes": 16, "max_length": 64, "adders": adders_for(target)} | parameters
    config = hccs_preset(preset)
    if "min_sum" in parameters:
        config = replace(config, min_sum=parameters.pop("min_sum"))
    build = HccsBuild(fit_min_sum(config, parameters["max_length"]), **parameters)
    result = synthesise_build(build, target, cache=SYNTH_CACHE)
    ge = {title: (part.ge or 0.0) / build.lanes for title, part in result.parts.items()}
    logic = (result.logic.ge or 0.0) / build.lanes
    say(f"{name}: {logic:.0f} GE of logic a lane")
    beats = sorted({max(1, length // build.lanes) for length in (16, 32, 64)})
    return {
        "name": name,
        "lanes": build.lanes,
        "max_length": build.max_length,
        "logic": logic,
        "row_storage": ge["row storage"],
        "constant_storage": ge["constant storage"],
        "transistors": (result.logic.transistors or 0) / build.lanes,
        "transistors_row_storage": (result.parts["row storage"].transistors or 0) / build.lanes,
        "latency": build.latency(build.max_beats),
        "intervals": {count * build.lanes: build.interval(count) for count in beats},
        "library": result.library,
        "tool": result.tool,
    }


def _row_storage(target: Target) -> list[dict[str, Any]]:
    """Return GE a lane of what could wait for the reciprocal, at 16 lanes and rows of 64.

    The second and third figures are bounds in favour of the alternative.
    """
    shape = HccsShape(HCCS_PRESETS["div"], 16, 1, 64, 0)
    first, second = shape.max_beats + 1, shape.max_beats + 2
    scores, distances = shape.kept_scores.size, shape.kept_distances.size
    sums = distances + shape.lanes * (shape.b_bits - 7)

    def cost(width: int, depth: int) -> float:
        return _part(RowStorage(width, depth), f"storage{width}x{depth}", target) / shape.lanes

    lane = _part(ScoreLane("cells"), "lane", target)
    return [
        {
            "kept": "d, 7 bits, in a second buffer (as built)",
            "ge": cost(scores, first) + cost(distances, second),
        },
        {
            "kept": "the scores alone, twice as long, and d formed again",
            "ge": cost(scores, first + second) + lane,
        },
        {
            "kept": f"s, {shape.b_bits} bits, in a second buffer (the kernel's scratch row)",
            "ge": cost(scores, first) + cost(sums, second),
        },
    ]


def _part(component: Any, name: str, target: Target) -> float:
    return synthesise(verilog_of(component, name), name, target, cache=SYNTH_CACHE).total.ge


def _markdown(document: dict[str, Any], target: Target) -> str:
    first = document["shapes"][0]
    text = wrapped(
        "explore", "hccs", library=first["library"], target=target.name, tool=first["tool"]
    )
    head = (
        "<!-- made by: surmax explore hccs -o docs/hccs-alternatives.md -->\n"
        f"# HCCS: what was tried, and what it costs\n\n{text}\n"
    )
    shapes = markdown_table(
        ("preset, lanes N, row length n", "logic GE", "T", "row storage GE", "T", "constants GE"),
        [
            (
                row["name"],
                f"{row['logic']:.0f}",
                f"{row['transistors']:.0f}",
                f"{row['row_storage']:.0f}",
                f"{row['transistors_row_storage']:.0f}",
                f"{row['constant_storage']:.1f}",
            )
            for row in document["shapes"]
        ],
    )
    alternatives = markdown_table(
        ("16 lanes, n = 64", "logic GE", "row storage GE", "cycles a row of 16 / 32 / 64", "delay"),
        [
            (
                row["name"],
                f"{row['logic']:.0f}",
                f"{row['row_storage']:.0f}",
                " / ".join(f"{cycles:g}" for cycles in row["intervals"].values()),
                row["latency"],
            )
            for row in document["alternatives"]
        ],
    )
    storage = markdown_table(
        ("what waits for the reciprocal", "GE"),
        [(row["kept"], f"{row['ge']:.0f}") for row in document["storage"]],
    )
    steady, bounds = (wrapped("explore", f"hccs {part}") for part in ("reciprocals", "storage"))
    return (
        f"{head}\n## By lanes and row length\n\nAll per lane.\n\n{shapes}\n\n"
        f"## Reciprocals and modes\n\n{steady}\n\n{alternatives}\n\n"
        f"## Row storage\n\n{bounds}\n\n{storage}\n"
    )
