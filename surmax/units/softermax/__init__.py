# SPDX-License-Identifier: Apache-2.0
"""Softermax on the command line."""
