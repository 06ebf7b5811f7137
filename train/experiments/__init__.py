# SPDX-License-Identifier: Apache-2.0
"""Accuracy experiments and their records."""
