# SPDX-License-Identifier: Apache-2.0
"""Constants of the Softermax from scores."""
