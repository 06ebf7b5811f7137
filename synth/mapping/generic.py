# SPDX-License-Identifier: Apache-2.0
"""The generic cell library of Surmax: functions, and areas in gate equivalents (GE).

An area is the median over six real standard-cell libraries, each divided by the area of its own
smallest 2-input NAND. The library ranks designs by area where no real library is at hand. It has no
timing and no power. `python -m surmax.synth.mapping.generic` writes generic.lib again.
"""

from surmax.common.digest import data_file

GENERIC_NAME = "surmax_generic"
GENERIC_LIBERTY = data_file("surmax.synth.mapping", "generic.lib")

# name: (area in GE, {output: function}); the inputs are the letters of the functions
_GATES: dict[str, tuple[float, dict[str, str]]] = {
    "INV": (0.75, {"Y": "!A"}),
    "BUF": (1.0, {"Y": "A"}),
    "NAND2": (1.0, {"Y": "!(A&B)"}),
    "NOR2": (1.0, {"Y": "!(A|B)"}),
    "AND2": (1.42, {"Y": "A&B"}),
    "OR2": (1.42, {"Y": "A|B"}),
    "NAND3": (1.33, {"Y": "!(A&B&C)"}),
    "NOR3": (1.33, {"Y": "!(A|B|C)"}),
    "AND3": (1.67, {"Y": "A&B&C"}),
    "OR3": (1.67, {"Y": "A|B|C"}),
    "NAND4": (1.67, {"Y": "!(A&B&C&D)"}),
    "NOR4": (1.67, {"Y": "!(A|B|C|D)"}),
    "AOI21": (1.33, {"Y": "!((A&B)|C)"}),
    "OAI21": (1.29, {"Y": "!((A|B)&C)"}),
    "AOI22": (1.67, {"Y": "!((A&B)|(C&D))"}),
    "OAI22": (1.67, {"Y": "!((A|B)&(C|D))"}),
    "XOR2": (2.29, {"Y": "A^B"}),
    "XNOR2": (2.29, {"Y": "!(A^B)"}),
    "MUX2": (2.55, {"Y": "(A&!S)|(B&S)"}),
    "HA": (3.33, {"S": "A^B", "CO": "A&B"}),
    "FA": (5.33, {"S": "A^B^CI", "CO": "(A&B)|(A&CI)|(B&CI)"}),
}

_FLIP_FLOPS: dict[str, tuple[float, tuple[str, ...], str]] = {
    # name: (area in GE, inputs beside the clock, body of the ff group)
    "DFF": (5.33, ("D",), 'next_state : "D";'),
    "DFFR": (6.71, ("D", "RN"), 'next_state : "D"; clear : "!RN";'),
    "DFFE": (8.0, ("D", "E"), 'next_state : "(D&E)|(IQ&!E)";'),
}

_LATCH = """  cell (LATCH) {
    area : 4.0;
    latch (IQ, IQN) { data_in : "D"; enable : "G"; }
    pin (D) { direction : input; }
    pin (G) { direction : input; }
    pin (Q) { direction : output; function : "IQ"; }
  }"""

_CLOCK_GATE = """  cell (CLKGATE) {
    area : 4.67;
    clock_gating_integrated_cell : "latch_posedge";
    statetable ("CLK GATE", "IQ") { table : "L L : - : L, L H : - : H, H - : - : N"; }
    pin (IQ) { direction : internal; internal_node : "IQ"; }
    pin (CLK) { direction : input; clock : true; clock_gate_clock_pin : true; }
    pin (GATE) { direction : input; clock_gate_enable_pin : true; }
    pin (GCLK) { direction : output; state_function : "CLK & IQ"; clock_gate_out_pin : true; }
  }"""


def _input_pins(names: tuple[str, ...]) -> list[str]:
    return [f"    pin ({name}) {{ direction : input; }}" for name in names]


def _gate_inputs(functions: dict[str, str]) -> tuple[str, ...]:
    text = " ".join(functions.values())
    return tuple(name for name in ("A", "B", "C", "CI", "D", "S") if name in _names(text))


def _names(text: str) -> set[str]:
    return set("".join(c if c.isalnum() else " " for c in text).split())


def generic_liberty() -> str:
    """Return the text of the generic Liberty file; areas are in GE, so that NAND2 has 1.0."""
    lines = [
        "/* SPDX-License-Identifier: Apache-2.0",
        "   Written by surmax.synth.mapping.generic: do not edit.",
        "   Area in gate equivalents and function only; no timing, no power. */",
        f"library ({GENERIC_NAME}) {{",
        "  delay_model : table_lookup;",
        '  time_unit : "1ns";',
        "  capacitive_load_unit (1, pf);",
    ]
    for name, (area, functions) in _GATES.items():
        lines += [f"  cell ({name}) {{", f"    area : {area};"]
        lines += _input_pins(_gate_inputs(functions))
        lines += [
            f'    pin ({pin}) {{ direction : output; function : "{function}"; }}'
            for pin, function in functions.items()
        ]
        lines.append("  }")
    for name, (area, inputs, body) in _FLIP_FLOPS.items():
        lines += [
            f"  cell ({name}) {{",
            f"    area : {area};",
            f'    ff (IQ, IQN) {{ clocked_on : "CK"; {body} }}',
            *_input_pins(inputs),
            "    pin (CK) { direction : input; clock : true; }",
            '    pin (Q) { direction : output; function : "IQ"; }',
            "  }",
        ]
    return "\n".join([*lines, _LATCH, _CLOCK_GATE, "}", ""])


def main() -> None:
    """Write the generic Liberty file into the package."""
    GENERIC_LIBERTY.write_text(generic_liberty(), encoding="utf-8")


if __name__ == "__main__":
    main()
