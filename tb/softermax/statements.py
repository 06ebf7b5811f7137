# SPDX-License-Identifier: Apache-2.0
"""Statement of the proof of Softermax's exponentials, as SystemVerilog."""

from surmax.rtl import SoftermaxBuild
from surmax.rtl.softermax.shape import SoftermaxShape
from surmax.tb.proof.statement import HEADER


def exponential_proof(build: SoftermaxBuild) -> str:
    """Return the statement: a lane's exponential is golden's for every score and maximum."""
    config = build.config
    shape = SoftermaxShape(config, build.lanes, build.heads, build.max_length, 0)
    bits = config.value_bits + 1
    values = [f"      2'd{f}: value = {bits}'d{one};" for f, one in enumerate(config.values)]
    return f"""{HEADER}module proof(input [7:0] score, input masked,
    input [{shape.top_bits - 1}:0] top);
  wire [{shape.term_bits - 1}:0] k;
  wire [5:0] whole = score[7:2];
  (* keep *) wire [{bits - 1}:0] got;  // shown
  softermax_place_lane place_lane (.whole(whole), .top(top), .masked(masked), .term(k));
  softermax_term_lane term_lane (.fraction(score[1:0]), .distance(k), .value(got));
  function [{bits - 1}:0] value(input [1:0] fraction);
    case (fraction)
{chr(10).join(values)}
    endcase
  endfunction
  (* keep *) wire [7:0] place = top - whole;  // shown
  (* keep *) wire hidden = masked;  // shown
  (* keep *) wire [{bits - 1}:0] expected = masked ? 0 : value(score[1:0]) >> place;  // shown
  always @* begin
    assume (top >= whole);
    assert (got == expected);
  end
endmodule
"""
