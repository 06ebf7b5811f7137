# SPDX-License-Identifier: Apache-2.0
"""The stream rules of row units and their buffers, as SystemVerilog around them."""

import re

import numpy as np
from surmax.rtl import RowBuild
from surmax.tb.proof.statement import HEADER, stream_statement
from surmax.tb.rewrite.parse import modules_of
from surmax.tb.rows.model import RowModel
from surmax.tb.units import model_of

QUEUE = 16  # beats: more than fit into the units that are proven


def _size(module: str) -> tuple[int, int] | None:
    """Return width and depth of a buffer by the name of its module, None of another module."""
    found = re.fullmatch(r"surmax_fifo_(\d+)x(\d+)", module)
    return (int(found[1]), int(found[2])) if found else None


def buffers(design: str) -> list[tuple[int, int]]:
    """Return width and depth of each kind of buffer in a design."""
    return sorted({size for name in modules_of(design) if (size := _size(name))})


def _depths(build: RowBuild, design: str) -> dict[str, int]:
    """Return the depth of each buffer of beats in the unit, by its name."""
    unit = modules_of(design)[f"{build.unit_name}_unit"]
    sizes = {one.name: _size(one.module) for one in unit.instances}
    return {name: sizes[name][1] for name in model_of(build).beat_buffers}


def buffer_proof(width: int, depth: int, *, content: bool) -> str:
    """Return the rules of a buffer, whatever is put in and taken.

    Without `content`: nothing is written to a full memory or read from an empty one, the pointers
    stay `level` apart, a waiting word stays as it is, reset empties. With it: a word chosen at
    random comes out when those before it have, unchanged.
    """
    bits = depth.bit_length()
    rules = f"""
  always @* if (started) begin
    assert (level <= {depth} && reads < {depth} && writes < {depth});
    assert ((reads + level) % {depth} == writes);
    assert (ready == (level != {depth}));
    if (put) assert (level < {depth});
    if (held) assert (valid && word == before);
    if (was_reset) assert (!valid && level == 0);
    assert (count == level + valid);
  end"""
    order = f"""
  reg chosen = 0;
  reg [{width - 1}:0] kept;
  reg [7:0] ahead;
  always @(posedge clk) begin
    if (!chosen || rst) begin
      chosen <= choose && put && !rst;
      kept <= data;
      ahead <= count - got;
    end else if (got) begin
      ahead <= ahead - 1;
      if (ahead == 0) chosen <= 0;
    end
  end
  always @* if (started && chosen && valid && ahead == 0) assert (word == kept);
  always @* if (started) assert (count <= {depth + 1} && (!valid || count != 0));"""
    return f"""{HEADER}module proof(input clk, input rst, input offered, input taken, input choose,
    input [{width - 1}:0] data);
  (* keep *) wire ready, valid;
  (* keep *) wire [{width - 1}:0] word;  // shown
  surmax_fifo_{width}x{depth} part (.clk(clk), .rst(rst), .i__valid(offered), .i__ready(ready),
    .i__payload(data), .o__valid(valid), .o__ready(taken), .o__payload(word));
  reg started = 0;
  always @(posedge clk) started <= 1;
  always @* assume (started || rst);
  wire put = offered && ready;
  wire got = valid && taken;
  (* keep *) wire [{bits - 1}:0] level;
  (* keep *) wire [{max(1, (depth - 1).bit_length()) - 1}:0] reads, writes;
  (* keep *) reg [7:0] count = 0;  // shown
  reg held = 0, was_reset = 0;
  reg [{width - 1}:0] before;
  always @(posedge clk) begin
    count <= rst ? 0 : count + put - got;
    held <= valid && !taken && !rst;
    was_reset <= rst;
    before <= word;
  end{order if content else rules}
endmodule
"""


def stream_proof(build: RowBuild, design: str, *, order: bool) -> str:
    """Return the stream rules of a unit of one lane with rows of up to two beats.

    Without `order`, for all time: a waiting beat stays as it is, reset empties the unit, and the
    beats that were kept and have not left are those in the buffers, in registers and at the output.
    With it: the beats that come out are golden's codes of the rows that went in (where a code
    depends on the distance alone), in order, each with its own TLAST, over-long rows cut; and while
    a whole row is inside, the output is valid within a lone row's latency whatever `m_ready` does.
    """
    return stream_statement(build, _order(build) if order else _rules(build, design))


def spied(build: RowBuild) -> dict[str, str]:
    """Return the signals inside the unit that the rules without order look at."""
    inside = "unit.unit"
    model = model_of(build)
    wires = {"kept": f"{inside}.receive_stage.kept__valid"}
    for name in model.beat_buffers:
        wires |= {
            f"{name}_level": f"{inside}.{name}.level",
            f"{name}_shown": f"{inside}.{name}.o__valid",
        }
    return wires | {
        f"stage{k}_valid": f"{inside}.{path}" for k, path in enumerate(model.stage_valids)
    }


def _rules(build: RowBuild, design: str) -> str:
    bits = build.config.output_bits * build.lanes
    depths = _depths(build, design)
    stages = [f"stage{k}_valid" for k in range(len(model_of(build).stage_valids))]
    single = ["kept", *(f"{name}_shown" for name in depths), *stages]
    levels = [
        f"  (* keep *) wire [{depth.bit_length() - 1}:0] {name}_level;"
        for name, depth in depths.items()
    ]
    bounds = [f"{name}_level <= {depth}" for name, depth in depths.items()]
    waiting = [f"{name}_level + {name}_shown" for name in depths]
    return f"""{chr(10).join(levels)}
  (* keep *) wire {", ".join(single)};
  reg held = 0, was_reset = 0;
  reg [{bits}:0] before;
  (* keep *) reg [7:0] count = 0;  // shown
  always @(posedge clk) begin
    held <= m_valid && !m_ready && !rst;
    was_reset <= rst;
    before <= {{m_last, m_codes}};
    count <= rst ? 0 : count + kept - taken;
  end
  always @* if (started) begin
    if (held) assert (m_valid && {{m_last, m_codes}} == before);
    if (was_reset) assert (!m_valid && count == 0);
    assert ({" && ".join(bounds)});
    assert (count == {" + ".join([*waiting, *stages])} + m_valid);
  end"""


def _order(build: RowBuild) -> str:
    latency = build.latency(2)
    bits, head_bits = build.config.output_bits, max(1, (build.heads - 1).bit_length())
    width = bits + 1
    model = model_of(build)
    # With a running maximum a code depends on more than the distance: left to simulation.
    compared = "m_last" if model.one_pass else "{m_last, m_codes}"
    place = f"[{bits}]" if model.one_pass else f"[{bits}:0]"
    return f"""{_golden_rows(model, head_bits)}
  // The row that comes in: its first beat, and whether there is one; or the rest of a cut row.
  reg second = 0, dropping = 0, hidden;
  reg [7:0] first;
  wire [{head_bits - 1}:0] head = s_head;
  wire cut = second && !s_last;
  wire ends = accepted && !dropping && (s_last || second);
  wire [{bits - 1}:0] early = golden(head, first, hidden, s_scores, s_mask);
  wire [{bits - 1}:0] late = golden(head, s_scores, s_mask, second ? first : 0, !second || hidden);
  (* keep *) reg [7:0] count = 0;  // shown
  reg [{width * QUEUE - 1}:0] queue;  // the oldest beat in the low bits
  reg [7:0] waited = 0;
  wire [{width * QUEUE - 1}:0] rest = taken ? queue >> {width} : queue;
  wire [7:0] place = count - taken;
  wire [{2 * width - 1}:0] fresh = second ? {{1'b1, late, 1'b0, early}} : {{1'b1, late}};
  wire [{width * QUEUE - 1}:0] below = (1 << (place * {width})) - 1;
  always @(posedge clk) begin
    if (rst) begin
      second <= 0;
      dropping <= 0;
      count <= 0;
    end else begin
      if (accepted) dropping <= !s_last && (dropping || second);
      if (accepted && !dropping) second <= !ends;
      count <= place + (ends ? 1 + second : 0);
    end
    if (accepted && !dropping && !second) begin
      first <= s_scores;
      hidden <= s_mask;
    end
    queue <= ends ? (rest & below) | (fresh << (place * {width})) : rest;
    waited <= count != 0 && !m_valid && !rst ? waited + 1 : 0;
  end
  always @* if (started) begin
    assume (head < {build.heads});
    assert (overlong == (accepted && cut && !dropping));
    if (m_valid) assert (count != 0 && {compared} == queue{place});
    assert (waited < {latency});
    if (count == 0 && !rst) assert (s_ready);
  end"""


def _golden_rows(model: RowModel, head_bits: int) -> str:
    """Return golden(head, x, x masked, y, y masked): the code of x in a row with y.

    By their distance; from some distance on it has one code each way. With a running maximum 0.
    """
    bits, lines, bound = model.build.config.output_bits, [], 0
    contents = [] if model.one_pass else model.pool()
    distances = np.arange(-255, 256)
    # Of x and y with this distance the first has its code.
    pairs = np.stack([np.minimum(distances, 0) + 127, -np.maximum(distances, 0) + 127], axis=1)
    tables = [
        model.golden(pairs.astype(np.int8), one, np.zeros(pairs.shape, bool))[:, 0].astype(int)
        for one in contents
    ]
    for codes in tables:
        far = np.flatnonzero(codes != np.where(distances < 0, codes[0], codes[-1]))
        bound = max(bound, int(np.abs(distances[far]).max(initial=0)) + 1)
    for head, (one, codes) in enumerate(zip(contents, tables, strict=True)):
        mine = f"    if (head == {head}"
        for distance in range(-bound, bound + 1):
            code = codes[distance + 255]
            lines.append(f"{mine} && apart == {distance}) golden = {code};")
        lone = model.golden(np.zeros((1, 1), np.int8), one, np.zeros((1, 1), bool))
        lines.append(f"{mine} && y_masked) golden = {int(lone[0, 0])};")
    return "\n".join(
        [
            f"  function [{bits - 1}:0] golden(input [{head_bits - 1}:0] head,",
            "      input signed [7:0] x, input x_masked, input signed [7:0] y, input y_masked);",
            "    reg signed [8:0] apart;",
            "    begin",
            "    apart = x - y;",
            f"    if (apart > {bound}) apart = {bound};",
            f"    if (apart < -{bound}) apart = -{bound};",
            "    golden = 0;",
            *lines,
            "    if (x_masked) golden = 0;",
            "    end",
            "  endfunction",
        ]
    )
