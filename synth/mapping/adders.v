// SPDX-License-Identifier: Apache-2.0
// Full adders as they stand in simple gates, for yosys `extract`: inputs A B C, carry X, sum Y.
// The sum is always (A ^ B) ^ C; the modules differ in how the carry is written.

// A & B | C & (A ^ B): yosys' own adders, and the usual way to write one.
module surmax_full_adder_1 (input A, B, C, output X, Y);
  wire p, g, t;
  \$_XOR_ half (.A(A), .B(B), .Y(p));
  \$_XOR_ sum (.A(p), .B(C), .Y(Y));
  \$_AND_ generated (.A(A), .B(B), .Y(g));
  \$_AND_ propagated (.A(p), .B(C), .Y(t));
  \$_OR_ carry (.A(g), .B(t), .Y(X));
endmodule

// A & B | C & (A | B)
module surmax_full_adder_2 (input A, B, C, output X, Y);
  wire p, g, t, either;
  \$_XOR_ half (.A(A), .B(B), .Y(p));
  \$_XOR_ sum (.A(p), .B(C), .Y(Y));
  \$_AND_ generated (.A(A), .B(B), .Y(g));
  \$_OR_ any (.A(A), .B(B), .Y(either));
  \$_AND_ propagated (.A(either), .B(C), .Y(t));
  \$_OR_ carry (.A(g), .B(t), .Y(X));
endmodule

// A & B | A & C | B & C, the pair of the first exclusive or inside
module surmax_full_adder_3 (input A, B, C, output X, Y);
  wire p, ab, ac, bc, t;
  \$_XOR_ half (.A(A), .B(B), .Y(p));
  \$_XOR_ sum (.A(p), .B(C), .Y(Y));
  \$_AND_ first (.A(A), .B(B), .Y(ab));
  \$_AND_ second (.A(A), .B(C), .Y(ac));
  \$_AND_ third (.A(B), .B(C), .Y(bc));
  \$_OR_ two (.A(ab), .B(ac), .Y(t));
  \$_OR_ carry (.A(t), .B(bc), .Y(X));
endmodule

// The same, that pair outside
module surmax_full_adder_4 (input A, B, C, output X, Y);
  wire p, ab, ac, bc, t;
  \$_XOR_ half (.A(A), .B(B), .Y(p));
  \$_XOR_ sum (.A(p), .B(C), .Y(Y));
  \$_AND_ first (.A(A), .B(B), .Y(ab));
  \$_AND_ second (.A(A), .B(C), .Y(ac));
  \$_AND_ third (.A(B), .B(C), .Y(bc));
  \$_OR_ two (.A(ac), .B(bc), .Y(t));
  \$_OR_ carry (.A(t), .B(ab), .Y(X));
endmodule
