# SPDX-License-Identifier: Apache-2.0
"""What synthesis and the report know of each unit."""
