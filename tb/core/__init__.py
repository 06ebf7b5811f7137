# SPDX-License-Identifier: Apache-2.0
"""What all benches share and that needs no simulator: model, plan, beats, coverage, scoreboard."""
