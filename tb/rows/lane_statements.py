# SPDX-License-Identifier: Apache-2.0
"""The exponentials of the two softmax baselines against golden, as SystemVerilog and as proofs."""

from pathlib import Path

import numpy as np
from surmax.golden import SoftmaxConstants
from surmax.golden.softmax.law import exponentials
from surmax.rtl import SoftermaxBuild, SoftmaxBuild, verilog
from surmax.rtl.softermax.shape import SoftermaxShape
from surmax.rtl.softmax.shape import SoftmaxShape
from surmax.tb.hccs.statements import HEADER
from surmax.tb.proof.problem import Problem, Proof


def prove_exponentials(
    build: SoftmaxBuild | SoftermaxBuild,
    *,
    folder: Path,
    text: str | None = None,
    rates: tuple[int, ...] = (),
) -> Proof:
    """Prove that a lane's exponential is golden's, 0 where masked.

    Integer softmax: for every score, every maximum not below it, and the given `rates`. Softermax:
    for every score and every integer maximum not below its integer part.

    Args:
        build: the unit; its lanes, heads and rows make no difference.
        folder: where inputs, script and log of yosys are kept.
        text: Verilog to prove in place of what `build` elaborates to.
        rates: of the integer softmax, legal ones.

    Raises:
        ProofError: no answer.
    """
    softmax = isinstance(build, SoftmaxBuild)
    statement = _softmax(build, rates) if softmax else _softermax(build)
    design = verilog(build) if text is None else text
    return Problem(design, statement, folder, build.top_module).induction("exponentials", 2)


def _softmax(build: SoftmaxBuild, rates: tuple[int, ...]) -> str:
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
    .\\time (t));
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


def _softermax(build: SoftermaxBuild) -> str:
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
