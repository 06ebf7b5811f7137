# SPDX-License-Identifier: Apache-2.0
"""Faults planted in copies of the kernels: the check finds each, where and as it should."""

import re
import shutil

import pytest
from surmax.aie.check.comparison import check_kernels
from surmax.aie.check.kernels import make_kernel
from surmax.aie.forms import form_named
from surmax.aie.host_build import KERNELS, build_library
from surmax.aie.host_library import HostLibrary

from surmax.options import BUILD

CLB, DIV = "u8-clb-floor-15", "u8-div-floor-15"
NEAREST, LONG, CLB2 = "u8-clb-nearest-15", "u8-div-nearest-22", "u8-clb2-floor-15"
I16 = "i16-clb-floor-0"
CODE = r"expected \d+, got \d+"

# name: (file, text, replacement, kernel, architecture, what the first finding says)
FAULTS = {
    "maximum begins at 0": (
        "hccs_passes.hpp",
        "broadcast<lane_t, VECTOR>(-128)",
        "broadcast<lane_t, VECTOR>(0)",
        DIV,
        "aie-ml",
        CODE,
    ),
    "pairs: the second vector is left out of the maximum": (
        "hccs_passes.hpp",
        "top = aie::max(tops.template extract<VECTOR>(0), tops.template extract<VECTOR>(1));",
        "top = tops.template extract<VECTOR>(0);",
        CLB,
        "aie-ml",
        "tiles length: .*" + CODE,
    ),
    "masked positions count in the sum": (
        "hccs_passes.hpp",
        "aie::select(zero, y, range.mask(i))",
        "aie::select(zero, y, lane_mask::from_uint32(~0u))",
        DIV,
        "aie",
        CODE,
    ),
    "masked positions get a code": (
        "hccs_passes.hpp",
        "aie::select(zero, p, range.mask(i))",
        "aie::select(zero, p, lane_mask::from_uint32(~0u))",
        I16,
        "aie-mlv2",
        "expected 0, got",
    ),
    "what lies behind is not cleared": (
        "hccs_passes.hpp",
        "store_zeros(codes + range.used * VECTOR, range.all - range.used);",
        "",
        CLB,
        "aie-ml",
        "expected 0, got 90",
    ),
    "no saturation": (
        "hccs_form.hpp",
        "set_saturation(aie::saturation_mode::saturate)",
        "set_saturation(aie::saturation_mode::none)",
        CLB,
        "aie-ml",
        "expected 255, got",
    ),
    "saturation is left as it was": (
        "hccs_form.hpp",
        "aie::set_saturation(aie::saturation_mode::saturate);",
        "",
        DIV,
        "aie-ml",
        "violation: .*set_saturation",
    ),
    "rounding is left as it was": (
        "hccs_form.hpp",
        re.compile(r"aie::set_rounding\(.*?\);", re.DOTALL),
        "",
        DIV,
        "aie-ml",
        "violation: .*set_rounding",
    ),
    "never to nearest": (
        "hccs_form.hpp",
        "Form::NEAREST && finish != Finish::split",
        "false",
        NEAREST,
        "aie-ml",
        CODE,
    ),
    "the leading one is a place off": (
        "hccs_form.hpp",
        "31 - static_cast<int32_t>(clb(sum))",
        "30 - static_cast<int32_t>(clb(sum))",
        CLB,
        "aie-ml",
        CODE,
    ),
    "one mantissa bit too few": (
        "hccs_form.hpp",
        "((sum << bits) >> k) - (1 << bits)",
        "((sum << bits) >> k >> 1 << 1) - (1 << bits)",
        CLB2,
        "aie-ml",
        CODE,
    ),
    "the clamp wraps below -128": (
        "hccs_form.hpp",
        "low < word_t(-128) ? word_t(-128) : low",
        "low",
        DIV,
        "aie-ml",
        CODE,
    ),
    "half of the split form is not shifted": (
        "hccs_passes.hpp",
        "1 << (Form::FRACTION_BITS - 1) >> SPLIT_BITS",
        "1 << (Form::FRACTION_BITS - 1)",
        LONG,
        "aie-ml",
        CODE,
    ),
    "the tail of a row is forgotten": (
        "rows.hpp",
        "used = M == Masking::bits ? all : (row.valid + VECTOR - 1) / VECTOR;",
        "used = M == Masking::bits ? all : row.valid / VECTOR;",
        DIV,
        "aie-ml",
        "rows length: .*" + CODE,
    ),
    "tiles are whole when the longest row is": (
        "rows.hpp",
        "whole = M == Masking::bits ? 0 : fewest / TILE_COLUMNS;",
        "whole = M == Masking::bits ? 0 : most / TILE_COLUMNS;",
        DIV,
        "aie-ml",
        "tiles length: .*violation: division by -",
    ),
    "half a tile is left out of its sum": (
        "hccs_tiles.hpp",
        "step = TILE_COLUMNS / 2; step >= 1; step /= 2)\n        v = aie::add",
        "step = TILE_COLUMNS / 4; step >= 1; step /= 2)\n        v = aie::add",
        DIV,
        "aie-ml",
        "tiles (length|bits): .*" + CODE,
    ),
    "every row has the first head": (
        "hccs_rows.hpp",
        "heads[row.head]",
        "heads[0]",
        DIV,
        "aie-ml",
        "head [1-4] .*" + CODE,
    ),
    "mask words do not go on with the rows": (
        "hccs_rows.hpp",
        "mask += vectors;",
        "mask += 0;",
        DIV,
        "aie-ml",
        "rows bits: .*violation: division by -",
    ),
    "a load off its alignment": (
        "portable.hpp",
        "inline lanes load_lanes(const int8_t* __restrict scores)\n{\n    return "
        "aie::load_v<VECTOR>(scores);",
        "inline lanes load_lanes(const int8_t* __restrict scores)\n{\n    return "
        "aie::load_v<VECTOR>(scores + 1);",
        DIV,
        "aie-ml",
        "violation: load_v of 32 bytes is 1 off its alignment to 32",
    ),
    "consmax: every row has the first table": (
        "consmax.hpp",
        "tables[row.head]",
        "tables[0]",
        "consmax-uq0.8",
        "aie-ml",
        "head [1-4] .*" + CODE,
    ),
    "consmax: the byte is read as signed": (
        "consmax.hpp",
        "table.codes[static_cast<uint8_t>(scores[i])]",
        "table.codes[scores[i] & 127]",
        "consmax-uq0.8",
        "aie",
        CODE,
    ),
}


def plant(folder, name):
    file, text, replacement, *_ = FAULTS[name]
    shutil.copytree(KERNELS, folder)
    source = (folder / file).read_text()
    if isinstance(text, re.Pattern):
        changed, count = text.subn(replacement, source)
    else:
        changed, count = source.replace(text, replacement), source.count(text)
    assert count == 1, f"{name}: the text stands {count} times in {file}"
    (folder / file).write_text(changed)


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(tmp_path, name):
    *_, kernel, architecture, finding = FAULTS[name]
    plant(tmp_path / "kernels", name)
    forms = [form_named(kernel if not kernel.startswith("consmax") else DIV)]
    path = build_library(architecture, tmp_path, forms=forms, kernels=tmp_path / "kernels")
    libraries = {architecture: HostLibrary(path)}
    result = check_kernels(libraries, [make_kernel(kernel, 1)], 3000)
    assert not result.passed
    assert re.search(finding, str(result.first)), str(result.first)


def test_the_sources_themselves_are_clean():
    forms = [form_named(DIV)]
    library = HostLibrary(build_library("aie-ml", BUILD / "aie", forms=forms))
    result = check_kernels({"aie-ml": library}, [make_kernel(DIV, 1)], 3000)
    assert result.passed
