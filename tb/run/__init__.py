# SPDX-License-Identifier: Apache-2.0
"""Simulators: found, compiled for, run and read back."""
