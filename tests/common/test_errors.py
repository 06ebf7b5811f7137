# SPDX-License-Identifier: Apache-2.0
import pickle

import pytest
from surmax.common.errors import (
    LONGEST_MESSAGE,
    InputError,
    NetworkError,
    ToolError,
    escaped,
    one_line,
)

KINDS = InputError, NetworkError, ToolError


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_is_one_line_whatever_it_repeats(kind):
    assert str(kind("file a\nb\x1b[2J\x07 \udcff\u202e must be JSON")) == (
        "file a b\\x1b[2J\\x07 \\udcff\\u202e must be JSON"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_cut_of_a_message_is_its_middle(kind):
    message = str(kind(f"scores {'a' * 5000}: must be int8"))
    assert len(message) <= LONGEST_MESSAGE
    assert message.startswith("scores aaa")
    assert message.endswith("aaa: must be int8")


def test_an_error_goes_through_a_pickle_whole():
    assert pickle.loads(pickle.dumps(InputError("a\nb"))).args == ("a\nb",)


def test_text_that_is_printable_stays():
    for text in (
        "B must be 1 to 511, not 600",
        "\u65e5\u672c \u00b5m\u00b2",
        "two\nlines",
        "1\u202f000",
    ):
        assert escaped(text) == text


def test_a_message_of_megabytes_is_cut():
    assert len(one_line("x\x00" * 1_000_000)) <= LONGEST_MESSAGE
