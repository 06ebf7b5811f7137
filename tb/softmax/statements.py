# SPDX-License-Identifier: Apache-2.0
"""Statement of the proof of the integer softmax's exponentials, as SystemVerilog."""

import numpy as np
from surmax.golden import SoftmaxConstants
from surmax.golden.softmax.law import exponentials
from surmax.rtl import SoftmaxBuild
from surmax.rtl.softmax.shape import SoftmaxShape
from surmax.tb.proof.statement import HEADER


def exponential_proof(build: SoftmaxBuild, rates: tuple[int, ...]) -> str:
    """Return the statement: a lane's exponential is golden's for every score, maximum and rate.

    Raises InputError when one of the `rates` is not legal.
    """
    config = build.config
    shape = SoftmaxShape(config, build.lanes, build.heads, build.max_length, 0)
    bits, which = shape.rate_bits, max(1, (len(rates) - 1).bit_length())
    distance = np.arange(256)
    rows = []
    for number, rate in enumerate(rates):
        SoftmaxConstants(rate).check(config)
        _, terms = exponentials(distance, np.array(rate), config)
        rows += [
            f"      {{{which}'d{number}, 8'd{d}}}: golden = {config.sum_bits}'d{term};"
            for d, term in enumerate(terms.tolist())
        ]
    chosen = [f"      {number}: rate = {bits}'d{rate};" for number, rate in enumerate(rates)]
    # Each part of t is a port of the lane.
    places = ", ".join(f".{name}(t[{field.offset} +: {field.width}])" for name, field in shape.time)
    triple = f", .rate3({bits + 2}'d3 * rate)" if build.adders == "cells" else ""
    return f"""{HEADER}module proof(input [7:0] score, input [7:0] top, input masked,
    input [{which - 1}:0] which);
  reg [{bits - 1}:0] rate;
  always @*
    case (which)
{chr(10).join(chosen)}
      default: rate = 0;
    endcase
  wire [{shape.time.size - 1}:0] t;
  (* keep *) wire [{config.sum_bits - 1}:0] got;  // shown
  softmax_time_lane time_lane (.score(score), .top(top), .masked(masked), .rate(rate){triple},
    {places});
  softmax_exp_lane exp_lane (.\\time (t), .term(got));
  function [{config.sum_bits - 1}:0] golden(input [{which - 1}:0] which, input [7:0] distance);
    case ({{which, distance}})
{chr(10).join(rows)}
      default: golden = 0;
    endcase
  endfunction
  (* keep *) wire [7:0] distance = top - score;  // shown
  (* keep *) wire hidden = masked;  // shown
  wire [{config.sum_bits - 1}:0] kept = golden(which, distance);
  (* keep *) wire [{config.sum_bits - 1}:0] expected = masked ? 0 : kept;  // shown
  always @* begin
    assume (score <= top && which < {len(rates)});
    assert (got == expected);
  end
endmodule
"""
