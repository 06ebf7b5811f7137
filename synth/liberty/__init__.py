# SPDX-License-Identifier: Apache-2.0
"""Liberty files: their grammar, cells for mapping, tables for timing and energy."""
