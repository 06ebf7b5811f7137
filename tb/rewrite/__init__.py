# SPDX-License-Identifier: Apache-2.0
"""Edit generated Verilog by the names of its modules and signals."""
