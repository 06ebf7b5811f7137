# SPDX-License-Identifier: Apache-2.0
"""Formal proofs and planted faults."""
