# SPDX-License-Identifier: Apache-2.0
"""The design for NPUs, written with IRON (the Python interface of mlir-aie), and its replay.

These modules import mlir-aie (Python package `aie`), which is on no package registry: docs/aie.md
says how to get it. The rest of surmax.aie does not need it.
"""
