# SPDX-License-Identifier: Apache-2.0
"""Shift-register harness: place and route for a unit that has more ports than a package has pins.

Each input bit of the unit, reset included, comes from a flip-flop of one long shift register. Each
output bit goes into a flip-flop and from there into a signature register. The harness has three
pins, `clk`, `serial_in` and `serial_out`, so that no path of the unit contains the delay of a pad.
"""

import json
from pathlib import Path

from surmax.rtl.tools.yosys import run_yosys

HARNESS_MODULE = "surmax_harness"


def ports_script(read: str, top: str) -> str:
    """Return the yosys script that reads a design and writes the ports of `top` as ports.json."""
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
    """Return the widths in bits of the input ports and of the output ports of `top`, by name.

    `read` is the yosys line that reads the design in folder `work`.

    Raises YosysError when yosys fails.
    """
    run_yosys(ports_script(read, top), work, name="ports")
    ports = json.loads((work / "ports.json").read_text(encoding="utf-8"))["modules"][top]["ports"]
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
    """Return the Verilog of the harness, module HARNESS_MODULE, around module `top`.

    `inputs` (without the clock) and `outputs` are widths in bits by port name, `clock` is the name
    of the clock port.
    """
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
    """Return the number of flip-flops of the harness; arguments as for shift_register_harness."""
    return sum(inputs.values()) + 2 * sum(outputs.values())
