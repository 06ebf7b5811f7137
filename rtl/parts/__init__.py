# SPDX-License-Identifier: Apache-2.0
"""Hardware parts that know no unit: multiplier, divider, buffers, maximum, logic."""
