# SPDX-License-Identifier: Apache-2.0
import pytest
from surmax.golden import InputError
from surmax.synth import PnrResult, place_and_route_ecp5
from synth_samples import REGISTERS, UNIT


def test_place_and_route(cache, monkeypatch):
    result = place_and_route_ecp5(UNIT, "unit", cache=cache, seeds=(1, 2))
    assert len(result.fmax_mhz) == 2
    assert 30 < result.fmax_min <= result.fmax_median <= result.fmax_max < 400
    assert result.harness_ff == 29 + 2 * 21
    assert result.used["TRELLIS_FF"] == 117 + result.harness_ff
    assert result.used["TRELLIS_IO"] == 3
    assert result.available["TRELLIS_COMB"] == 83640
    assert PnrResult.from_json(result.to_json()) == result
    monkeypatch.setattr("surmax.synth.pnr.run_yosys", None)
    assert place_and_route_ecp5(UNIT, "unit", cache=cache, seeds=(1, 2)) == result


@pytest.mark.parametrize("seeds", [(), (0,), (-1, 2), (1.5,), ("1",)])
def test_bad_seeds(seeds, tmp_path):
    with pytest.raises(InputError, match="seeds"):
        place_and_route_ecp5(UNIT, "unit", cache=tmp_path, seeds=seeds)


def test_no_such_clock(tmp_path):
    with pytest.raises(InputError, match="clock is 'aclk': registers has no such input port"):
        place_and_route_ecp5(REGISTERS, "registers", cache=tmp_path, clock="aclk")
    assert list(tmp_path.iterdir()) == []
