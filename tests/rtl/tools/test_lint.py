# SPDX-License-Identifier: Apache-2.0
from surmax.golden import CONSMAX_PRESETS
from surmax.rtl import ConsmaxBuild, verilog
from surmax.rtl.tools.lint import lint


def test_lint_sees_what_is_wrong():
    text = verilog(ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=1))
    broken = text.replace("endmodule", "  wire [3:0] spare = 9'h1ff;\nendmodule", 1)
    assert any("WIDTHTRUNC" in line for line in lint(broken, "consmax_stream"))
