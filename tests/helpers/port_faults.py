# SPDX-License-Identifier: Apache-2.0
"""Faults at the ports of a good unit that every unit's benches must find, and the finding.

A fault is the ports that are connected wrongly (see fault_wrapper), or as MODULE.SIGNAL a signal in
the unit that is driven wrongly, and what the message then says; which test finds it is the unit's
affair.
"""

import re

from helpers.fault_wrapper import faulty
from surmax.tb.rewrite.drive import drive
from surmax.tb.run.regression import run_benches

LANE = r"lane \d: expected \d+, got \d+"
STREAM = {
    "wrong code": (
        {"m_codes": "u_m_codes ^ (taken == 40)"},
        r"beat 40 lane 0: expected \d+, got \d+ \(score byte 0x.., head ., mask 0; 1 of ",
    ),
    "undefined code": (
        {"m_codes": "u_m_codes | (taken == 40 ? 16'bx : 16'b0)"},
        "beat 40: undefined output",
    ),
    "lanes swapped": ({"m_codes": "{u_m_codes[7:0], u_m_codes[15:8]}"}, LANE),
    "mask ignored": ({"s_mask": "2'b0"}, r"expected 0, got \d+ .*mask 1"),
    "valid falls while it waits": (
        {"m_valid": "u_m_valid & (now[3:0] != 0)", "m_ready": "m_ready & (now[3:0] != 0)"},
        "m_valid is 0 before it was taken",
    ),
    "valid waits for ready": (
        {"m_valid": "u_m_valid & m_ready"},
        "m_valid stays low while m_ready is low",
    ),
    "never an output": ({"m_valid": "1'b0"}, "beat 0: stuck at the output"),
    "never ready": ({"s_ready": "1'b0", "s_valid": "1'b0"}, "beat 0: stuck at the input"),
    "reset does nothing": (
        {"rst": "rst & (now < 10)"},
        f"m_valid is set after reset|an output before|{LANE}",
    ),
}
# Of units whose heads differ.
HEADS = {
    "head ignored": ({"s_head": "1'b0"}, "head 1, mask"),
    "a load goes to another head": ({"load_head": "load_head & (now < 100)"}, LANE),
    "a load while beats flow is lost": ({"load_valid": "load_valid & ~s_valid"}, LANE),
}
AXI = {
    "wrong code": (
        {"m_axis_tdata": "u_m_axis_tdata ^ (taken == 40)"},
        "beat 40 lane 0: expected",
    ),
    "TLAST lost": (
        {"m_axis_tlast": "u_m_axis_tlast & (taken != 3) | (taken == 4)"},
        "TLAST is misplaced",
    ),
    "TKEEP ignored": ({"s_axis_tkeep": "2'b11"}, r"expected \d+, got|TKEEP of byte"),
    "TUSER constant": ({"m_axis_tuser": "1'b0"}, "TUSER of byte"),
    "wrong register": ({"s_axil_rdata": "u_s_axil_rdata ^ 1"}, "register 0x0"),
    "reads always fine": ({"s_axil_rresp": "2'b0"}, r"read of 0x\w+ is answered OKAY"),
    "strobes ignored": ({"s_axil_wstrb": "4'hf"}, "bytes are answered OKAY"),
}
REGISTERS = {
    "high address bits of reads ignored": (
        {"s_axil_araddr": "s_axil_araddr & ~16'h0f80"},
        r"read of 0x\w+ answers 0 with 0x\w+, expected 2 with 0x0",
    ),
    "unaligned reads answered": (
        {"s_axil_araddr": "s_axil_araddr & ~16'h2"},
        r"read of 0x\w*[26ae] answers 0 with",
    ),
    "bit 0 of write addresses ignored": (
        {"s_axil_awaddr": "s_axil_awaddr & ~16'h1"},
        r"write to 0x\w+[159d] with strobe 1111 is answered 0",
    ),
    "one answer to several writes": (
        {"*_axi.s_axil_awready": "s_axil_awvalid & s_axil_wvalid"},
        "AXI4-Lite is stuck: .* writes and .* reads are|an answer changed while it waited on b",
    ),
    "reads taken while an answer waits": (
        {"*_axi.s_axil_arready": "1'b1"},
        "an answer changed while it waited on r|AXI4-Lite is stuck",
    ),
    "an answer does not wait": (
        {"s_axil_bready": "1'b1"},
        "an answer vanished: bvalid fell while it waited",
    ),
    "an answer before its data": (
        {"s_axil_wvalid": "1'b1"},
        "bvalid is set with no request to answer|AXI4-Lite is stuck",
    ),
    "one strobe bit ignored": (
        {"s_axil_wstrb": "s_axil_wstrb | 4'h2"},
        r"write to 0x\w+ with strobe 1101 is answered 0",
    ),
}
AXI |= REGISTERS
# Tests of the AXI benches, of every unit, that find them.
AXI_TESTS = {
    "TLAST lost": "random_frames/seed=1",
    "TKEEP ignored": "random_frames/seed=2",
    "TUSER constant": "random_frames/seed=1",
    "wrong register": "registers",
    "reads always fine": "registers",
    "strobes ignored": "refused_writes",
    "high address bits of reads ignored": "every_address_bit_of_reads",
    "unaligned reads answered": "every_address_bit_of_reads",
    "bit 0 of write addresses ignored": "every_address_bit_of_writes",
    "one answer to several writes": "answers_in_order",
    "reads taken while an answer waits": "answers_in_order",
    "an answer does not wait": "answers_in_order",
    "an answer before its data": "answers_in_order",
    "one strobe bit ignored": "every_address_bit_of_writes",
}


def planted(faults, tests):
    """Return the faults, each with the regular expression of the tests that find it."""
    assert faults.keys() == tests.keys()
    return {name: (tests[name], *fault) for name, fault in faults.items()}


def find(build, fault, text, folder):
    """Run the tests of a fault on the Verilog of a good unit with it; they fail as foreseen."""
    tests, wrong, message = fault
    ports = {name: value for name, value in wrong.items() if "." not in name}
    for name in wrong.keys() - ports.keys():
        text = drive(text, *name.split("."), wrong[name])
    # With waves at once: the run that would only make them is saved.
    result = run_benches(
        build,
        "icarus",
        folder=folder / "faults",
        tests=tests,
        beats=400,
        text=faulty(build, text, **ports),
        wave=True,
    )
    assert not result.passed
    assert re.search(message, result.message), result.message
