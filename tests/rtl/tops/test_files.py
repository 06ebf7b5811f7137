# SPDX-License-Identifier: Apache-2.0
import hashlib
import json

from surmax.golden import CONSMAX_PRESETS
from surmax.rtl import ConsmaxBuild, elaborate


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
