# SPDX-License-Identifier: Apache-2.0
"""What every layer uses and that knows no unit: errors, configurations as JSON, packages, locks."""
