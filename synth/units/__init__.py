# SPDX-License-Identifier: Apache-2.0
"""The units as synthesis and the report know them."""
