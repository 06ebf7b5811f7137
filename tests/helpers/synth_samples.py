# SPDX-License-Identifier: Apache-2.0
"""Small designs of the shape that synthesis is tuned for."""

STORAGE = """
module table_storage (
    input clk, input write, input [3:0] address, input [5:0] data, output [95:0] words);
  genvar i;
  generate for (i = 0; i < 16; i = i + 1) begin : entry
    reg [5:0] word;
    assign words[6*i +: 6] = word;
    always @(posedge clk) if (write && address == i) word <= data;
  end endgenerate
endmodule
"""

# A read of 16 words and a 6 x 4 bit product by full adders, written by hand.
LANE = """
module full_adder (input a, b, c, output sum, carry);
  assign sum = a ^ b ^ c;
  assign carry = (a & b) | (c & (a ^ b));
endmodule

module lane (input [3:0] index, input [3:0] factor, input [95:0] words, output [9:0] product);
  wire [5:0] word = words[6*index +: 6];
  wire [9:0] rows [0:3], sums [0:3];
  genvar r, c;
  generate
    for (r = 0; r < 4; r = r + 1) begin : row
      assign rows[r] = (factor[r] ? word : 6'd0) << r;
      if (r == 0) assign sums[0] = rows[0];
      else begin : add
        wire [10:0] carry;
        assign carry[0] = 1'b0;
        for (c = 0; c < 10; c = c + 1) begin : column
          full_adder fa (
            .a(rows[r][c]), .b(sums[r-1][c]), .c(carry[c]), .sum(sums[r][c]), .carry(carry[c+1]));
        end
      end
    end
  endgenerate
  assign product = sums[3];
endmodule
"""

UNIT = (
    STORAGE
    + LANE
    + """
module unit (
    input clk, input rst, input write, input [3:0] address, input [5:0] data,
    input enable, input [15:0] codes, output reg [19:0] products, output reg valid);
  wire [95:0] words;
  wire [19:0] next;
  table_storage tables (.clk(clk), .write(write), .address(address), .data(data), .words(words));
  lane lane0 (.index(codes[3:0]), .factor(codes[7:4]), .words(words), .product(next[9:0]));
  lane lane1 (.index(codes[11:8]), .factor(codes[15:12]), .words(words), .product(next[19:10]));
  always @(posedge clk) begin
    if (rst) valid <= 1'b0; else valid <= enable;
    if (enable) products <= next;
  end
endmodule
"""
)

# Enables with and without reset: all that state mapping does, and small enough to prove.
REGISTERS = """
module registers (
    input clk, input rst, input load, input [3:0] d, output reg [3:0] plain, kept, cleared, both);
  always @(posedge clk) begin
    plain <= d ^ kept;
    if (load) kept <= d + plain;
    if (rst) cleared <= 0; else if (load) cleared <= cleared + d;
    if (load) begin if (rst) both <= 4'd5; else both <= both - d; end
  end
endmodule
"""
