# SPDX-License-Identifier: Apache-2.0
"""A unit of another distribution: code = score, masked positions give 0."""
