# SPDX-License-Identifier: Apache-2.0
"""Synthesis with yosys: scripts by target, the counted result, the kept netlist."""
