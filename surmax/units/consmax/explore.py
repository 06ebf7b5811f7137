# SPDX-License-Identifier: Apache-2.0
"""`surmax explore consmax`: the datapaths that were tried, what each costs and how exact it is."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from surmax.commands.measure.cell_options import CELL_LIBRARY
from surmax.common.writing import write_whole
from surmax.console import markdown_table, out, print_json, say
from surmax.golden import CONSMAX_PRESETS, ConsmaxConfig, wrong_codes
from surmax.options import SYNTH_CACHE, as_json, output_file
from surmax.pages.prose import wrapped
from surmax.rtl import ConsmaxBuild
from surmax.synth import resolve_target, synthesise_build
from surmax.synth.report.designs import adders_for

_SMALL, _PAPER = CONSMAX_PRESETS["small"], CONSMAX_PRESETS["paper"]


@dataclass(frozen=True)
class Alternative:
    """One datapath: what is special about it, and how it is built."""

    name: str
    config: ConsmaxConfig
    lanes: int = 16
    stages: int = 1
    adders: str | None = None
    clock_gating: bool = True


ALTERNATIVES = (
    Alternative(
        "8 + 5, rounded to nearest (bf16 has 8)",
        replace(_PAPER, mantissa_bits=8, lower_mantissa_bits=8, table_rounding="nearest"),
    ),
    Alternative("12 + 5, rounded to nearest", replace(_PAPER, table_rounding="nearest")),
    Alternative("paper: 12 + 5, solved", _PAPER),
    Alternative("10 + 5", replace(_PAPER, mantissa_bits=10, lower_mantissa_bits=10)),
    Alternative("10 + 2 / 10 + 0, whole product", replace(_SMALL, dropped_columns=0)),
    Alternative("the same, 6 columns dropped", replace(_SMALL, dropped_columns=6)),
    Alternative("small: the same, 8 columns dropped", _SMALL),
    Alternative(
        "9-bit upper mantissas, 7 columns dropped",
        replace(_SMALL, mantissa_bits=9, dropped_columns=7),
    ),
    Alternative("small, product with operators", _SMALL, adders="operators"),
    Alternative("small, enables instead of clock gates", _SMALL, clock_gating=False),
    Alternative("small, 5 stages", _SMALL, stages=5),
    Alternative("small, 1 lane", _SMALL, lanes=1),
    Alternative("small, 4 lanes", _SMALL, lanes=4),
    Alternative("mixed: 8/16 bit, 4 lanes", CONSMAX_PRESETS["mixed"], lanes=4),
)


@click.command("consmax", epilog="Example: surmax explore consmax -o docs/alternatives.md")
@CELL_LIBRARY
@output_file("write the table as Markdown, as in docs/alternatives.md")
@as_json
def explore(target: str, output_file: Path | None, json_output: bool) -> None:
    """Measure the datapaths that were tried.

    The table gives GE a lane, and the wrong codes of 100 random heads.
    """
    cells = resolve_target(target)
    rows = []
    for one in ALTERNATIVES:
        rows.append(_measure(one, target))
        say(f"{one.name}: {rows[-1]['ge_a_lane']} GE a lane, {rows[-1]['wrong']} wrong codes")
    text = _markdown(rows, cells.name)
    if output_file:
        write_whole(output_file, text)
    print_json(rows) if json_output else out.print(text)


def _measure(one: Alternative, name: str) -> dict[str, Any]:
    target = resolve_target(name)
    # How a table is rounded changes no hardware: one synthesis serves both.
    config = replace(one.config, table_rounding="solved")
    build = ConsmaxBuild(
        config, lanes=one.lanes, stages=one.stages, adders=one.adders or adders_for(target)
    )
    result = synthesise_build(build, target, cache=SYNTH_CACHE, clock_gating=one.clock_gating)
    exact = wrong_codes(one.config)
    return {
        "name": one.name,
        "lanes": one.lanes,
        "word_bits": [one.config.word_format(t).word_bits for t in (1, 0)],
        "ge_a_lane": round((result.total.ge or 0.0) / one.lanes),
        "storage_ge_a_lane": round((result.parts["table storage"].ge or 0.0) / one.lanes),
        "exact_heads": exact["exact_heads"],
        "wrong": exact["wrong_codes"],
        "max_ulp": exact["max_ulp"],
        "library": result.library,
        "tool": result.tool,
    }


def _markdown(rows: list[dict[str, Any]], target: str) -> str:
    first = rows[0]
    text = wrapped(
        "explore", "consmax", library=first["library"], target=target, tool=first["tool"]
    )
    head = (
        "<!-- made by: surmax explore consmax -o docs/alternatives.md -->\n"
        f"# The datapaths that were tried\n\n{text}\n\n"
    )
    columns = (
        "words x product x storage",
        "lanes",
        "word bits, upper + lower",
        "GE a lane",
        "of that, storage",
        "exact heads of 100",
        "wrong codes",
        "largest error, ulp",
    )
    values = []
    for row in rows:
        upper, lower = row["word_bits"]
        start = (row["name"], row["lanes"], f"{upper} + {lower}", row["ge_a_lane"])
        last = (row["storage_ge_a_lane"], row["exact_heads"], row["wrong"], row["max_ulp"])
        values.append((*start, *last))
    return head + markdown_table(columns, values) + "\n"
