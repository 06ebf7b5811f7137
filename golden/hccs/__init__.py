# SPDX-License-Identifier: Apache-2.0
"""HCCS: configuration, law, heads in a file."""
