# SPDX-License-Identifier: Apache-2.0
"""Models with a normaliser a layer, and their weights."""
