# SPDX-License-Identifier: Apache-2.0
"""The integer softmax on the command line."""
