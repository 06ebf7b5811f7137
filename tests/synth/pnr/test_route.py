# SPDX-License-Identifier: Apache-2.0

from dataclasses import replace

import pytest
from helpers.synth_samples import REGISTERS, UNIT
from surmax.golden import InputError
from surmax.synth import PnrResult, place_and_route
from surmax.synth.mapping.synthesise import synthesise
from surmax.synth.mapping.targets import resolve_target
from surmax.synth.pnr import devices as pnr_devices
from surmax.synth.pnr.route import PnrError

# The clock rates that are plausible for a table read and a small product, MHz.
PLAUSIBLE = {"ecp5": (30, 200), "ice40": (30, 150), "gowin": (50, 250)}


@pytest.mark.parametrize(("family", "seeds"), [("ecp5", (1, 2)), ("ice40", (3,)), ("gowin", (1,))])
def test_place_and_route(family, seeds, cache, monkeypatch):
    pytest.importorskip(pnr_devices.DEVICES[family].module)
    result = place_and_route(UNIT, "unit", family, cache=cache, seeds=seeds)
    low, high = PLAUSIBLE[family]
    assert len(result.fmax_mhz) == len(seeds)
    assert low < result.fmax_min <= result.fmax_median <= result.fmax_max < high
    assert result.harness_ff == 29 + 2 * 21
    alone = synthesise(UNIT, "unit", resolve_target(family), cache=cache).total
    used, available = result.utilisation["lut"]
    assert alone.lut <= used < available
    if "ff" in result.utilisation:  # an iCE40 cell is a LUT and its flip-flop
        assert result.utilisation["ff"][0] == alone.ff + result.harness_ff == 188
    assert f"{result.fmax_min:.0f} / " in result.summary()
    assert PnrResult.from_json(result.to_json()) == result
    monkeypatch.setattr("surmax.synth.pnr.route.run_yosys", None)
    assert place_and_route(UNIT, "unit", family, cache=cache, seeds=seeds) == result


def test_a_design_that_does_not_fit_is_a_result(tmp_path, monkeypatch):
    device = pnr_devices.DEVICES["ice40"]
    pytest.importorskip(device.module)
    cells = {"lut": "ICESTORM_LC"}
    small = replace(device, arguments=("--lp384", "--package", "qn32"), blocks=cells)
    monkeypatch.setitem(pnr_devices.DEVICES, "ice40", small)
    result = place_and_route(UNIT, "unit", "ice40", cache=tmp_path)
    assert not result.fits
    assert (result.fmax_mhz, result.fmax_min, result.fmax_median) == ((), None, None)
    used, available = result.utilisation["lut"]
    assert used > available == 384
    assert result.summary().startswith(f"iCE40 HX8K, CT256: does not fit ({used} of 384 lut")
    assert PnrResult.from_json(result.to_json()) == result


def test_another_failure_of_nextpnr_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr("surmax.synth.pnr.route._FREQUENCY", "fast")
    with pytest.raises(PnrError, match="nextpnr failed"):
        place_and_route(REGISTERS, "registers", "ecp5", cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seeds", [(), (0,), (-1, 2), (1.5,), ("1",)])
def test_bad_seeds(seeds, tmp_path):
    with pytest.raises(InputError, match="seeds"):
        place_and_route(UNIT, "unit", "ecp5", cache=tmp_path, seeds=seeds)


def test_no_such_clock(tmp_path):
    with pytest.raises(InputError, match="clock must be an input port of registers, not 'aclk'"):
        place_and_route(REGISTERS, "registers", "ecp5", cache=tmp_path, clock="aclk")
    assert list(tmp_path.iterdir()) == []


def test_no_such_family(tmp_path):
    with pytest.raises(InputError, match="family must be one of ecp5, ice40, gowin, not 'x"):
        place_and_route(UNIT, "unit", "xilinx7", cache=tmp_path)


def test_a_package_that_is_absent_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("surmax.common.extras.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"gowin is not installed: .*surmax\[fpga\]"):
        place_and_route(UNIT, "unit", "gowin", cache=tmp_path)
