# SPDX-License-Identifier: Apache-2.0
"""A Verilog wrapper with the ports of a unit's top that does something wrong to some of them."""

from surmax.tb.rewrite.drive import rename_module

# Counts outputs that are taken, cycles, and beats of the row at the input.
_COUNT = (
    "reg [31:0] taken = 0, now = 0, place = 0; always @(posedge {clk}) begin now <= now + 1; "
    "if ({out}valid & {out}ready) taken <= taken + 1; "
    "if ({into}valid & {into}ready) place <= {into}last ? 0 : place + 1; end"
)
_COUNTERS = {
    "stream": _COUNT.format(clk="clk", into="s_", out="m_"),
    "axi": _COUNT.format(clk="aclk", into="s_axis_t", out="m_axis_t"),
}


def faulty(build, text, /, extra="", **faults):
    """Put the unit into a wrapper that connects port P by the expression faults[P], else straight.

    In an expression `u_P` is the port of the unit inside.
    """
    ports, name = build.ports(), build.top_module
    assert faults.keys() <= {port for port, _, _ in ports}
    lines = [f"module {name}({', '.join(port for port, _, _ in ports)});"]
    for port, direction, width in ports:
        lines.append(f"{direction} [{width - 1}:0] {port}; wire [{width - 1}:0] u_{port};")
    lines.append(_COUNTERS[build.top])
    for port, direction, _ in ports:
        here, there = (f"u_{port}", port) if direction == "input" else (port, f"u_{port}")
        lines.append(f"assign {here} = {faults.get(port, there)};")
    pins = ", ".join(f".{port}(u_{port})" for port, _, _ in ports)
    lines += [f"unit_inside unit({pins});", extra, "endmodule"]
    return rename_module(text, name, "unit_inside") + "\n".join(lines) + "\n"
