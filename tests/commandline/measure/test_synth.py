# SPDX-License-Identifier: Apache-2.0
import json

import pytest
from click.testing import CliRunner
from surmax.golden import InputError
from surmax.synth import Cost, PnrResult, SynthResult

from surmax.app import app
from surmax.commands.measure import synth as command


@pytest.fixture
def run(monkeypatch):
    """Run `surmax synth consmax` with counts and rates that are made up; ice40 is too small."""

    def count(build, target, *, cache, clock_gating):
        total = Cost(lut=700, ff=80, carry=6, dsp=0, bram=0)
        return SynthResult(
            target=target.name,
            top=build.top_module,
            library=target.name,
            corner="",
            tool="yosys",
            recipe="",
            clock_gating=clock_gating,
            period_ns=None,
            digest="",
            total=total,
            parts={},
        )

    def route(build, family, *, cache, seeds):
        return PnrResult(
            top=build.top_module,
            family=family,
            device=f"a {family}",
            tools=("yosys", "nextpnr"),
            digest="",
            seeds=(1, 2, 3),
            fmax_mhz=() if family == "ice40" else (40.0, 41.2, 38.6),
            used={},
            available={},
            utilisation={"lut": (750, 700 if family == "ice40" else 9000)},
            harness_ff=0,
        )

    monkeypatch.setattr(command, "synthesise_build", count)
    monkeypatch.setattr(command, "route_build", route)
    monkeypatch.setattr("surmax.common.extras.find_spec", lambda name: True)

    def invoke(*arguments):
        return CliRunner().invoke(app, ["synth", "consmax", *arguments], catch_exceptions=False)

    return invoke


def test_rates_stand_in_the_table_and_below(run):
    shown = run("--pnr", "--target", "ecp5", "--target", "ice40", "--target", "xilinx7").stdout
    rows = {line.split()[1]: line for line in shown.splitlines() if "total" in line}
    assert "39 / 40 / 41" in rows["ecp5"]
    assert "does not fit" in rows["ice40"]
    assert "/" not in rows["xilinx7"]
    assert "a ecp5: 39 / 40 / 41 MHz (min / median / max of 3 seeds); 750 of 9000 lut" in shown
    assert "a ice40: does not fit (750 of 700 lut)" in shown


def test_rates_are_in_the_json(run):
    told = json.loads(run("--pnr", "--target", "gowin", "--json").stdout)
    assert [one["family"] for one in told["place_and_route"]] == ["gowin"]
    assert "place_and_route" not in json.loads(run("--target", "gowin", "--json").stdout)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "--pnr without one of its targets: ecp5, ice40, gowin"),
        (("--target", "xilinx7"), "--pnr without one of its targets"),
        (("--target", "ecp5", "--top", "axi"), "top must be stream with --pnr, not 'axi'"),
    ],
)
def test_what_cannot_be_routed_is_one_line(run, options, message):
    with pytest.raises(InputError, match=message):
        run("--pnr", *options)
