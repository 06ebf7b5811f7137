// SPDX-License-Identifier: Apache-2.0
// Yosys techmap rules for area: wide selections as AND-OR, carries as ripples.

// A selection by one-hot lines: the lines in groups of GROUP, each group one AND-OR-invert cell.
// Left to itself, yosys makes one long OR chain of each bit, from which the mapper does not get
// the wide AND-OR-invert cells back.
(* techmap_celltype = "$pmux" *)
module _select_one_hot (A, B, S, Y);
  parameter WIDTH = 1;
  parameter S_WIDTH = 1;
  (* force_downto *) input [WIDTH-1:0] A;
  (* force_downto *) input [WIDTH*S_WIDTH-1:0] B;
  (* force_downto *) input [S_WIDTH-1:0] S;
  (* force_downto *) output [WIDTH-1:0] Y;
  localparam GROUP = 3;
  localparam GROUPS = (S_WIDTH + GROUP - 1) / GROUP;
  wire none = ~|S;
  genvar bit, group, line;
  generate
    for (bit = 0; bit < WIDTH; bit = bit + 1) begin : bits
      wire [GROUPS-1:0] part;
      for (group = 0; group < GROUPS; group = group + 1) begin : groups
        wire [GROUP-1:0] term;
        for (line = 0; line < GROUP; line = line + 1) begin : lines
          if (group * GROUP + line < S_WIDTH)
            assign term[line] = S[group*GROUP+line] & B[(group*GROUP+line)*WIDTH+bit];
          else
            assign term[line] = 1'b0;
        end
        assign part[group] = ~|term;
      end
      assign Y[bit] = ~&part | (none & A[bit]);
    end
  endgenerate
endmodule

// A selection by a binary index of eight words or more: decode, then select by one-hot lines.
(* techmap_celltype = "$bmux" *)
module _select_by_index (A, S, Y);
  parameter WIDTH = 1;
  parameter S_WIDTH = 1;
  (* force_downto *) input [(WIDTH<<S_WIDTH)-1:0] A;
  (* force_downto *) input [S_WIDTH-1:0] S;
  (* force_downto *) output [WIDTH-1:0] Y;
  wire _TECHMAP_FAIL_ = S_WIDTH < 3 || S_WIDTH > 6;
  localparam WORDS = 1 << S_WIDTH;
  wire [WORDS-1:0] lines;
  genvar word;
  generate
    for (word = 0; word < WORDS; word = word + 1) begin : words
      assign lines[word] = S == word;
    end
  endgenerate
  \$pmux #(.WIDTH(WIDTH), .S_WIDTH(WORDS)) select (
    .A({WIDTH{1'b0}}), .B(A), .S(lines), .Y(Y)
  );
endmodule

// The same written as a shift: the low bits of the shift amount are zero when words of a power of
// two are selected.
(* techmap_celltype = "$shiftx" *)
module _select_by_shift (A, B, Y);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  parameter _TECHMAP_CONSTMSK_B_ = 0;
  parameter _TECHMAP_CONSTVAL_B_ = 0;
  (* force_downto *) input [A_WIDTH-1:0] A;
  (* force_downto *) input [B_WIDTH-1:0] B;
  (* force_downto *) output [Y_WIDTH-1:0] Y;

  function integer zeros;
    input integer unused;
    integer i;
    begin
      zeros = 0;
      for (i = B_WIDTH - 1; i >= 0; i = i - 1)
        if (!(_TECHMAP_CONSTMSK_B_[i] && !_TECHMAP_CONSTVAL_B_[i])) zeros = 0;
        else zeros = zeros + 1;
    end
  endfunction

  localparam LOW = zeros(0);
  localparam INDEX = B_WIDTH - LOW;
  wire _TECHMAP_FAIL_ = B_SIGNED || INDEX < 3 || INDEX > 6 || Y_WIDTH > (1 << LOW);
  localparam WORDS = 1 << (INDEX < 1 || INDEX > 6 ? 1 : INDEX);
  wire [(WORDS<<LOW)+Y_WIDTH-1:0] padded = A;
  wire [WORDS*Y_WIDTH-1:0] words;
  genvar word;
  generate
    if (INDEX >= 1 && INDEX <= 6) begin : mapped
      for (word = 0; word < WORDS; word = word + 1) begin : each
        assign words[word*Y_WIDTH+:Y_WIDTH] = padded[(word<<LOW)+:Y_WIDTH];
      end
      \$bmux #(.WIDTH(Y_WIDTH), .S_WIDTH(INDEX)) select (.A(words), .S(B[B_WIDTH-1:LOW]), .Y(Y));
    end
  endgenerate
endmodule

// A carry chain as a ripple, the smallest there is; yosys makes a prefix tree of it.
(* techmap_celltype = "$lcu" *)
module _ripple_carry (P, G, CI, CO);
  parameter WIDTH = 1;
  (* force_downto *) input [WIDTH-1:0] P, G;
  input CI;
  (* force_downto *) output [WIDTH-1:0] CO;
  genvar bit;
  generate
    for (bit = 0; bit < WIDTH; bit = bit + 1) begin : bits
      if (bit == 0) assign CO[0] = G[0] | (P[0] & CI);
      else assign CO[bit] = G[bit] | (P[bit] & CO[bit-1]);
    end
  endgenerate
endmodule

// Trees of 2:1 multiplexers that muxcover has found to be one selection of 8 or 16 bits.
module \$_MUX8_ (A, B, C, D, E, F, G, H, S, T, U, Y);
  input A, B, C, D, E, F, G, H, S, T, U;
  output Y;
  \$bmux #(.WIDTH(1), .S_WIDTH(3)) select (.A({H, G, F, E, D, C, B, A}), .S({U, T, S}), .Y(Y));
endmodule

module \$_MUX16_ (A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, S, T, U, V, Y);
  input A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, S, T, U, V;
  output Y;
  \$bmux #(.WIDTH(1), .S_WIDTH(4)) select (
    .A({P, O, N, M, L, K, J, I, H, G, F, E, D, C, B, A}), .S({V, U, T, S}), .Y(Y)
  );
endmodule
