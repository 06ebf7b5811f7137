# SPDX-License-Identifier: Apache-2.0
"""Synthesis and place and route of a build: its Verilog is made on the way."""

from collections.abc import Sequence
from pathlib import Path

from surmax.rtl import Build, verilog
from surmax.synth.mapping.result import SynthResult
from surmax.synth.mapping.synthesise import synthesise
from surmax.synth.mapping.targets import Target
from surmax.synth.pnr.route import PnrResult, place_and_route


def synthesise_build(
    build: Build,
    target: Target,
    *,
    cache: Path,
    clock_gating: bool = True,
    period_ns: float | None = None,
    transistors: bool = True,
) -> SynthResult:
    """Return the mapped build with the cost of each of its parts; as `synthesise` otherwise."""
    return synthesise(
        verilog(build),
        build.top_module,
        target,
        cache=cache,
        clock_gating=clock_gating,
        parts=build.parts,
        period_ns=period_ns,
        transistors=transistors,
    )


def route_build(build: Build, family: str, *, cache: Path, seeds: Sequence[int]) -> PnrResult:
    """Return the clock rate of a build on the device of an FPGA family, as `place_and_route`."""
    return place_and_route(verilog(build), build.top_module, family, cache=cache, seeds=seeds)
