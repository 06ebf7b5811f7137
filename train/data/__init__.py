# SPDX-License-Identifier: Apache-2.0
"""Texts, packages and scores of models."""
