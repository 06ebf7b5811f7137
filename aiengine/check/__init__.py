# SPDX-License-Identifier: Apache-2.0
"""Comparison of the kernels with golden on this machine."""
