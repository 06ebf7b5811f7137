# SPDX-License-Identifier: Apache-2.0
"""The AI Engine port: C++ kernels, their host build, and what checks them against golden."""
