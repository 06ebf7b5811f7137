# SPDX-License-Identifier: Apache-2.0
"""Designs of HCCS."""
