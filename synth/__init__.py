# SPDX-License-Identifier: Apache-2.0
"""Synthesis and its measures: cells, FPGA resources, timing, energy, place and route.

Every stage takes Verilog or a mapped netlist and keeps its result in a folder under the digest of
its inputs.
"""

from surmax.synth.builds import route_build, synthesise_build
from surmax.synth.mapping.plain_netlist import need_library, plain_netlist
from surmax.synth.mapping.result import Cost, SynthResult, results_json
from surmax.synth.mapping.sky130 import cells_folder, fetch_sky130
from surmax.synth.mapping.synthesise import synthesise
from surmax.synth.mapping.targets import TARGET_NAMES, Target, resolve_target
from surmax.synth.pnr.route import PnrResult, place_and_route

__all__ = [
    "TARGET_NAMES",
    "Cost",
    "PnrResult",
    "SynthResult",
    "Target",
    "cells_folder",
    "fetch_sky130",
    "need_library",
    "place_and_route",
    "plain_netlist",
    "resolve_target",
    "results_json",
    "route_build",
    "synthesise",
    "synthesise_build",
]
