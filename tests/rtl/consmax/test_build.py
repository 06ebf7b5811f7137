# SPDX-License-Identifier: Apache-2.0
import pytest
from surmax.golden import CONSMAX_PRESETS, InputError, solve_tables
from surmax.rtl import ConsmaxBuild, ConsmaxUnit, verilog
from surmax.rtl.tools.lint import lint

HEAD = {"scale": 0.05, "beta": 1.0, "gamma": 2.0}


def builds():
    for preset, stages, adders in (
        ("small", 1, "operators"),
        ("small", 4, "cells"),
        ("fast", 3, "operators"),
        ("paper", 2, "cells"),
        ("precise", 3, "operators"),
        ("mixed", 4, "operators"),
        ("mixed", 5, "cells"),
    ):
        for top, heads, lanes in (("stream", 1, 2), ("axi", 5, 4)):
            yield ConsmaxBuild(
                CONSMAX_PRESETS[preset],
                lanes=lanes,
                heads=heads,
                stages=stages,
                adders=adders,
                top=top,
            )


@pytest.mark.parametrize(
    "build", [*builds()], ids=lambda b: f"{b.preset}-{b.stages}-{b.adders}-{b.top}"
)
def test_generated_verilog_lints_clean(build):
    assert lint(verilog(build), build.top_module) == []


def test_constant_tables_lint_clean():
    tables = (solve_tables(CONSMAX_PRESETS["small"], **HEAD),) * 2
    for top in ("stream", "axi"):
        build = ConsmaxBuild(
            CONSMAX_PRESETS["small"], lanes=2, heads=2, storage="constant", tables=tables, top=top
        )
        assert lint(verilog(build), build.top_module) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lanes": 0}, "lanes must be 1 to 64, not 0"),
        ({"lanes": 65}, "lanes must be 1 to 64, not 65"),
        ({"heads": 65}, "heads must be 1 to 64, not 65"),
        ({"stages": 0}, "stages must be 1 to 5, not 0"),
        ({"stages": 6, "adders": "cells"}, "stages must be 1 to 5, not 6"),
        ({"storage": "ram"}, "storage must be one of loadable, constant, not 'ram'"),
        ({"storage": "constant"}, "tables for 0 heads with storage 'constant': 1 are needed"),
        ({"top": "ahb"}, "top must be one of stream, axi, not 'ahb'"),
        (
            {"storage": "constant", "tables": (solve_tables(CONSMAX_PRESETS["paper"], **HEAD),)},
            "tables of head 0 were solved for another configuration",
        ),
        (
            {"tables": (solve_tables(CONSMAX_PRESETS["small"], **HEAD),)},
            "tables are given with storage 'loadable'",
        ),
        (
            {"config": CONSMAX_PRESETS["mixed"], "lanes": 5},
            "lanes must be an even number, not 5 with score_bits 16",
        ),
    ],
)
def test_impossible_builds_are_refused(changes, message):
    with pytest.raises(InputError) as error:
        ConsmaxBuild(**({"config": CONSMAX_PRESETS["small"], "lanes": 4} | changes))
    assert message in str(error.value)


def test_tag_bits_are_checked():
    with pytest.raises(InputError, match="tag_bits must be 0 to 256, not 257"):
        ConsmaxUnit(CONSMAX_PRESETS["small"], tag_bits=257)
