# SPDX-License-Identifier: Apache-2.0
"""Surmax golden models: the integer law that every other body must equal, bit for bit."""

from surmax.golden.errors import InputError, check_choice, check_range

__all__ = ["InputError", "check_choice", "check_range"]
