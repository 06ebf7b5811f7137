# SPDX-License-Identifier: Apache-2.0
"""Units on the command line: the options of their builds."""
