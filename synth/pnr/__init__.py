# SPDX-License-Identifier: Apache-2.0
"""Place and route of a unit on an FPGA, for the clock rate that it reaches."""
