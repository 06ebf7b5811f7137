# SPDX-License-Identifier: Apache-2.0
"""Static timing of mapped netlists, and drive strengths chosen by it."""
