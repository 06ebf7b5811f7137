# SPDX-License-Identifier: Apache-2.0
"""Write a head-constants file as the C++ header that a kernel is compiled with."""

from pathlib import Path

import numpy as np
from surmax.aie.forms import ARCHITECTURES
from surmax.aie.layout import ALIGNMENT, consmax_tables
from surmax.aie.limits import check_file, check_tables
from surmax.golden import ConsmaxConstantsFile, HccsConstantsFile, load_constants

_VALUES_A_LINE = 16


def aie_header(path: Path) -> str:
    """Return the text of the header for a head-constants file, for all architectures.

    Its names are in namespace surmax::heads: COUNT heads in the order of the file, and their TABLE.
    For HCCS it also has the Form, and LENGTH and MASKED, which say for which rows the constants are
    legal.

    Raises InputError when the file is wrong or no kernel can use its constants; the message names
    the bound.
    """
    given = load_constants(path)
    if isinstance(given, HccsConstantsFile):
        includes, lines = ["hccs_form.hpp"], _hccs(given)
    else:
        includes, lines = ["consmax.hpp"], _consmax(given)
    return "\n".join(
        [
            "// SPDX-License-Identifier: Apache-2.0",
            f"// Written by `surmax aie header` from {path.name}. Do not edit.",
            "#pragma once",
            "",
            *(f'#include "{name}"' for name in includes),
            "",
            "namespace surmax::heads",
            "{",
            "",
            *lines,
            "",
            "} // namespace surmax::heads",
            "",
        ]
    )


def _hccs(given: HccsConstantsFile) -> list[str]:
    form = check_file(given)
    masked = "any of them masked" if given.masked else "none of them masked"
    most = "up to LENGTH" if given.masked else "LENGTH"
    lines = [
        f"using Form = {form.template};",
        "",
        f"// The constants are legal for rows of {most} positions, {masked}.",
        f"inline constexpr unsigned LENGTH = {given.length};",
        f"inline constexpr bool MASKED = {'true' if given.masked else 'false'};",
        f"inline constexpr unsigned COUNT = {len(given.heads)};",
        "",
        "// B, S, Dmax of each head.",
        f"alignas({ALIGNMENT}) inline constexpr HccsHead TABLE[COUNT] = {{",
    ]
    for head in given.heads:
        fields = head.constants.B, head.constants.S, head.constants.Dmax
        about = f"layer {head.layer} head {head.head}, scale {head.scale:g}"
        lines.append(f"    {{{', '.join(map(str, fields))}}}, // {about}")
    return [*lines, "};"]


def _consmax(given: ConsmaxConstantsFile) -> list[str]:
    check_tables(given)
    lines = [
        f"// Codes have {given.config.output_bits} bits.",
        f"inline constexpr unsigned OUTPUT_BITS = {given.config.output_bits};",
        f"inline constexpr unsigned COUNT = {len(given.heads)};",
        "",
        "// Codes of the 256 score bytes, laid out as the architecture reads them.",
    ]
    condition = "#if"
    for architecture, macro in ARCHITECTURES.items():
        tables = consmax_tables([head.tables.codes for head in given.heads], architecture)
        # XDNA 2, 21, reads tables as AIE-MLv2 does.
        also = " || __AIE_ARCH__ == 21" if architecture == "aie-mlv2" else ""
        lines.append(f"{condition} __AIE_ARCH__ == {macro}{also}")
        lines.append(f"alignas({ALIGNMENT}) inline constexpr ConsmaxTable TABLE[COUNT] = {{")
        for head, table in zip(given.heads, tables, strict=True):
            lines.append(f"    // layer {head.layer} head {head.head}, scale {head.tables.scale:g}")
            parts = np.split(table, 1 if table.size == 256 else 2)
            lines.append("    {")
            for part in parts:
                lines += ["        {", *_values(part.tolist()), "        },"]
            lines.append("    },")
        lines.append("};")
        condition = "#elif"
    return [*lines, "#else", '#error "no table for this architecture"', "#endif"]


def _values(values: list[int]) -> list[str]:
    return [
        "            " + ", ".join(map(str, values[start : start + _VALUES_A_LINE])) + ","
        for start in range(0, len(values), _VALUES_A_LINE)
    ]
