# SPDX-License-Identifier: Apache-2.0
"""Benches of HCCS: model, proofs, faults."""
