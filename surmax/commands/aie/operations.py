# SPDX-License-Identifier: Apache-2.0
"""`surmax aie operations`: what the kernels issue, and the bound on cycles that follows."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from surmax.aie.check.operations import (
    REDUCTION,
    SCALAR_KINDS,
    VECTOR_KINDS,
    Counts,
    Operations,
    consmax_operations,
    hccs_operations,
)
from surmax.aie.forms import ARCHITECTURES, Form, form_named
from surmax.aie.host_build import build_library
from surmax.aie.host_library import HostLibrary
from surmax.commands.aie.shared import AIE_BUILD
from surmax.common.writing import write_whole
from surmax.console import markdown_table, out, print_json, say
from surmax.options import as_json, output_file
from surmax.pages.prose import wrapped

# One form of each way to finish a code.
FORMS = tuple(
    map(form_named, ("u8-clb-floor-15", "u8-div-floor-15", "i16-div-floor-0", "i16-div-nearest-15"))
)
_PUBLISHED = ("u8-clb-floor-15", "u8-div-floor-15", "i16-div-floor-0")


@click.command(epilog="Example: surmax aie operations -o docs/aie-operations.md")
@output_file("write the tables as Markdown, as in docs/aie-operations.md")
@as_json
def operations(output_file: Path | None, json_output: bool) -> None:
    """Count the operations of the kernels and bound their cycles.

    The counts are for 32 scores and for a row.
    """
    with ThreadPoolExecutor(2) as pool:
        found = [one for group in pool.map(_count, ARCHITECTURES) for one in group]
    if output_file:
        write_whole(output_file, _page(found))
    if json_output:
        print_json([one.to_json() for one in found])
    elif not output_file:
        out.print(_page(found))


def _count(architecture: str) -> list[Operations]:
    path = build_library(architecture, AIE_BUILD, ledger=True, forms=FORMS)
    library = HostLibrary(path)
    say(f"kernels for {architecture}: {path}")
    found = [
        hccs_operations(library, architecture, form, schedule)
        for form in FORMS
        for schedule in _schedules(architecture, form)
    ]
    if architecture != "aie":  # there it is a loop over scalars
        found += [consmax_operations(library, architecture, bits) for bits in (8, 16)]
    return found


def _schedules(architecture: str, form: Form) -> Sequence[str]:
    # The published structure is written for 8-bit lanes.
    published = architecture != "aie" and form.name in _PUBLISHED
    return ("five stages", "rows", "tiles") if published else ("rows", "tiles")


def _page(found: list[Operations]) -> str:
    parts = [
        "<!-- made by: surmax aie operations -o docs/aie-operations.md -->",
        "# What the AI Engine kernels issue",
        wrapped("operations", "introduction"),
    ]
    for architecture in ARCHITECTURES:
        own = [one for one in found if one.architecture == architecture]
        parts += [f"## {_TITLES[architecture]}", _vector_table(own), _row_table(own)]
    return "\n\n".join(parts) + "\n"


def _vector_table(found: list[Operations]) -> str:
    kinds = [kind for kind in VECTOR_KINDS if any(kind in one.per_vector for one in found)]
    return "For 32 scores:\n\n" + markdown_table(
        ("kernel", "schedule", *kinds, "all", "of the API", "bound, cycles"),
        [
            (
                one.kernel,
                one.schedule,
                *(_figure(one.per_vector.get(kind, 0)) for kind in kinds),
                f"**{_figure(one.vector_operations)}**",
                _figure(one.calls),
                f"**{_figure(one.bound)}**",
            )
            for one in found
        ],
    )


def _row_table(found: list[Operations]) -> str:
    return "Once a row:\n\n" + markdown_table(
        ("kernel", "schedule", "vector", "reductions", "scalar", "reciprocal"),
        [
            (
                one.kernel,
                one.schedule,
                _figure(sum(one.per_row.get(kind, 0) for kind in VECTOR_KINDS)),
                _figure(one.per_row.get(REDUCTION, 0)),
                _figure(sum(one.per_row.get(kind, 0) for kind in SCALAR_KINDS)),
                _reciprocal(one.reciprocal),
            )
            for one in found
        ],
    )


def _reciprocal(counts: Counts) -> str:
    return ", ".join(f"{_figure(count)} {kind}" for kind, count in counts.items()) or "none"


def _figure(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


_TITLES = {
    "aie": "AI Engine, 16-bit lanes",
    "aie-ml": "AIE-ML",
    "aie-mlv2": "AIE-MLv2",
}
