# SPDX-License-Identifier: Apache-2.0
"""Hardware that all units share that go over whole rows."""
