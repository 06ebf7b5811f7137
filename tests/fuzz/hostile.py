# SPDX-License-Identifier: Apache-2.0
"""Values that users, scripts and broken files hand over by mistake, or on purpose."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

DIGITS = "9" * 5000
# Escape sequences that clear a terminal, and a character that no UTF-8 text has (a stray byte).
CONTROL = "\x1b[2J\x1b[31mred\x07"
STRAY = "stray\udcff"

NUMBERS = (
    "0", "-0", "1", "-1", "2", "7", "8", "63", "64", "65", "255", "256", "511", "4096", "4097",
    "65536", "2147483648", "4294967296", "18446744073709551616", "-9223372036854775809",
    "0.0", "-0.0", "0.5", "1.5", "1e-400", "1e-310", "1e-12", "1e3", "1e8", "1e18", "1e25",
    "1e300", "1e308", "1e400", "-1e400", "nan", "NaN", "-nan", "inf", "-inf", "Infinity",
    "0x10", "1_000", "+8", "08", " 8", "8 ", "1,5", "1/2", "\u0663", "\u00bd", DIGITS, f"-{DIGITS}",
    f"0.{DIGITS}", f"1e{DIGITS}",
)  # fmt: skip
WORDS = (
    "", " ", "-", "--", "-x", "--json", "--help", "None", "null", "true", "no", "[]", "{}", "()",
    "%s%n", "{0}", "$HOME", "`id`", "a;b", "a b", "'", '"', "\\", "/", ".", "..", "../..", "~",
    "[bold]x[/bold]", "[/]", "[red", "<b>&amp;", "|", "*", "a\nb", "a\r\nb", "\t", CONTROL, STRAY,
    "\u202eright", "e\u0301", "\u65e5\u672c\u8a9e", "\U0001f4a5", "\ufeffx", "con", "a" * 300,
    "a" * 5000, "liberty:", "liberty:x", "generic", "list", "all", "consmax", "tcp://127.0.0.1:1",
)  # fmt: skip


def text(random: Random) -> str:
    """Draw a word for the command line."""
    return random.choice(NUMBERS if random.random() < 0.5 else WORDS)


def file_name(random: Random, end: str = "") -> str:
    """Draw a name that a file can have, mostly an odd one."""
    names = (
        "plain", "two words", "a'b", 'a"b', "a$b", "a#b", "a;b", "[bold]x[-bold]", "[red", "100%",
        "a\nb", CONTROL.replace("/", ""), STRAY, "\u65e5\u672c", "\u202ename", "-o", "--",
        "a" * 240, "b" * 120, ".hidden", "a\\b", "{0}", "liberty:x", "\ufeffx",
    )  # fmt: skip
    return random.choice(names) + end


_NUMBERS: tuple[Any, ...] = (
    True, False, 0, -0.0, 1, -1, 2, 8, 15, 64, 255, 1 << 31, 1 << 64, -(1 << 64), 10**5000,
    0.5, 1.0, 15.0, 1e-310, 1e300, float("nan"), float("inf"), -float("inf"),
    np.int8(15), np.uint8(15), np.int16(15), np.int32(8), np.int64(15), np.uint64(15),
    np.bool_(True), np.float16(15), np.float32(0.5), np.float64(15.0), np.float64("nan"),
)  # fmt: skip
_OTHERS: tuple[Any, ...] = (
    None, 1j, Fraction(15), Fraction(1, 3), Decimal(15), Decimal("NaN"), Decimal("1e400"),
    "", "15", "div", "nearest", "x" * 100_000, "a\nb", CONTROL, STRAY, "\0", b"", b"15",
    [], [15], (15,), {}, {"a": 1}, set(), range(3), object(), type, len, Path("x"),
    np.longdouble(1), np.str_("div"), np.bytes_(b"div"), np.datetime64("2020-01-01"),
    np.array(15), np.array([15]), np.array([1, 2]), np.array([]), np.array(None, dtype=object),
)  # fmt: skip


def number(random: Random) -> Any:
    """Draw a number, of Python or NumPy."""
    return random.choice(_NUMBERS)


def scalar(random: Random) -> Any:
    """Draw a Python value of any kind where a number or a word is wanted."""
    return random.choice((_NUMBERS, _OTHERS)[random.random() < 0.5])


_DTYPES = (
    "i1", "u1", "i2", ">i2", "u2", "i4", "i8", ">i8", "u8", "f2", "f4", ">f4", "f8", "g", "?", "c8",
    "U3", "S3", "M8[s]", "m8[s]", "O", "i4,f4", "V3",
)  # fmt: skip
_SHAPES = (
    (),
    (0,),
    (1,),
    (3,),
    (16,),
    (1, 16),
    (4, 0),
    (2, 3),
    (2, 12, 16),
    (1, 1, 1, 1),
    (2, 5000),
)
_FILLS = (0, 1, -1, 127, -128, 255, 1e300, -1e300, float("nan"), float("inf"), -float("inf"), 1e-45)


def array(random: Random, shape: tuple[int, ...] | None = None) -> np.ndarray[Any, Any]:
    """Draw an array of any type, shape, order and content; of `shape` where it is given."""
    chosen = random.choice(_SHAPES) if shape is None else shape
    made = np.zeros(chosen, random.choice(_DTYPES))
    with np.errstate(all="ignore"):
        # Types that cannot hold the number keep their zeros.
        try:
            fill = np.array(random.choice(_FILLS)).astype(made.dtype)
            if made.size:
                made.flat[random.randrange(made.size) :: random.choice((1, 2, 7))] = fill
        except (TypeError, ValueError, OverflowError):
            pass
    order = random.randrange(4)
    if order == 1:
        made = np.asfortranarray(made)
    elif order == 2:
        made = made[..., ::-1] if made.ndim else made
    elif order == 3:
        made.setflags(write=False)
    return made
