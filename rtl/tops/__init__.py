# SPDX-License-Identifier: Apache-2.0
"""Tops around any unit: flat streams, AXI, files beside the Verilog."""
