# SPDX-License-Identifier: Apache-2.0
"""Constants of ConSmax from scores."""
