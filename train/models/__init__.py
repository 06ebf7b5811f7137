# SPDX-License-Identifier: Apache-2.0
"""Transformer models whose normaliser can be replaced, layer by layer."""
