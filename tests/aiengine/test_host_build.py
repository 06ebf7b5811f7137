# SPDX-License-Identifier: Apache-2.0
import shutil
import sys
from threading import Thread

import numpy as np
import pytest
from surmax.aie import host_library
from surmax.aie.forms import form_named
from surmax.aie.host_build import KERNELS, CompileError, build_library, find_compiler
from surmax.aie.host_library import HostLibrary
from surmax.aie.layout import HEAD, ROW, aligned
from surmax.golden import InputError

ONE = [form_named("u8-clb-floor-15")]


@pytest.fixture(scope="module")
def path(build_folder):
    return build_library("aie-ml", build_folder / "aie", forms=ONE)


def test_the_same_sources_are_compiled_once(path, monkeypatch):
    monkeypatch.setattr("surmax.aie.host_build._run", None)
    folder = path.parent.parent
    assert build_library("aie-ml", folder, forms=ONE) == path
    assert path.parent.name.startswith("libsurmax_aie-ml-")
    assert path.name == "libsurmax_aie-ml.so"
    with pytest.raises(TypeError):
        build_library("aie", folder, forms=[form_named("u8-clb1-floor-15")])


def test_two_that_want_the_same_compile_it_once(tmp_path, monkeypatch):
    commands = []

    def run(command, architecture):
        commands.append(command)
        shutil.copy(find_compiler(), command[-1])

    monkeypatch.setattr("surmax.aie.host_build._run", run)
    threads = [Thread(target=build_library, args=("aie-ml", tmp_path)) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(commands) == 1
    assert len(list(tmp_path.glob("lib*"))) == 1


def test_a_kernel_that_does_not_compile_is_one_line(tmp_path):
    shutil.copytree(KERNELS, tmp_path / "kernels")
    file = tmp_path / "kernels" / "hccs_form.hpp"
    file.write_text(file.read_text() + "\nint broken(\n")
    with pytest.raises(CompileError) as error:
        build_library("aie-ml", tmp_path / "build", kernels=tmp_path / "kernels")
    text = str(error.value)
    assert "g++ cannot compile the kernels for aie-ml: " in text or "clang++" in text
    assert "error: " in text
    assert "\n" not in text
    assert list((tmp_path / "build").glob("lib*")) == []


def test_no_compiler_is_one_line(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"compiler must be a program on PATH, not 'icc'"):
        build_library("aie-ml", tmp_path, compiler="icc")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(InputError, match=r"none of g\+\+, clang\+\+ is on PATH"):
        build_library("aie-ml", tmp_path)
    monkeypatch.setenv("CXX", "none")
    with pytest.raises(InputError, match=r"none of none, g\+\+, clang\+\+ is on PATH"):
        build_library("aie-ml", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_architecture_that_there_is_not(tmp_path):
    with pytest.raises(InputError, match="architecture must be one of aie, aie-ml, aie-mlv2"):
        build_library("aie4", tmp_path)


def test_a_missing_cffi_is_one_line(path, monkeypatch):
    host_library._ffi.cache_clear()
    monkeypatch.setitem(sys.modules, "cffi", None)
    with pytest.raises(InputError, match="package cffi is not installed"):
        HostLibrary(path)


def test_a_file_that_is_no_library(tmp_path):
    (tmp_path / "lib.so").write_text("no")
    with pytest.raises(InputError, match="cannot be loaded"):
        HostLibrary(tmp_path / "lib.so")


def call(path, **changes):
    arrays = {
        "scores": aligned((2, 32), np.int8),
        "codes": aligned((2, 32), np.uint8),
        "rows": aligned((2,), ROW),
        "heads": aligned((1,), HEAD),
        "mask": None,
    }
    arrays["scores"][...] = 3
    arrays["rows"][:] = [(0, 32), (0, 16)]
    arrays["heads"][:] = [(512, 1, 100)]
    arguments = arrays | changes
    form = arguments.pop("form", ONE[0].words)
    HostLibrary(path).hccs(form, "rows", length=32, **arguments)
    return arguments["codes"]


def test_a_call(path):
    codes = call(path)
    # 32 equal scores: Z is 2**14, so that rho is 255 << 1 and a code 512 * 510 >> 15.
    assert codes[0].tolist() == [7] * 32
    assert codes[1].tolist() == [15] * 16 + [0] * 16


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"form": "u8 div floor 15"},
            r"kernel must be one of the 1 in libsurmax_aie-ml.*, not 'u8 div floor 15'",
        ),
        ({"scores": aligned((2, 32), np.int16)}, "array must have dtype int8, not int16"),
        ({"scores": aligned((2, 64), np.int8)[:, ::2]}, "array must be contiguous"),
        (
            {"codes": aligned((2, 33), np.uint8).ravel()[1:65]},
            "array must start at a multiple of 64 bytes, not",
        ),
        ({"rows": aligned((2,), np.uint32)}, r"array must have dtype .*, not uint32"),
    ],
)
def test_arrays_that_a_kernel_must_not_get(path, changes, message):
    with pytest.raises(InputError, match=message):
        call(path, **changes)
