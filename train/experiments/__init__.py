# SPDX-License-Identifier: Apache-2.0
"""Accuracy experiments on real models: language, sentiment and scratch."""
