# SPDX-License-Identifier: Apache-2.0
"""Volume runs: as many scores as wanted through the unit as a compiled library."""
