# SPDX-License-Identifier: Apache-2.0
"""Tools that Verilog goes through: yosys, lint."""
