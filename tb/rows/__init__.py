# SPDX-License-Identifier: Apache-2.0
"""Benches of row units: tests, coverage and stimulus that all of them share."""
