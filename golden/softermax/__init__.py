# SPDX-License-Identifier: Apache-2.0
"""Softermax: configuration and law."""
