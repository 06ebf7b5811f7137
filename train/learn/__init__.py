# SPDX-License-Identifier: Apache-2.0
"""Training and learned constants."""
