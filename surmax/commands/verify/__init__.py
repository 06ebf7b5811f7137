# SPDX-License-Identifier: Apache-2.0
"""Commands that verify: benches, the whole flow, speeds."""
