# SPDX-License-Identifier: Apache-2.0
"""The benches of the integer softmax: model, statements, faults."""
