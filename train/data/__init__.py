# SPDX-License-Identifier: Apache-2.0
"""Models and texts: where they come from, and the scores of models on texts."""
