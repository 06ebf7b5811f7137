# SPDX-License-Identifier: Apache-2.0
"""Builds and data for devices."""
