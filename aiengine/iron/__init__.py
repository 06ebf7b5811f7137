# SPDX-License-Identifier: Apache-2.0
"""The design for NPUs, written with IRON, the Python of mlir-aie, and what replays data on it.

Modules here import mlir-aie (package `aie`), which is on no package registry: docs/aie.md says how
to get it. The rest of surmax.aie does without.
"""
