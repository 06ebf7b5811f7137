# SPDX-License-Identifier: Apache-2.0
"""What is built for a device: calls of one tile, graphs, and their data."""
