# SPDX-License-Identifier: Apache-2.0
"""Energy a score: event-driven simulation of the mapped netlist, and what its activity costs."""
