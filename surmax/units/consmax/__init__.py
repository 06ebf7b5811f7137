# SPDX-License-Identifier: Apache-2.0
"""ConSmax on the command line."""
