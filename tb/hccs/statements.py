# SPDX-License-Identifier: Apache-2.0
"""The statements that surmax.tb.hccs.proofs proves, as SystemVerilog around parts of the unit.

Each part's arithmetic is stated again with plain wide operators, so that nothing in a statement can
overflow or is shared with the design.
"""

from amaranth.lib import data
from surmax.rtl import HccsBuild
from surmax.rtl.hccs.shape import HccsShape
from surmax.tb.proof.statement import HEADER

WIDE = 32  # bits of the statements' arithmetic


def shape_of(build: HccsBuild) -> HccsShape:
    """Widths and layouts of the stream top's unit."""
    return HccsShape(build.config, build.lanes, build.heads, build.max_length, 0)


def _field(layout: data.StructLayout, name: str) -> str:
    """Return the bits of a field in its packed structure, as [high:low]."""
    field = layout[name]
    return f"[{field.offset + field.width - 1}:{field.offset}]"


def _lane(layout: data.StructLayout, name: str, lane: int, bits: int) -> str:
    low = layout[name].offset + lane * bits
    return f"[{low + bits - 1}:{low}]"


def _code(layout: data.StructLayout, lane: int, bits: int) -> str:
    return f"codes{_lane(layout, 'codes', lane, bits)}"


def sum_proof(build: HccsBuild) -> str:
    """Return: distances are min(max - x, Dmax), and Z is the plain sum over the row's scores.

    Beats follow each other without a pause, in rows of any length up to the longest, with any
    legal constants (which stay, as they do for a head whose rows are inside) and any mask. Z is
    also asserted to fit its bits. `pending` is the design's register between the two cycles.
    """
    shape, config, lanes = shape_of(build), build.config, build.lanes
    kept, score, top = shape.kept_scores, shape.constants, shape.top
    dist, total = shape.kept_distances, f"totals{_field(shape.total, 'sum')}"
    right = f"(Z >> {total} == 1)" if shape.shifts else f"({total} == Z)"
    steps = [
        f"    check(kept{_lane(kept, 'values', k, 8)}, kept[{kept['mask'].offset + k}], "
        f"distances{_lane(dist, 'values', k, 7)});"
        for k in range(lanes)
    ]
    masks = " + ".join(f"!kept[{kept['mask'].offset + k}]" for k in range(lanes))
    added = " + ".join(f"{{9'b0, distances{_lane(dist, 'values', k, 7)}}}" for k in range(lanes))
    count, distance = shape.count_bits, shape.distance_bits
    return f"""{HEADER}module proof(input clk, input [{kept.size - 1}:0] kept,
    input [{top.size - 1}:0] tops, input [{score.size - 1}:0] constants);
  wire [{dist.size - 1}:0] distances;
  (* keep *) wire [{shape.total.size - 1}:0] totals;  // shown
  (* keep *) wire [{distance + count + 1 + shape.head_bits - 1}:0] pending;
  wire moved, summed;
  reg started = 0, known = 0, ended;
  always @(posedge clk) started <= 1;
  hccs_sum part (.clk(clk), .rst(!started), .kept__valid(1'b1), .kept__payload(kept),
    .tops__valid(1'b1), .tops__payload(tops), .score_constants(constants),
    .sum_constants(constants),
    .distances__ready(1'b1), .distances__valid(moved), .distances__payload(distances),
    .totals__ready(1'b1), .totals__valid(summed), .totals__payload(totals));
  wire [7:0] top = tops{_field(top, "top")};
  (* keep *) wire [{shape.b_bits - 1}:0] B = constants{_field(score, "B")};  // shown
  (* keep *) wire [6:0] S = constants{_field(score, "S")};  // shown
  (* keep *) wire [6:0] Dmax = constants{_field(score, "Dmax")};  // shown
  wire last = kept{_field(kept, "last")};
  task check(input [7:0] x, input masked, input [6:0] d);
    begin
      assume (masked || x <= top);
      if (started && masked) assert (d == 0);
      if (started && !masked) assert (d == (top - x < Dmax ? top - x : Dmax));
    end
  endtask
  always @* begin
{chr(10).join(steps)}
    if (started) assert (moved);
  end
  reg [{score.size - 1}:0] constants_before;
  (* keep *) reg [7:0] position = 0;  // beats of this row before this one
  (* keep *) reg [15:0] count, distance;  // of the beat before this one
  (* keep *) reg fresh;  // whether it was a row's first
  (* keep *) reg [7:0] used;  // beats of its row up to it
  reg [{WIDE - 1}:0] before = 0;  // sum over the row without it
  (* keep *) wire [{count - 1}:0] n = pending >> {distance};
  (* keep *) wire [{distance - 1}:0] d = pending >> 0;
  (* keep *) wire [{count + shape.b_bits - 1}:0] most = n * B;
  (* keep *) wire [{distance + 6}:0] fall = d * S;
  (* keep *) wire [{WIDE - 1}:0] Z = (fresh ? 0 : before) + most - fall;  // shown
  always @(posedge clk) begin
    constants_before <= constants;
    position <= started && !last ? position + 1 : 0;
    known <= started;
    ended <= last;
    count <= {masks};
    distance <= {added};
    fresh <= position == 0;
    used <= position + 1;
    before <= Z;
  end
  always @* begin
    assume (!started || constants == constants_before);
    assume (B >= {config.min_sum} && B <= {config.max_b(build.max_length)});
    assume (position < {build.max_beats - 1} || last);
    // Each of the n distances is at most Dmax, and S*Dmax at most B.
    assume (!known || fall <= most);
    if (known) begin
      assert (n == count && n <= {lanes} && d == distance && summed == ended);
      assert (used >= 1 && used <= {build.max_beats} && Z <= used * {lanes} * B);
      assert (used == 1 == fresh);
      assert (Z < {1 << shape.sum_bits});
      if (Z >= {config.min_sum}) assert {right};
    end
  end
endmodule
"""


def receive_proof(build: HccsBuild) -> str:
    """Return: the maximum is that of the row's unmasked scores; rows are cut and dropped rightly.

    Beats follow each other without a pause.
    """
    shape, lanes = shape_of(build), build.lanes
    beat, kept = shape.beat, shape.kept_scores
    steps = []
    for k in range(lanes):
        x = f"beat{_lane(beat, 'scores', k, 8)}"
        mask = f"beat[{beat['mask'].offset + k}]"
        steps.append(f"    if (!{mask} && ({x} ^ 8'h80) > top) top = {x} ^ 8'h80;")
    return f"""{HEADER}module proof(input clk, input [{beat.size - 1}:0] beat);
  wire [{kept.size - 1}:0] kept;
  (* keep *) wire [{shape.top.size - 1}:0] tops;  // shown
  wire ready, keeps, ends, overlong, drops;
  (* keep *) wire first;
  (* keep *) wire [{max(1, (build.max_beats - 1).bit_length()) - 1}:0] place;
  reg started = 0;
  always @(posedge clk) started <= 1;
  surmax_row_receive part (.clk(clk), .rst(!started), .i__valid(1'b1), .i__ready(ready),
    .i__payload(beat), .kept__valid(keeps), .kept__ready(1'b1), .kept__payload(kept),
    .tops__valid(ends), .tops__ready(1'b1), .tops__payload(tops), .overlong(overlong),
    .dropped(drops));
  wire last = beat{_field(beat, "last")};
  (* keep *) reg [7:0] position = 0;  // shown
  reg [7:0] before;
  (* keep *) reg [7:0] top;  // shown
  wire dropped = position == {build.max_beats};
  wire full = position == {build.max_beats - 1};
  always @* begin
    top = position == 0 ? 0 : before;
{chr(10).join(steps)}
  end
  always @(posedge clk) if (started) begin
    position <= last ? 0 : dropped ? position : position + 1;
    before <= top;
  end
  always @* if (started) begin
    assert (first == (dropped || position == 0));
    assert (place == (dropped ? 0 : position));
    assert (ready);
    assert (keeps == !dropped);
    assert (overlong == (full && !last));
    assert (drops == dropped);
    assert (ends == (!dropped && (full || last)));
    if (keeps) assert (kept{_field(kept, "last")} == (full || last));
    if (keeps) assert (kept{_field(kept, "mask")} == beat{_field(beat, "mask")});
    if (keeps) assert (kept{_field(kept, "values")} ==
      (beat{_field(beat, "scores")} ^ {{{lanes}{{8'h80}}}}));
    if (ends) assert (tops{_field(shape.top, "top")} == top);
    if (ends) assert (tops{_field(shape.top, "head")} == beat{_field(beat, "head")});
  end
endmodule
"""


def scale_proof(build: HccsBuild) -> str:
    """Return: two lanes give the codes of d and of d + 1, the second no more than the first.

    For every distance, mask and line whose height at d + 1 is legal: not below 0 and, at distance
    0, within the configuration's bound; in units that shift, every B, S and place of the leading
    one, with which B goes.
    """
    shape, config = shape_of(build), build.config
    kept, shifts = shape.kept_distances, shape.shifts
    row, codes = (shape.total if shifts else shape.line), shape.codes
    bits = config.output_bits
    if shifts:
        offset, slope = (f"scale{_field(shape.constants, name)}" for name in "BS")
        k = f"row{_field(row, 'sum')}"
        # 255*2**fraction_bits >> k is not cut, and what it leaves of fraction_bits is k.
        half = f"((1 << {k}) >> 1)" if config.rounding == "nearest" else "0"
        code = f"(height * {config.max_code} + {half}) >> {k}"
        legal = f"{k} >= {shape.exponents[0]} && {k} <= {shape.exponents[-1]} && offset >> {k} < 2"
        scale_in, scale_pin = (
            f", input [{shape.constants.size - 1}:0] scale",
            ".scale_constants(scale), ",
        )
    else:
        offset, slope = f"~row{_field(row, 'base')}", f"row{_field(row, 'slope')}"
        code, legal = f"height >> {config.fraction_bits}", f"offset <= {config.max_product}"
        scale_in = scale_pin = ""
    slope_bits = 7 if shifts else shape.slope_bits
    offset_bits = shape.b_bits if shifts else shape.offset_bits
    drop_bits = slope_bits + 7
    lanes = [_lane(kept, "values", k, 7) for k in range(2)]
    lines = [
        f"  wire [6:0] d{k} = beat{lane};\n"
        f"  wire [{drop_bits - 1}:0] drop{k} = d{k} * slope;  // the product as the lane has it\n"
        f"  wire hidden{k} = beat[{kept['mask'].offset + k}];\n"
        f"  (* keep *) wire [{bits - 1}:0] got{k} = {_code(codes, k, bits)};  // shown\n"
        f"  (* keep *) reg [{bits - 1}:0] expected{k};  // shown\n"
        f"  always @(posedge clk) expected{k} <= hidden{k} ? 0 : code(offset - drop{k});\n"
        for k, lane in enumerate(lanes)
    ]
    return f"""{HEADER}module proof(input clk, input [{kept.size - 1}:0] beat,
    input [{row.size - 1}:0] row{scale_in});
  wire [{codes.size - 1}:0] codes;
  wire valid;
  hccs_scale part (.clk(clk), .rst(1'b0), .beats__valid(1'b1), .beats__payload(beat),
    .lines__valid(1'b1), .lines__payload(row), {scale_pin}.codes__ready(1'b1),
    .codes__valid(valid), .codes__payload(codes));
  wire [{offset_bits - 1}:0] offset = {offset};
  wire [{slope_bits - 1}:0] slope = {slope};
  function [{bits - 1}:0] code(input [{WIDE - 1}:0] height);
    code = ({code}) > {config.max_code} ? {config.max_code} : {code};
  endfunction
{"".join(lines)}  reg known = 0, ordered;
  always @(posedge clk) begin
    known <= 1;
    ordered <= d1 == d0 + 8'd1 && !hidden0;
  end
  always @* begin
    assume ({legal} && drop0 <= offset && drop1 <= offset);
    // Distributivity, which a solver would have to find out for every slope.
    assume (d1 != d0 + 8'd1 || drop1 == drop0 + {{1'b0, slope}});
    if (known) assert (valid && got0 == expected0 && got1 == expected1);
    if (known && ordered) assert (got1 <= got0);
  end
endmodule
"""


def leading_proof(build: HccsBuild) -> str:
    """Return: rho of the leading bits is its definition, for every legal Z."""
    shape, config = shape_of(build), build.config
    bits = config.mantissa_bits or 0
    places = "".join(f"    if (sum[{k}]) k = {k};\n" for k in range(shape.sum_bits))
    return f"""{HEADER}module proof(input clk, input [{shape.sum_bits - 1}:0] sum);
  (* keep *) wire [{config.reciprocal_bits - 1}:0] rho;  // shown
  (* keep *) wire [{shape.sum_bits - 1}:0] Z = sum;  // shown
  hccs_leading_bits part (.sum(sum), .rho(rho));
  integer k;
  always @* begin
    k = 0;
{places}  end
  wire [{WIDE - 1}:0] mantissa = ({{{WIDE}'b0, sum}} << {bits}) >> k;
  wire [{WIDE - 1}:0] full = {WIDE}'d{config.max_code << bits} / mantissa[{bits}:0];
  always @* if (sum >= {config.min_sum}) assert (rho == (full << {config.fraction_bits}) >> k);
endmodule
"""
