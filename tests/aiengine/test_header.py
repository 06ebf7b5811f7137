# SPDX-License-Identifier: Apache-2.0
import subprocess
from dataclasses import replace

import pytest
from helpers.aie_samples import HEADS, consmax_file, hccs_file
from surmax.aie.forms import ARCHITECTURES, FORMS, form_named, form_of
from surmax.aie.header import aie_header
from surmax.aie.host_build import HOST, KERNELS, find_compiler, host_flags
from surmax.aie.limits import check_kernel
from surmax.golden import HCCS_PRESETS, HccsConfig, HccsConstants, InputError, load_constants

HCCS_TEXT = """\
// SPDX-License-Identifier: Apache-2.0
// Written by `surmax aie header` from heads.json. Do not edit.
#pragma once

#include "hccs_form.hpp"

namespace surmax::heads
{

using Form = HccsForm<Output::u8, Reciprocal::div, Rounding::floor, 15>;

// The constants are legal for rows of up to LENGTH positions, any of them masked.
inline constexpr unsigned LENGTH = 64;
inline constexpr bool MASKED = true;
inline constexpr unsigned COUNT = 3;

// B, S, Dmax of each head.
alignas(64) inline constexpr HccsHead TABLE[COUNT] = {
    {500, 7, 60}, // layer 0 head 0, scale 0.05
    {256, 2, 127}, // layer 0 head 1, scale 0.05
    {511, 0, 0}, // layer 0 head 2, scale 0.05
};

} // namespace surmax::heads
"""


def compiles(tmp_path, header, body, architecture):
    (tmp_path / "heads.hpp").write_text(header)
    (tmp_path / "use.cpp").write_text(f'#include "heads.hpp"\n{body}\n')
    flags = [*host_flags(architecture), f"-I{HOST}", f"-I{KERNELS}", "-fsyntax-only"]
    command = [find_compiler(), *flags, str(tmp_path / "use.cpp")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_header_of_hccs(tmp_path):
    text = aie_header(hccs_file(tmp_path / "heads.json"))
    assert text == HCCS_TEXT
    body = (
        "static_assert(surmax::heads::TABLE[1].Dmax == 127 && surmax::heads::TABLE[2].B == 511);\n"
        "static_assert(surmax::heads::Form::FRACTION_BITS == 15);"
    )
    compiles(tmp_path, text, body, "aie-ml")


def test_header_for_rows_that_are_never_masked(tmp_path):
    constants = (HccsConstants(100, 1, 96),)
    path = hccs_file(tmp_path / "c.json", HCCS_PRESETS["div16"], constants, 300, False)
    text = aie_header(path)
    assert "rows of LENGTH positions, none of them masked" in text
    assert "MASKED = false" in text
    assert "Output::i16, Reciprocal::div, Rounding::floor, 0" in text


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_header_of_consmax(tmp_path, architecture):
    path = consmax_file(tmp_path / "c.json")
    codes = load_constants(path).heads[1].tables.codes
    table = "TABLE[1].codes" if architecture == "aie" else "TABLE[1].cd"
    # Score 0 is byte 0, score -1 byte 255, the last one in either layout.
    last = 255 if architecture == "aie" else 511
    body = (
        f"static_assert(surmax::heads::{table}[0] == {codes[128]});\n"
        f"static_assert(surmax::heads::{table}[{last}] == {codes[127]});\n"
        "static_assert(surmax::heads::OUTPUT_BITS == 8);"
    )
    compiles(tmp_path, aie_header(path), body, architecture)


def test_forms_cover_every_preset_by_name():
    assert len({form.name for form in FORMS}) == len(FORMS) == 15
    for config in HCCS_PRESETS.values():
        form = form_of(config)
        assert form_named(form.name) is form
        assert form.config(config.min_sum) == config or config.fraction_bits == 0


def test_rounding_means_nothing_without_fraction_bits():
    assert form_of(HccsConfig(output="i16", rounding="nearest")).name == "i16-div-floor-0"


@pytest.mark.parametrize(
    ("config", "constants", "length", "masked", "message"),
    [
        ({"fraction_bits": 14}, HEADS[0], 64, True, "config must be of a kernel, one of u8-div-"),
        ({"sum_bits": 16}, HEADS[0], 64, True, "sum_bits must be at most 15, not 16 in the"),
        ({}, HEADS[0], 0, True, "length must be 1 to 65535, not 0"),
        ({}, HEADS[0], 66, True, "length*B must be at most 2**sum_bits - 1 = 32767"),
        (
            {},
            HccsConstants(255, 0, 0),
            64,
            True,
            "B must be at least min_sum = 256 where positions can be masked, not 255",
        ),
        (
            {},
            HccsConstants(100, 1, 97),
            64,
            False,
            "length*(B - S*Dmax) must be at least min_sum = 256",
        ),
        (
            {"min_sum": 128},
            HccsConstants(255, 0, 0),
            64,
            True,
            "rho must have at most 15 bits in the kernel u8-div-floor-15, not 16 at the least row "
            "sum 255 (HccsConstants(B=255, S=0, Dmax=0))",
        ),
        (
            {"min_sum": 128, "reciprocal": "clb"},
            HccsConstants(255, 0, 0),
            64,
            True,
            "in the kernel u8-clb-floor-15, not 16 at the least row sum 255",
        ),
        (
            {"output": "i16", "fraction_bits": 15, "min_sum": 128},
            HccsConstants(255, 0, 0),
            64,
            True,
            "in the kernel i16-div-floor-15, not 23 at the least row sum 255 (",
        ),
        (
            {"fraction_bits": 22, "rounding": "nearest", "sum_bits": 22, "min_sum": 128},
            HccsConstants(255, 0, 0),
            64,
            True,
            "in the kernel u8-div-nearest-22, not 23 at the least row sum 255",
        ),
        (
            {"output": "i16", "min_sum": 1},
            HccsConstants(99, 100, 0),
            64,
            True,
            "S*rho must be at most 32767 in the kernel i16-div-floor-0, not 33000 at the least row "
            "sum 99 (HccsConstants(B=99, S=100, Dmax=0))",
        ),
    ],
)
def test_what_the_kernels_cannot_do_is_refused_by_its_bound(
    config, constants, length, masked, message
):
    with pytest.raises(InputError) as error:
        check_kernel(HccsConfig(**config), constants, length, masked=masked)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_the_bounds_themselves_are_taken():
    check_kernel(HccsConfig(min_sum=128), HccsConstants(256, 0, 0), 64, masked=True)
    check_kernel(HccsConfig(output="i16", min_sum=1), HccsConstants(99, 99, 0), 64, masked=True)
    # One position counts B, every other one the floor.
    config = HccsConfig(min_sum=256)
    check_kernel(config, HccsConstants(127, 1, 126), 256, masked=False)


def test_a_refused_file_names_its_head(tmp_path):
    config = replace(HCCS_PRESETS["div"], min_sum=128)
    path = hccs_file(tmp_path / "c.json", config, (*HEADS[:2], HccsConstants(130, 1, 1)))
    with pytest.raises(InputError, match="layer 0 head 2: rho must have at most 15 bits"):
        aie_header(path)


def test_tables_of_16_bit_scores_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"score_bits must be 8 in the kernel, .*, not 16"):
        aie_header(consmax_file(tmp_path / "c.json", "mixed"))
