# SPDX-License-Identifier: Apache-2.0
"""Constants of HCCS from scores."""
