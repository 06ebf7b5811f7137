# SPDX-License-Identifier: Apache-2.0
"""The statements that surmax.tb.consmax.proofs proves, as SystemVerilog around the stream top."""

import numpy as np
from surmax.golden import ConsmaxTables, consmax
from surmax.rtl import ConsmaxBuild
from surmax.tb.proof.statement import HEADER, stream_statement


def golden_codes(tables: ConsmaxTables) -> list[int]:
    """Return golden's codes of all 8-bit scores, indexed by the score's bits."""
    return consmax(np.arange(256, dtype=np.uint8).astype(np.int8), tables).tolist()


def _head_bits(build: ConsmaxBuild) -> int:
    return max(1, (build.heads - 1).bit_length())


def _golden_rom(build: ConsmaxBuild) -> str:
    """Return a function golden(head, masked, score) that holds every code of every head."""
    bits, heads = build.config.output_bits, _head_bits(build)
    rows = [
        f"      {{{heads}'d{head}, 8'd{score}}}: golden = {bits}'d{code};"
        for head, tables in enumerate(build.tables or ())
        for score, code in enumerate(golden_codes(tables))
    ]
    return "\n".join(
        [
            f"  function [{bits - 1}:0] golden(input [{heads - 1}:0] head, input masked, "
            "input [7:0] score);",
            "    case ({head, score})",
            *rows,
            "      default: golden = 0;",
            "    endcase",
            "    if (masked) golden = 0;",
            "  endfunction",
        ]
    )


def lane_proof(build: ConsmaxBuild) -> str:
    """Return the statement: `latency` cycles after a beat stands golden's code of it."""
    bits, head_bits, latency = build.config.output_bits, _head_bits(build), build.stages
    beat_bits = head_bits + 1 + 8
    return f"""{HEADER}module proof(input clk, input [7:0] s_score, input s_mask,
    input [{head_bits - 1}:0] s_head);
  (* keep *) wire valid;  // shown
  (* keep *) wire [{bits - 1}:0] got;  // shown
  reg started = 0;
  {build.top_module} unit (
    .clk(clk), .rst(!started), .s_valid(1'b1), .s_scores(s_score), .s_mask(s_mask),
    .s_head(s_head), .s_last(1'b0), .m_ready(1'b1), .m_valid(valid), .m_codes(got)
  );
{_golden_rom(build)}
  // The beats that are on their way, the newest in the low bits.
  reg [{beat_bits * latency - 1}:0] beats;
  reg [{latency - 1}:0] known = 0;
  always @(posedge clk) begin
    started <= 1;
    beats <= {{beats, s_head, s_mask, s_score}};
    known <= {{known, started && s_head < {build.heads}}};
  end
  wire [{beat_bits - 1}:0] oldest = beats >> {beat_bits * (latency - 1)};
  (* keep *) wire [{head_bits - 1}:0] head = oldest[{beat_bits - 1}:9];  // shown
  (* keep *) wire masked = oldest[8];  // shown
  (* keep *) wire [7:0] score = oldest[7:0];  // shown
  (* keep *) wire [{bits - 1}:0] expected = golden(head, masked, score);  // shown
  always @* if (known[{latency - 1}]) assert (valid && got == expected);
endmodule
"""


def stream_proof(build: ConsmaxBuild, *, order: bool) -> str:
    """Return the stream rules; with `order` those about which beat comes out instead.

    The count of beats is tied to the unit's own valid bits (wire stages_valid, to be connected),
    without which no induction goes through.
    """
    latency = build.stages
    code_bits = build.config.narrow.output_bits * build.lanes
    count_bits = (latency + 1).bit_length() + 1
    return stream_statement(
        build,
        f"""
  reg [{count_bits - 1}:0] count = 0;
  always @(posedge clk) count <= rst ? 0 : count + accepted - taken;
  (* keep *) wire [{latency - 1}:0] stages_valid{" = m_valid" if latency == 1 else ""};
  integer k;
  reg [{count_bits - 1}:0] marked;
  always @* begin
    marked = 0;
    for (k = 0; k < {latency}; k = k + 1) marked = marked + stages_valid[k];
  end
  always @* if (started) assert (count == marked);
{_order(build) if order else _RULES.format(latency=latency, top=code_bits)}""",
    )


_RULES = """
  reg held = 0, was_reset = 0;
  reg [{top}:0] before;
  reg [7:0] waited = 0;
  wire late = count != 0 && !m_valid;
  always @(posedge clk) begin
    held <= m_valid && !m_ready && !rst;
    was_reset <= rst;
    before <= {{m_last, m_codes}};
    waited <= late && !rst ? waited + 1 : 0;
  end
  always @* begin
    if (held) assert (m_valid && {{m_last, m_codes}} == before);
    if (was_reset) assert (!m_valid);
    if (m_valid && started) assert (count != 0);
    if (late && started) assert (waited < {latency} - 1);
    if (started) assert (s_ready == (count != {latency} || m_ready));
  end"""


def _order(build: ConsmaxBuild) -> str:
    """Return the rule of order: a queue of what went in says what must come out."""
    latency, head_bits = build.stages, _head_bits(build)
    known = build.storage == "constant" and build.lanes == 1 and build.config.score_bits == 8
    width = 1 + head_bits + 1 + 8 if known else 1
    beat = "{s_last, s_head, s_mask, s_scores}" if known else "s_last"
    lines = [
        f"  reg [{width * (latency + 1) - 1}:0] queue;  // the oldest beat in the low bits",
        f"  wire [{width * (latency + 1) - 1}:0] rest = taken ? queue >> {width} : queue;",
        f"  wire [{(latency + 1).bit_length()}:0] place = count - taken;",
        f"  wire [{width * (latency + 1) - 1}:0] slot = {(1 << width) - 1} << (place * {width});",
        "  always @(posedge clk)",
        f"    queue <= accepted ? (rest & ~slot) | ({beat} << (place * {width})) : rest;",
        f"  always @* if (started && m_valid) assert (m_last == queue[{width - 1}]);",
    ]
    if known:
        head = f"queue[{width - 2} -: {head_bits}]"
        lines += [
            _golden_rom(build),
            f"  always @* if (started && m_valid && {head} < {build.heads})",
            f"    assert (m_codes == golden({head}, queue[8], queue[7:0]));",
        ]
    return "\n".join(lines)
