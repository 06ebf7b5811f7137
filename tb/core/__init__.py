# SPDX-License-Identifier: Apache-2.0
"""Parts of all benches that need no simulator: model, plan, beats, coverage, scoreboard."""
