# SPDX-License-Identifier: Apache-2.0
"""A harness that lets a unit with more ports than a package has pins be placed and routed.

Each input bit (reset included) comes from a flip-flop of one long shift register, each output bit
goes into a flip-flop and on into a signature register. Three pins remain, `clk`, `serial_in` and
`serial_out`, and pad delays are in no path of the unit.
"""

import json
from pathlib import Path

from surmax.rtl.tools.yosys import run_yosys

HARNESS_MODULE = "surmax_harness"


def ports_script(read: str, top: str) -> str:
    """Return the script that reads the design, keeps the ports of `top` and writes ports.json."""
    return f"""{read}
hierarchy -check -top {top}
proc
flatten
select -module {top}
delete c:*
select -clear
write_json ports.json
"""


def port_widths(read: str, top: str, work: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Return the widths of the input and of the output ports of `top`, by name.

    `read` is the yosys line that reads the design in folder `work`. Raises YosysError when it
    fails.
    """
    run_yosys(ports_script(read, top), work, name="ports")
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


def shift_register_harness(
    inputs: dict[str, int], outputs: dict[str, int], top: str, clock: str
) -> str:
    """Return the Verilog of module HARNESS_MODULE around `top`; `inputs` is without the clock."""
    wires = [f".\\{clock} (clk)"]
    for vector, ports in (("stimulus", inputs), ("response", outputs)):
        low = 0
        for name, width in ports.items():
            wires.append(f".\\{name} ({vector}[{low}+:{width}])")
            low += width
    bits_in, bits_out = max(sum(inputs.values()), 1), max(sum(outputs.values()), 1)
    return f"""module {HARNESS_MODULE} (input clk, input serial_in, output serial_out);
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


def harness_flip_flops(inputs: dict[str, int], outputs: dict[str, int]) -> int:
    """Return the flip-flops of the harness."""
    return sum(inputs.values()) + 2 * sum(outputs.values())
