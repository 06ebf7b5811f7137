# SPDX-License-Identifier: Apache-2.0
"""Surmax synthesis: a design and a target in, counted cells out, kept by content."""

from surmax.synth.fetch import cells_folder, fetch_sky130
from surmax.synth.flow import synthesise
from surmax.synth.netlist import need_library, plain_netlist
from surmax.synth.pnr import PnrResult, place_and_route
from surmax.synth.result import Measure, SynthResult
from surmax.synth.table import render_table, results_json
from surmax.synth.targets import TARGET_NAMES, Target, resolve_target

__all__ = [
    "TARGET_NAMES",
    "Measure",
    "PnrResult",
    "SynthResult",
    "Target",
    "cells_folder",
    "fetch_sky130",
    "need_library",
    "place_and_route",
    "plain_netlist",
    "render_table",
    "resolve_target",
    "results_json",
    "synthesise",
]
