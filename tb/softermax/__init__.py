# SPDX-License-Identifier: Apache-2.0
"""Benches of Softermax: model, proofs, faults."""
