# SPDX-License-Identifier: Apache-2.0
"""The AI Engine port: C++ kernels, their build for this machine, and checks against golden."""
