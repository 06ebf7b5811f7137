# SPDX-License-Identifier: Apache-2.0
"""Liberty text to spoil: a small library, its edits and random mutations."""

import random
import re

from surmax.synth.mapping.generic import generic_liberty

GENERIC = generic_liberty()
FLIP_FLOPS = ("DFF", "DFFR", "DFFE")

_TOKEN = re.compile(r'"[^"]*"|[\w.]+|\s+|.', re.DOTALL)
_WORDS = (
    *("", "nan", "inf", "-1", "0", "1e999", "{", "}", "(", ")", '"', ";", ":", "\\", "\\\n", "//"),
    *("/*", "*/", "\0", "\r\n", "\u00fc", "[bold]", "'", "!", "A", "IQ", "area", "cell", "pin"),
    *("direction", "function", "input", "output", "ff", "timing", "values", "library", "true"),
)


def edited(*pairs: tuple[str, str], text: str = GENERIC) -> str:
    """Return the text with each first string of a pair, which must be there, made the second."""
    for good, bad in pairs:
        assert good in text, good
        text = text.replace(good, bad)
    return text


def without_cells(*names: str) -> str:
    """Return the generic library without some of its cells."""
    text = GENERIC
    for name in names:
        text, count = re.subn(rf"  cell \({name}\) \{{.*?\n  \}}\n", "", text, flags=re.DOTALL)
        assert count == 1, name
    return text


def with_flip_flop(pins: str, state: str, function: str = "IQ") -> str:
    """Return the generic library with one flip-flop in place of its own.

    `pins` are the names of its inputs, `state` is the ff group.
    """
    inputs = " ".join(f"pin ({pin}) {{ direction : input; }}" for pin in pins.split())
    cell = (
        f"  cell (FLOP) {{ area : 5; {state} {inputs}\n"
        f'    pin (Q) {{ direction : output; function : "{function}"; }} }}\n'
    )
    return without_cells(*FLIP_FLOPS).replace("  cell (LATCH)", cell + "  cell (LATCH)", 1)


def mutated(text: str, random: random.Random) -> bytes:
    """Return the text after one to three changes of its bytes, tokens or lines."""
    content = text.encode()
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        content = random.choice((_bytes, _tokens, _lines))(content, random)
    return content


def _bytes(content: bytes, random: random.Random) -> bytes:
    place = random.randrange(len(content) + 1)
    kind = random.randrange(4)
    if kind == 0:
        return content[:place]
    added = b"" if kind == 1 else bytes([random.randrange(256)])
    return content[:place] + added + content[place + (kind != 2) :]


def _tokens(content: bytes, random: random.Random) -> bytes:
    tokens = _TOKEN.findall(content.decode("latin-1"))
    if not tokens:
        return content
    place = random.randrange(len(tokens))
    new = random.choice((random.choice(_WORDS), random.choice(tokens), tokens[place] * 2))
    tokens[place] = new
    return "".join(tokens).encode("utf-8")


def _lines(content: bytes, random: random.Random) -> bytes:
    lines = content.split(b"\n")
    place, other = random.randrange(len(lines)), random.randrange(len(lines))
    kind = random.randrange(3)
    if kind == 0:
        del lines[place : place + random.choice((1, 1, 2, 10))]
    elif kind == 1:
        lines.insert(other, lines[place])
    else:
        lines[place], lines[other] = lines[other], lines[place]
    return b"\n".join(lines)
