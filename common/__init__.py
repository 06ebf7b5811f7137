# SPDX-License-Identifier: Apache-2.0
"""Code of all layers that knows no unit: errors, JSON, digests, packages, tools, locks."""
