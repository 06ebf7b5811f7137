# SPDX-License-Identifier: Apache-2.0
"""HCCS on the command line."""
