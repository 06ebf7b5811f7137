# SPDX-License-Identifier: Apache-2.0
"""Benches of the units that go over whole rows: one implementation, a small part for each unit."""
