# SPDX-License-Identifier: Apache-2.0
import hashlib
import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from helpers.repository import DOCS
from surmax.golden import CONSMAX_PRESETS, HCCS_PRESETS, SOFTERMAX_PRESETS, InputError, solve_tables
from surmax.rtl import (
    ConsmaxBuild,
    ConsmaxUnit,
    HccsBuild,
    SoftermaxBuild,
    elaborate,
    verilog,
)
from surmax.rtl.consmax.axi import REGISTERS, consmax_map, table_address
from surmax.rtl.consmax.lane import register_steps
from surmax.rtl.hccs.axi import hccs_map
from surmax.rtl.softermax.axi import softermax_map
from surmax.rtl.softmax.axi import softmax_map
from surmax.rtl.tools.lint import lint
from surmax.rtl.tops.address_map import HEADS_WINDOW, address_map

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


def test_lint_sees_what_is_wrong():
    text = verilog(ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=1))
    broken = text.replace("endmodule", "  wire [3:0] spare = 9'h1ff;\nendmodule", 1)
    assert any("WIDTHTRUNC" in line for line in lint(broken, "consmax_stream"))


def test_verilog_is_the_same_in_another_process():
    script = (
        "from surmax.golden import CONSMAX_PRESETS; from surmax.rtl import *; import sys;"
        "build = ConsmaxBuild(CONSMAX_PRESETS['small'], lanes=2, heads=3, top='axi');"
        "sys.stdout.write(verilog(build))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PATH": "", "HOME": str(Path.home())},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "77")
    }
    assert len(texts) == 1
    assert "module consmax_axi(" in texts.pop()


def test_files_beside_the_verilog(tmp_path):
    build = ConsmaxBuild(CONSMAX_PRESETS["mixed"], lanes=2, heads=2, stages=3)
    paths = elaborate(build, tmp_path)
    assert [path.name for path in paths] == [
        "consmax_stream.v",
        "consmax_stream.json",
        "consmax_stream.core",
    ]
    text = paths[0].read_text()
    sidecar = json.loads(paths[1].read_text())
    assert sidecar["verilog_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert sidecar["latency_cycles"] == 3
    assert sidecar["interval_cycles"] == 1
    for port in sidecar["ports"]:
        width = f"[{port['bits'] - 1}:0] " if port["bits"] > 1 else ""
        assert f"  {port['direction']} {width}{port['name']};" in text
    core = paths[2].read_text()
    assert core.startswith("CAPI=2:\n")
    assert "files: [consmax_stream.v]" in core
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in paths)


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


def test_registers_go_where_they_are_cheapest():
    steps = [register_steps(CONSMAX_PRESETS["small"], stages, "cells") for stages in (1, 2, 3, 4)]
    assert steps[0] == {"round"}
    assert all(a < b for a, b in pairwise(steps))


def test_addresses_do_not_overlap():
    config = CONSMAX_PRESETS["mixed"]
    addresses = [
        table_address(config, head, table, index)
        for head in range(64)
        for table in range(5)
        for index in range(16)
    ]
    assert len(set(addresses)) == len(addresses)
    assert min(addresses) == HEADS_WINDOW > max(address for _, address, _ in REGISTERS)
    assert max(addresses) < 1 << 16
    with pytest.raises(InputError, match="head must be 0 to 3, not 4"):
        table_address(config, 4, 0, 0, heads=4)
    with pytest.raises(InputError, match="table must be 0 to 1, not 2"):
        table_address(CONSMAX_PRESETS["small"], 0, 2, 0)


def test_documented_address_map_is_the_generated_one():
    maps = consmax_map(), hccs_map(), softmax_map(), softermax_map()
    assert (DOCS / "registers.md").read_text() == address_map(*maps)


@pytest.mark.parametrize(
    "build",
    [
        ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=2),
        HccsBuild(HCCS_PRESETS["div"], lanes=2, max_length=8),
        SoftermaxBuild(SOFTERMAX_PRESETS["paper"], lanes=2, max_length=8),
    ],
    ids=lambda build: build.top_module,
)
def test_every_signal_has_a_name(build):
    """Several signals made in one statement get none from Amaranth: `$signal` and a number.

    All units but softmax, which has two without (surmax.rtl.softmax.reciprocal says why).
    """
    assert "$signal" not in verilog(build)
