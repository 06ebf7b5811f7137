# SPDX-License-Identifier: Apache-2.0
"""Builds for a device: calls of one tile, graphs, and their data."""
