# SPDX-License-Identifier: Apache-2.0
"""Comparison of the outputs of a stream top with the expected ones: in bulk, told in one line."""

import numpy as np
from surmax.tb.core.beats import Beats
from surmax.tb.core.model import Answer


def compare_overlong(answer: Answer, sent: int, reported: list[int]) -> None:
    """Compare the beats in whose cycle an over-long row was reported, of the first `sent` beats.

    Raises AssertionError with the first difference.
    """
    if answer.overlong is None:
        return
    expected = np.nonzero(answer.overlong[:sent])[0].tolist()
    wrong = sorted(set(expected) ^ set(reported))
    if wrong:
        want, got = wrong[0] in expected, wrong[0] in reported
        raise AssertionError(f"beat {wrong[0]} overlong: expected {want:d}, got {got:d}")


def compare_outputs(beats: Beats, answer: Answer, outputs: list[str]) -> None:
    """Compare the first outputs with the answer to `beats`, all at once.

    Args:
        beats: what was sent.
        answer: what must come out.
        outputs: m_codes and, as the last character, m_last, as strings of bits.

    Raises:
        AssertionError: the first difference in one line, and the number of them.
    """
    if not outputs:
        return
    count = len(outputs)
    expected, expected_last = answer.codes[:count], answer.last[:count]
    characters = np.frombuffer("".join(outputs).encode(), dtype=np.uint8)
    bits = characters.reshape(count, -1) - ord("0")
    if (bits > 1).any():
        beat = int(np.argmax((bits > 1).any(axis=1)))
        raise AssertionError(f"beat {beat}: undefined output {outputs[beat]}")
    # Reversed: lane 0's lowest bit comes second, after TLAST.
    last = bits[:, -1] == 1
    packed = np.packbits(bits[:, -2::-1], axis=1, bitorder="little")
    received = packed.view(expected.dtype.newbyteorder("<"))
    wrong = np.argwhere(received != expected)
    if len(wrong):
        beat, lane = (int(v) for v in wrong[0])
        cause = int(answer.source[beat])
        raise AssertionError(
            f"beat {beat} lane {lane}: expected {expected[beat, lane]}, "
            f"got {received[beat, lane]} (score byte {beats.scores[cause, lane]:#04x}, "
            f"head {beats.heads[cause]}, mask {int(beats.mask[cause, lane])}; "
            f"{len(wrong)} of {expected.size} lanes differ)"
        )
    differ = np.nonzero(last != expected_last)[0]
    if differ.size:
        beat = int(differ[0])
        raise AssertionError(
            f"beat {beat} TLAST: expected {int(expected_last[beat])}, got {int(last[beat])} "
            f"({differ.size} of {len(last)} beats differ)"
        )
