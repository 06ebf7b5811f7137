# SPDX-License-Identifier: Apache-2.0
"""The benches of HCCS: model, statements, faults."""
