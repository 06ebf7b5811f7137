# SPDX-License-Identifier: Apache-2.0
"""Measurements of designs, the report's matrix and sweeps."""
