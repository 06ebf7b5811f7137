# SPDX-License-Identifier: Apache-2.0
"""ConSmax: configuration, law, solver of its tables, heads in a file."""
