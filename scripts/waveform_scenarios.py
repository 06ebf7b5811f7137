# SPDX-License-Identifier: Apache-2.0
"""Scenarios of the timing diagrams in docs/interfaces.md (see waveforms.py)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surmax.golden import CONSMAX_PRESETS, HCCS_PRESETS, HccsConstants, solve_tables
from surmax.rtl import Build, ConsmaxBuild, HccsBuild

LANES = 2

# Values of input ports in a cycle; a port keeps its value until it is given another.
Cycle = Mapping[str, int]


@dataclass(frozen=True)
class Row:
    """A line of a diagram.

    Attributes:
        port: what it shows, and its label.
        shown: ports that must all be 1 where it is shown. A port without any is drawn as a level.
        taken: ports that are all 1 in the last cycle of a value.
    """

    port: str
    shown: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scenario:
    """A build, what drives it, and what is shown of it.

    Attributes:
        before: cycles that are not shown, from power-up.
        cycles: those of the diagram.
    """

    build: Build
    rows: tuple[Row, ...]
    before: Sequence[Cycle]
    cycles: Sequence[Cycle]


def stream_rows(side: str, *names: str) -> tuple[Row, ...]:
    """Return the lines of one side of an AXI4-Stream top: handshake, TLAST, then buses."""
    handshake = (f"{side}_axis_tvalid", f"{side}_axis_tready")
    levels = [Row(port) for port in handshake]
    buses = [Row(f"{side}_axis_{name}", handshake[:1], handshake) for name in names]
    return (*levels, *buses)


def lite_rows(channel: str, *names: str) -> tuple[Row, ...]:
    """Return the lines of one channel of AXI4-Lite."""
    handshake = (f"s_axil_{channel}valid", f"s_axil_{channel}ready")
    buses = [Row(f"s_axil_{channel}{name}", handshake[:1], handshake) for name in names]
    return (*(Row(port) for port in handshake), *buses)


def axis(data: int, *, last: bool = False, keep: int = 3, user: int = 0) -> Cycle:
    """Return a cycle that offers a beat."""
    return {
        "s_axis_tvalid": 1,
        "s_axis_tdata": data,
        "s_axis_tlast": int(last),
        "s_axis_tkeep": keep,
        "s_axis_tuser": user,
    }


IDLE: Cycle = {"s_axis_tvalid": 0, "s_axis_tlast": 0}
RESET: tuple[Cycle, ...] = ({"aresetn": 0, "m_axis_tready": 1}, {}, {"aresetn": 1})

_LINE = HccsConstants(B=511, S=13, Dmax=39)
_HCCS = HccsBuild(
    HCCS_PRESETS["clb"],
    lanes=LANES,
    max_length=6,
    storage="constant",
    constants=(_LINE,),
    top="axi",
)
_TABLES = solve_tables(CONSMAX_PRESETS["small"], scale=0.05, beta=2.0, gamma=3.0)
_CONSMAX = ConsmaxBuild(
    CONSMAX_PRESETS["small"], lanes=LANES, storage="constant", tables=(_TABLES,), top="axi"
)
_LOADED = ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=LANES)
_REGISTERS = HccsBuild(HCCS_PRESETS["clb"], lanes=LANES, heads=2, max_length=6, top="axi")

_IN = stream_rows("s", "tdata", "tkeep")
_OUT = stream_rows("m", "tdata", "tkeep")
_LAST_IN, _LAST_OUT = Row("s_axis_tlast"), Row("m_axis_tlast")
_ROWS = (*_IN, _LAST_IN, *_OUT, _LAST_OUT)
_LITE_RESET: tuple[Cycle, ...] = (
    {"aresetn": 0, "m_axis_tready": 1, "s_axil_bready": 1, "s_axil_rready": 1},
    {},
    {"aresetn": 1},
)


def _table_load(word: int) -> Cycle:
    return {"load_valid": 1, "load_table": 0, "load_index": 2, "load_word": word}


def _tables_loaded() -> list[Cycle]:
    """Return the cycles that load all words of the ConSmax stream top."""
    writes = _LOADED.load_writes(0, _TABLES)
    return [{"rst": 1, "m_ready": 1}, {"rst": 0}, *({"load_valid": 1, **w} for w in writes)]


_FULL = [axis(0x0102), axis(0x1104), axis(0x0506)]
SCENARIOS = {
    "stall": Scenario(
        _CONSMAX,
        (*stream_rows("s", "tdata"), *stream_rows("m", "tdata")),
        RESET,
        [
            axis(0x2010),
            axis(0x4030) | {"m_axis_tready": 0},
            {},
            {"m_axis_tready": 1},
            axis(0x6050),
            IDLE,
            {},
        ],
    ),
    "rows": Scenario(
        _HCCS,
        (*stream_rows("s", "tdata"), _LAST_IN, *stream_rows("m", "tdata"), _LAST_OUT),
        RESET,
        [
            axis(0x0102),
            axis(0x0304, last=True),
            axis(0x1112),
            axis(0x1314, last=True),
            axis(0x2122),
            axis(0x2324, last=True),
            IDLE,
            *[{}] * 7,
        ],
    ),
    "short-row": Scenario(
        _HCCS,
        _ROWS,
        RESET,
        [axis(0x0102), axis(0x0003, keep=1, last=True), IDLE, *[{}] * 8],
    ),
    "null-beat": Scenario(
        _HCCS,
        _ROWS,
        RESET,
        [*_FULL, axis(0, keep=0, last=True), IDLE, *[{}] * 9],
    ),
    "over-long": Scenario(
        _HCCS,
        (*stream_rows("s", "tdata"), _LAST_IN, *stream_rows("m", "tdata"), _LAST_OUT),
        RESET,
        [*_FULL, axis(0x090A), axis(0x0B0C, last=True), IDLE, *[{}] * 8],
    ),
    "write": Scenario(
        _REGISTERS,
        lite_rows("aw", "addr") + lite_rows("w", "data") + lite_rows("b", "resp"),
        _LITE_RESET,
        [
            {"s_axil_awvalid": 1, "s_axil_awaddr": 0x8008, "s_axil_wstrb": 0xF},
            {"s_axil_wvalid": 1, "s_axil_wdata": 39 << 24 | 13 << 16 | 511},
            {"s_axil_wdata": 127 << 24 | 127 << 16 | 511, "s_axil_bready": 0},
            {},
            {"s_axil_bready": 1},
            {},
            {"s_axil_awvalid": 0, "s_axil_wvalid": 0},
            {},
        ],
    ),
    "read": Scenario(
        _REGISTERS,
        lite_rows("ar", "addr") + lite_rows("r", "data", "resp"),
        _LITE_RESET,
        [
            {"s_axil_arvalid": 1, "s_axil_araddr": 0x0008},
            {"s_axil_araddr": 0x0012},
            {},
            {"s_axil_arvalid": 0},
            {},
        ],
    ),
    "reset": Scenario(
        _HCCS,
        (Row("aresetn"), *stream_rows("s", "tdata"), _LAST_IN, *stream_rows("m", "tdata")),
        RESET,
        [
            axis(0x0102),
            axis(0x0304) | {"aresetn": 0},
            IDLE,
            {"aresetn": 1},
            axis(0x1112, last=True),
            IDLE,
            *[{}] * 7,
        ],
    ),
    "load": Scenario(
        _LOADED,
        (
            Row("load_valid"),
            Row("load_word", ("load_valid",), ("load_valid",)),
            Row("s_valid"),
            Row("s_ready"),
            Row("s_scores", ("s_valid",), ("s_valid", "s_ready")),
            Row("m_valid"),
            Row("m_ready"),
            Row("m_codes", ("m_valid",), ("m_valid", "m_ready")),
        ),
        [*_tables_loaded(), {"load_valid": 0}],
        [
            {"s_valid": 1, "s_scores": 0x1212},
            _table_load(0),
            {"load_valid": 0},
            {"s_valid": 0},
            {},
        ],
    ),
}
