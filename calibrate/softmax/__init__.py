# SPDX-License-Identifier: Apache-2.0
"""Constants of the integer softmax from scores."""
