# SPDX-License-Identifier: Apache-2.0
"""From attention scores to head constants, with NumPy alone."""
