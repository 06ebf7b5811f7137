# SPDX-License-Identifier: Apache-2.0
"""Training: optimiser groups, fine-tuning in pieces, learned HCCS constants."""
