# SPDX-License-Identifier: Apache-2.0
"""Give the operands of each operator in RTLIL the width at which the operator computes.

Amaranth drops the upper bits of an operand that are known, zeros or copies of the sign, and Verilog
puts them back by its rules for widths. Verilator reports every such operand, under a name that
depends on its version: WIDTH, later WIDTHEXPAND. Written out, the operands have equal widths in
every tool, nothing has to be waived, and a width that is wrong by mistake is reported.
"""

import re

# Operators whose operands have the width of the result; of a shift it is the first operand only.
_AS_RESULT = {"$add", "$sub", "$mul", "$and", "$or", "$xor", "$xnor", "$not", "$neg"}
_SHIFTS = {"$shl", "$shr", "$sshl", "$sshr"}
# Operators whose operands have one width, and whose result is one bit.
_COMPARISONS = {"$lt", "$le", "$eq", "$ne", "$ge", "$gt"}

_CELL = re.compile(r"^( *)cell (\$\w+) [^\n]*\n.*?^\1end$", re.M | re.S)
_FIRST_CHUNK = re.compile(r"(?:\d+'(?P<bit>[01x])[01x]*|(?P<wire>\S+) \[(?P<top>\d+)(?::\d+)?\])")


def extend_operands(text: str) -> str:
    """Return RTLIL `text`, as Amaranth writes it, with every operand written out to full width."""
    return _CELL.sub(_extend, text)


def _extend(match: re.Match[str]) -> str:
    """Return one cell with its operands extended."""
    cell, kind = match[0], match[2]
    widths = {port: int(n) for port, n in re.findall(r"\\([ABY])_WIDTH (\d+)$", cell, re.M)}
    if kind in _COMPARISONS:
        full = max(widths["A"], widths["B"])
    elif kind in _AS_RESULT | _SHIFTS:
        full = widths["Y"]
    else:
        return cell
    for port in "A" if kind in _SHIFTS else "AB":
        more = full - widths.get(port, full)
        if more <= 0:
            continue
        operand = re.search(rf"^ *connect \\{port} (.*)$", cell, re.M)
        signed = rf"parameter \{port}_SIGNED 1" in cell
        bits = " ".join([_sign(operand[1])] * more) if signed else f"{more}'{'0' * more}"
        wide = f"{{ {bits} {operand[1].removeprefix('{ ').removesuffix(' }')} }}"
        cell = cell[: operand.start(1)] + wide + cell[operand.end(1) :]
        cell = cell.replace(rf"\{port}_WIDTH {widths[port]}", rf"\{port}_WIDTH {full}")
    return cell


def _sign(operand: str) -> str:
    """Return the uppermost bit of an operand."""
    chunk = _FIRST_CHUNK.match(operand.removeprefix("{ "))
    return f"1'{chunk['bit']}" if chunk["bit"] else f"{chunk['wire']} [{chunk['top']}]"
