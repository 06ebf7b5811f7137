# SPDX-License-Identifier: Apache-2.0
"""SystemVerilog that the statements of several units share."""

from surmax.rtl import Build

HEADER = "// SPDX-License-Identifier: Apache-2.0\n"


def stream_statement(build: Build, body: str) -> str:
    """Return module `proof` around a stream top whose inputs are free after a first reset.

    Its `body` finds the top's ports by their names, and the wires accepted (a beat goes in), taken
    (one comes out) and started (0 in the first cycle only).
    """
    ports = [port for port in build.ports() if port[0] != "clk"]
    inputs = [f"input [{bits - 1}:0] {name}" for name, way, bits in ports if way == "input"]
    outputs = [
        f"  (* keep *) wire [{bits - 1}:0] {name};  // shown"
        for name, way, bits in ports
        if way == "output"
    ]
    lines = [
        f"{HEADER}module proof(input clk, {', '.join(inputs)});",
        *outputs,
        f"  {build.top_module} unit (.clk(clk), {', '.join(f'.{n}({n})' for n, _, _ in ports)});",
        "  (* keep *) wire reset = rst;  // shown",
        "  (* keep *) wire offered = s_valid;  // shown",
        "  (* keep *) wire ready = m_ready;  // shown",
        "  wire accepted = s_valid && s_ready;",
        "  wire taken = m_valid && m_ready;",
        "  reg started = 0;",
        "  always @(posedge clk) started <= 1;",
        "  always @* assume (started || rst);",
        body,
        "endmodule",
    ]
    return "\n".join(lines) + "\n"
