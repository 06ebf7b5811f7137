# SPDX-License-Identifier: Apache-2.0
"""Modules in the place of softmax: HCCS, ConSmax, softmax, and wrappers around them."""
