# SPDX-License-Identifier: Apache-2.0
import resource
import shutil

import numpy as np
import pytest
from surmax.golden import CONSMAX_PRESETS, InputError, solve_tables
from surmax.rtl import ConsmaxBuild, verilog
from surmax.tb.consmax.volume_beats import random_tables
from surmax.tb.rewrite.drive import drive
from surmax.tb.run.simulators import available
from surmax.tb.volume.compile import ModelError, compile_model
from surmax.tb.volume.run import run_volume

pytestmark = pytest.mark.skipif(
    "verilator" not in available(), reason="Verilator or its C++ compiler is missing"
)

SMALL = ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=2, heads=3, stages=2)


def quick(build, scores, sim_folder, **options):
    return run_volume(build, scores, folder=sim_folder, optimise=False, **options)


def faulty(build, port, wrong):
    """Return the Verilog of `build` with another value at one of its ports."""
    return drive(verilog(build), build.top_module, port, wrong)


@pytest.mark.parametrize(
    "build",
    [
        SMALL,
        ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=9, stages=4, adders="cells"),
        ConsmaxBuild(CONSMAX_PRESETS["paper"], lanes=1, heads=2),
        ConsmaxBuild(CONSMAX_PRESETS["precise"], lanes=3, heads=2, stages=3),
        ConsmaxBuild(
            CONSMAX_PRESETS["small"],
            lanes=2,
            heads=2,
            storage="constant",
            tables=tuple(
                solve_tables(CONSMAX_PRESETS["small"], scale=scale, beta=1.0, gamma=9.0)
                for scale in (0.03, 0.05)
            ),
        ),
    ],
    ids=["small", "cells", "paper", "precise", "constant"],
)
def test_every_score_is_golden(build, sim_folder):
    result = quick(build, 30_000, sim_folder)
    assert result.passed, result
    assert result.exhaustive
    assert result.scores >= 30_000
    assert result.cycles > result.beats  # there were stalls
    assert (result.reloads > 0) == (build.storage == "loadable")


def test_mixed_heads_show_all_65536_scores(sim_folder):
    build = ConsmaxBuild(CONSMAX_PRESETS["mixed"], lanes=2, heads=2, stages=2)
    kinds = {random_tables(build.config, np.random.default_rng(n)).config for n in range(9)}
    assert kinds == {build.config, build.config.narrow}
    result = quick(build, 500_000, sim_folder, seed=3)
    assert result.passed, result
    assert result.exhaustive


def test_no_stalls_is_one_beat_a_cycle(sim_folder):
    result = quick(SMALL, 20_000, sim_folder, stalls=False)
    assert result.passed
    # Each of some two hundred calls ends with a few cycles without an input.
    assert result.cycles < result.beats + 1200


def test_workers_share_the_work(sim_folder):
    calls = []
    result = quick(SMALL, 200_000, sim_folder, workers=3, progress=lambda *now: calls.append(now))
    assert result.passed
    assert result.exhaustive
    assert (result.workers, calls[-1]) == (3, (200_000, 200_000))
    again = quick(SMALL, 200_000, sim_folder, workers=3)
    assert (again.cycles, again.beats) == (result.cycles, result.beats)  # the seed decides all


def test_a_wrong_code_is_found_and_named(sim_folder):
    text = faulty(SMALL, "m_codes", "right ^ 256")
    result = quick(SMALL, 10_000, sim_folder, text=text)
    assert not result.passed
    found = result.first_mismatch
    assert found["lane"] == 1
    assert found["got"] == found["expected"] ^ 1
    assert result.to_json()["mismatches"] == result.mismatches > 4_000


def test_a_wrong_last_bit_is_found(sim_folder):
    text = faulty(SMALL, "m_last", "1'b0")
    result = quick(SMALL, 10_000, sim_folder, text=text)
    assert result.last_mismatches > 100
    assert result.mismatches == 0
    assert not result.passed


def test_interrupt_leaves_a_partial_result(sim_folder):
    def stop(done, wanted):
        if done:
            raise KeyboardInterrupt

    result = quick(SMALL, 10**9, sim_folder, progress=stop)
    assert result.interrupted
    assert 0 < result.scores < 10**9
    assert result.passed


def test_a_model_is_compiled_once(sim_folder, tmp_path):
    text = verilog(SMALL)
    compile_model(SMALL, text, sim_folder, optimise=False)
    # What all models share is taken along; the folder itself may be in use.
    for kept in (*sim_folder.glob("verilated*"), *sim_folder.glob("headers-*")):
        shutil.copytree(kept, tmp_path / kept.name)
    library = compile_model(SMALL, text, tmp_path, optimise=False)
    before = library.stat().st_mtime_ns
    assert compile_model(SMALL, text, tmp_path, optimise=False) == library
    assert library.stat().st_mtime_ns == before
    folders = {path.name.split("-")[0] for path in tmp_path.iterdir()}
    assert folders == {"volume", "verilated", "verilated_threads", "headers"}


def test_bad_verilog_leaves_nothing(tmp_path):
    with pytest.raises(ModelError, match="verilator failed"):
        quick(SMALL, 10, tmp_path, text=f"module {SMALL.top_module}(; endmodule")
    assert not list(tmp_path.glob("volume-*"))


def test_bad_arguments(sim_folder, monkeypatch, tmp_path):
    axi = ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=2, top="axi")
    with pytest.raises(InputError, match="top must be stream, not 'axi'"):
        quick(axi, 10, sim_folder)
    with pytest.raises(InputError, match="scores must be 1 to"):
        quick(SMALL, 0, sim_folder)
    with pytest.raises(InputError, match="workers must be 1 to 64"):
        quick(SMALL, 10, sim_folder, workers=65)
    text = verilog(SMALL)
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(InputError, match=r"c\+\+ is not on PATH"):
        quick(SMALL, 10, tmp_path, text=text)


@pytest.mark.soak
def test_1e8_scores_in_bounded_memory(sim_folder):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = run_volume(ConsmaxBuild(CONSMAX_PRESETS["small"]), 10**8, folder=sim_folder)
    assert result.passed
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KiB
