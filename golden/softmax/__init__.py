# SPDX-License-Identifier: Apache-2.0
"""The integer softmax: configuration and law."""
