# SPDX-License-Identifier: Apache-2.0
"""Tasks whose results are kept: in processes or on a cluster."""
