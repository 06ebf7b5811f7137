# SPDX-License-Identifier: Apache-2.0
"""Automatic mutants: small changes of the elaborated text, each of which a check must notice."""
