# SPDX-License-Identifier: Apache-2.0
"""Stimulus of energy measurements: rows back to back, and the codes that must come out."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from surmax.golden import InputError, check_choice, check_range, unit_entry
from surmax.golden.recorded.rows import LENGTHS, RecordedRows, recorded_heads
from surmax.rtl import Build

STIMULI = ("recorded", "random")
# Real score units a code for random codes: exponentials are spread over the output's range.
RANDOM_SCALE = 0.04
RESET_CYCLES = 2

Bits = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Stimulus:
    """Values of a stream top's ports, step by step, and the codes that must come out.

    First reset and the writes that load the storage, then beats, then idle steps. A beat stands
    until `s_ready` takes it. `m_ready` is 1 throughout.

    Attributes:
        name: kind of rows: "recorded" or "random".
        ports: input port -> (steps, bits), lowest bit first; clk is not among them.
        waits: (steps,), 1 for a beat.
        cycles, begin, end: cycles to run; those from `begin` to before `end` are counted.
        lanes: scores of a beat.
        expected: (beats, lanes), the codes of all beats in order.
    """

    name: str
    ports: dict[str, Bits]
    waits: Bits
    cycles: int
    begin: int
    end: int
    lanes: int
    expected: npt.NDArray[np.unsignedinteger]

    @property
    def digest(self) -> str:
        """Return the sha256 of all fields."""
        found = hashlib.sha256(repr((self.name, self.cycles, self.begin, self.end)).encode())
        for name, values in (*self.ports.items(), ("", self.waits), ("", self.expected)):
            found.update(f"{name} {values.shape}".encode() + np.ascontiguousarray(values).tobytes())
        return found.hexdigest()


def stimulus(
    build: Build,
    scores: npt.NDArray[np.int8],
    mask: npt.NDArray[np.bool_],
    content: Any,
    *,
    cycles: int,
    name: str,
) -> Stimulus:
    """Return a stimulus for a stream top: the given rows, again and again, back to back.

    Args:
        build: the unit; 8-bit scores, top "stream".
        scores: (rows, length), length a multiple of the lanes.
        mask: the same shape, True is masked.
        content: the constants of head 0 (ConsmaxTables, HccsConstants or SoftmaxConstants); None
            for a unit without storage.
        cycles: cycles to count, rounded up to whole rows; the unit is filled first.
        name: kind of rows.

    Raises:
        InputError: the unit takes 16-bit scores or has another top, or the rows do not fit it.
    """
    _check(build, scores.shape[1], cycles)
    lanes, length = build.lanes, scores.shape[1]
    beats = length // lanes
    latency = build.latency(beats)
    fill = -(-latency // beats) + 1
    counted = -(-cycles // beats)
    rows = np.arange(fill + counted) % len(scores)
    scores, mask = scores[rows], mask[rows]
    codes = unit_entry("golden", build.unit_name).codes(build.config, content, scores, mask, lanes)
    codes = codes.reshape(-1, lanes)

    writes = [] if content is None or build.storage == "constant" else build.load_writes(0, content)
    first = RESET_CYCLES + len(writes)
    sent = len(codes)
    steps = first + sent + 1
    ports = {
        port: np.zeros((steps, bits), dtype=np.uint8)
        for port, direction, bits in build.ports()
        if direction == "input" and port != "clk"
    }
    ports["rst"][:RESET_CYCLES] = 1
    ports["m_ready"][:] = 1
    for step, write in enumerate(writes, RESET_CYCLES):
        ports["load_valid"][step] = 1
        for port, value in write.items():
            ports[port][step] = value >> np.arange(ports[port].shape[1]) & 1
    now = slice(first, first + sent)
    ports["s_valid"][now] = 1
    by_beat = np.ascontiguousarray(scores).view(np.uint8).reshape(sent, lanes)
    ports["s_scores"][now] = np.unpackbits(by_beat, axis=1, bitorder="little")
    ports["s_mask"][now] = mask.reshape(sent, lanes)
    ports["s_last"][now, 0] = np.arange(sent) % beats == beats - 1
    # Lines rest where they are when nothing is sent any more.
    for port in ("s_scores", "s_mask"):
        ports[port][-1] = ports[port][-2]
    begin = first + fill * beats
    end = begin + counted * beats
    # Beats may have had to wait: time for as many again, and for the pipeline.
    return Stimulus(
        name=name,
        ports=ports,
        waits=ports["s_valid"][:, 0].copy(),
        cycles=end + latency + sent,
        begin=begin,
        end=end,
        lanes=lanes,
        expected=codes,
    )


def _check(build: Build, length: int, cycles: int) -> None:
    check_range("cycles", cycles, 1, 100000)
    bits = getattr(build.config, "score_bits", 8)
    if build.top != "stream" or bits != 8:
        raise InputError(
            f"unit is {build.top_module} with {bits}-bit scores: a stream top with 8-bit scores is "
            "needed"
        )
    if length % build.lanes or length > getattr(build, "max_length", length):
        raise InputError(f"length is {length} for {build.headline()}: it must fit in whole beats")


def make_stimulus(
    build: Build, kind: str, *, length: int, cycles: int = 300, head: int = 0
) -> Stimulus:
    """Return a stimulus of recorded scores or of random codes, with constants that suit them.

    "recorded" takes the test rows of one recorded head of surmax.golden.recorded (number `head`) as
    the unit takes them, with its mask; constants are chosen on its calibration rows. "random"
    takes uniform codes from -128 to 127, the same for every unit, with constants for a scale of
    RANDOM_SCALE. Built-in constants are used as they are. ConSmax does not see rows: `length`
    decides only which scores it gets.

    Raises InputError when kind, length or head is not there, or the build does not suit
    (see stimulus).
    """
    check_choice("stimulus", kind, STIMULI)
    check_range("length", length, build.lanes, 4096)
    _check(build, length, cycles)
    law = unit_entry("golden", build.unit_name)
    if kind == "random":
        scores = np.random.default_rng((1, length)).integers(-128, 128, (64, length))
        scores, mask = scores.astype(np.int8), np.zeros(scores.shape, dtype=bool)
        known, scale = RecordedRows(scores, mask), RANDOM_SCALE
    else:
        check_choice("length", length, LENGTHS)
        heads = recorded_heads()
        check_range("head", head, 0, len(heads) - 1)
        rows, scale = heads[head].rows(length), heads[head].scale
        known = heads[head].rows(length, "calibration")
        scores, mask = law.scores(rows.scores, scale), rows.mask
    if build.built_in:
        content = build.built_in[0]
    else:
        calibration = unit_entry("calibrate", build.unit_name)
        content = calibration.content(build.config, known.scores, known.mask, scale)
    return stimulus(build, scores, mask, content, cycles=cycles, name=kind)
