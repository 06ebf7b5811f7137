# SPDX-License-Identifier: Apache-2.0
"""Volume runs: any number of scores through the unit, compiled to a shared library."""
