# SPDX-License-Identifier: Apache-2.0
"""Spoil files: mutations of valid bytes, JSON, TOML, NPZ and Liberty."""

import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
from fuzz.hostile import CONTROL, DIGITS, WORDS, array

_MARK = "@@{}@@"
_BOM = b"\xef\xbb\xbf"
# Literals that go into a text as they are; most are no JSON or no TOML.
JSON_LITERALS = (
    "NaN", "Infinity", "-Infinity", "-0", "-0.0", "0", "1", "-1", "1.0", "1.5", "2", "64", "255",
    "256", "512", "1e400", "-1e400", "1e-400", "1e308", "1e18", "9007199254740993",
    "18446744073709551616", DIGITS, f"0.{DIGITS}", f"1e{DIGITS}", "true", "false", "null", '""',
    '"1"', '"div"', '"\\u0000"', '"\\ud800"', '"a\\nb"', '"[bold]x[/]"', "[]", "{}", "[1]", "[[1]]",
    '{"a": 1, "a": 2}', "[" * 300 + "]" * 300, "[" * 100_000, '{"a":' * 100_000, "1,", "01", "0x1",
    "'a'", f'"{"a" * 100_000}"', f"[{'0,' * 5000}0]",
)  # fmt: skip
TOML_LITERALS = (
    "nan", "-nan", "inf", "-inf", "-0", "0", "1", "-1", "1.0", "1.5", "8", "64", "4097", "1e400",
    "1e-400", "1e308", "18446744073709551616", DIGITS, f"0.{DIGITS}", "true", "false", '""', '"1"',
    '"div"', "'''a\nb'''", '"\\u0000"', '"[bold]x[/]"', "[]", "[[]]", "[1]", '[1, "a"]', "{}",
    "{a = 1}", "1979-05-27", "1979-05-27T07:32:00Z", "07:32:00", "0x10", "1_000", "01",
    "[" * 300 + "]" * 300, "[" * 100_000, f'"{"a" * 100_000}"', f"[{'1,' * 3000}]",
    f"[{', '.join(map(str, range(1, 4000)))}]", '["clb", "div", "clb1", "clb2"]', "[1, 1, 1]",
)  # fmt: skip
_LIBERTY_TOKENS = (
    "{", "}", "(", ")", ";", ":", ",", '"', "\\", "\\\n", "//", "/*", "*/", "\n", "\r\n", "\0",
    "-5", "0", "nan", "inf", "1e400", "1e-400", DIGITS, "area : 0;", "area : -5;", "area : nan;",
    '""', "cell (INV) {", "pin (Y) {", "function", '"!A"', '"A&"', '"(A"', '"Q"', "define (a, b);",
    "dont_use : true;", 'values ("1, nan");', 'index_1 ("5, 1");', 'index_1 ("");', "library (b) {",
    "include_file (/dev/zero);", "[bold]x[/]", "\u65e5", CONTROL, "module", "ff (IQ, IQN) {",
    "{" * 20_000, "a" * 100_000, '"' + "a" * 1000, "direction : output;", "capacitance : -1;",
)  # fmt: skip

_MEMBERS = (
    "mask.npy", "valid16.npy", "weights.npy", "x.npy", "scores16.npy", "scores" + "9" * 20 + ".npy",
    "../a.npy", "a", "scores\u0663.npy",
)  # fmt: skip


def spoil_bytes(random: Random, content: bytes) -> bytes:
    """Change bytes at random, or how the whole is stored."""
    size = len(content)
    place = random.randrange(size + 1)
    end = min(size, place + random.choice((1, 1, 2, 8, 100)))
    kind = random.randrange(16)
    if kind == 0:
        return content[:place]
    if kind == 1:
        return content[:place] + content[end:]
    if kind == 2:
        return content[:place] + random.randbytes(random.choice((1, 4, 64))) + content[place:]
    if kind == 3:
        return content[:place] + content[place:end] * random.choice((2, 50)) + content[end:]
    if kind == 4:
        return content + random.choice((b"\n", b"\0", b"x", content))
    if kind == 5:
        return _BOM * random.choice((1, 2)) + content
    if kind == 6:
        return content.decode("utf-8", "replace").encode(random.choice(("utf-16", "utf-32")))
    if kind == 7:
        packed = gzip.compress(content)
        return packed[: random.choice((len(packed), len(packed) - 4, len(packed) // 2))]
    if kind == 8:
        return random.choice((b"", b"\n", b" ", b"\0" * 4096, b"a" * 1_000_000, b"PK\x03\x04"))
    if kind == 9:
        return random.randbytes(random.choice((1, 100, 5000)))
    if kind == 10:
        return content.replace(b"\n", random.choice((b"\r\n", b"\r", b"", b"\n\n")))
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 3, 20)) if size else 0):
        changed[random.randrange(size)] = random.choice((0, 10, 34, 255, random.randrange(256)))
    return bytes(changed)


def spoil_json(random: Random, content: bytes) -> bytes:
    """Change a few values, keys or members of a JSON document."""
    if random.random() < 0.2:
        return spoil_bytes(random, content)
    return _spoil_tree(random, json.loads(content), JSON_LITERALS, json.dumps)


def spoil_toml(random: Random, content: bytes) -> bytes:
    """Change a few values, keys or tables of a sweep file."""
    if random.random() < 0.25:
        return spoil_bytes(random, content)
    import tomllib

    return _spoil_tree(random, tomllib.loads(content.decode()), TOML_LITERALS, _toml)


def _spoil_tree(
    random: Random, document: Any, literals: tuple[str, ...], write: Callable[[Any], str]
) -> bytes:
    chosen: dict[str, str] = {}
    for number in range(random.choice((1, 1, 1, 2, 3, 6))):
        mark = _MARK.format(number)
        chosen[mark] = random.choice(literals)
        where = list(_places(document))
        if not where:
            return random.choice(literals).encode("utf-8", "surrogatepass")
        holder, key = random.choice(where)
        kind = random.randrange(9)
        if kind == 0:
            del holder[key]
        elif kind == 1 and isinstance(holder, dict):
            holder[key + random.choice(("s", " ", "", "\n", "r"))] = holder.pop(key)
        elif kind == 2 and isinstance(holder, dict):
            holder[random.choice(WORDS)] = mark
        elif kind == 3 and isinstance(holder, list):
            holder[:] = holder * random.choice((2, 70))
        elif kind == 4 and isinstance(holder, dict):
            # The same key twice: no dictionary can hold that, the text can.
            holder[f"{key}{mark}"] = holder[key]
            chosen[mark] = ""
        else:
            holder[key] = mark
    text = write(document)
    for mark, literal in chosen.items():
        text = text.replace(f'"{mark}"', literal).replace(mark, literal)
    return text.encode("utf-8", "surrogatepass")


def _places(document: Any) -> Any:
    """Yield each (holder, key) below a document."""
    if not isinstance(document, dict | list):
        return
    for key in list(document) if isinstance(document, dict) else range(len(document)):
        yield document, key
        yield from _places(document[key])


def _toml(document: dict[str, Any]) -> str:
    """Write a table and its arrays of tables, which is all that a sweep has."""
    lines, tables = [], []
    for key, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for one in value:
                rows = one.items() if isinstance(one, dict) else [("a", one)]
                tables += [f"[[{key}]]", *(f"{_key(name)} = {_value(each)}" for name, each in rows)]
        else:
            lines.append(f"{_key(key)} = {_value(value)}")
    return "\n".join(lines + tables) + "\n"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[\w@-]+", name) else json.dumps(name)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value)


def spoil_npz(random: Random, content: bytes) -> bytes:
    """Change arrays of an archive, the headers of its members, or the archive."""
    kind = random.randrange(6)
    if kind == 0:
        return spoil_bytes(random, content)
    if kind == 1:
        return _spoil_zip(random, content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = random.choice(list(members))
    if kind == 2:
        members[name] = _spoil_header(random, members[name])
    elif kind == 3:
        members[name] = spoil_bytes(random, members[name])
    else:
        for _ in range(random.choice((1, 1, 2))):
            _spoil_arrays(random, members)
    return _archive(random, members)


def _spoil_arrays(random: Random, members: dict[str, bytes]) -> None:
    name = random.choice(list(members))
    old = np.load(io.BytesIO(members[name]), allow_pickle=True)
    kind = random.randrange(7)
    if kind == 0 and len(members) > 1:
        del members[name]
    elif kind == 1:
        members[random.choice(_MEMBERS)] = _npy(array(random))
    elif kind == 2:
        members[name] = _npy(array(random))
    elif kind == 3:
        members[name] = _npy(old.reshape(-1))
    elif kind == 4:
        members["weights.npy"] = _npy(
            np.full((12, 16), random.choice((0, -1, np.nan, 1e300, 1e-40)))
        )
    elif kind == 5:
        members["mask.npy"] = _npy(np.full((2, 12, 16), random.random() < 0.5))
    else:
        members[name] = _npy(array(random, old.shape))


def _npy(made: np.ndarray[Any, Any]) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, made, allow_pickle=True)
    return file.getvalue()


def _spoil_header(random: Random, member: bytes) -> bytes:
    """Say something else about the array that follows."""
    header = random.choice((
        "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 12, 1000000000000)}",
        "{'descr': '|i1', 'fortran_order': False, 'shape': (100000, 100000)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 4)}",
        "{'descr': '<f8', 'fortran_order': 3, 'shape': (2,)}",
        "{'descr': '<q9', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '|O', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '|i1', 'fortran_order': False, 'shape': (True, 2)}",
        "{'descr': '|i1', 'fortran_order': False, 'shape': 2}",
        "{'descr': '|i1', 'fortran_order': False}",
        "{'descr': '|i1', 'fortran_order': False, 'shape': (2,), 'x': 1}",
        "{'descr': '|V0', 'fortran_order': False, 'shape': (9999999999,)}",
        "{" * 5000, "1 +", "'a", "[]", "", "\0", "(" * 90 + ")" * 90, "{'descr': 1e999}", DIGITS,
    )).encode()  # fmt: skip
    version = random.choice((b"\x01\0", b"\x01\0", b"\x02\0", b"\x03\0", b"\x09\0"))
    width = 2 if version[0] == 1 else 4
    size = random.choice((len(header), len(header), 0, 60_000))
    return b"\x93NUMPY" + version + size.to_bytes(width, "little") + header + member[128:]


def _archive(random: Random, members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    stored = random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA))
    with zipfile.ZipFile(file, "w", stored) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def _spoil_zip(random: Random, content: bytes) -> bytes:
    """Change one byte of a header of the archive: version, flags, method, sizes, names."""
    changed = bytearray(content)
    heads = [one.start() for one in re.finditer(rb"PK(\x01\x02|\x03\x04|\x05\x06)", content)]
    for _ in range(random.choice((1, 1, 2))):
        place = random.choice(heads) + random.randrange(4, 46)
        if place < len(changed):
            changed[place] = random.choice((0, 1, 8, 12, 95, 99, 255, random.randrange(256)))
    return bytes(changed)


def spoil_liberty(random: Random, content: bytes) -> bytes:
    """Change tokens, lines or groups of a library."""
    if random.random() < 0.2:
        return spoil_bytes(random, content)
    text = content.decode()
    for _ in range(random.choice((1, 1, 2, 5))):
        text = _spoil_tokens(random, text)
    return text.encode("utf-8", "surrogatepass")


def _spoil_tokens(random: Random, text: str) -> str:
    kind = random.randrange(5)
    if kind == 0:
        lines = text.split("\n")
        here, there = (random.randrange(len(lines)) for _ in range(2))
        lines[here : here + random.choice((0, 1, 1, 4))] = random.choice(([], [lines[there]]))
        return "\n".join(lines)
    if kind == 1:
        cells = re.split(r"(?=\n  cell )", text)
        here = random.randrange(len(cells))
        cells[here : here + 1] = [cells[here]] * random.choice((0, 2))
        return "".join(cells)
    tokens = re.findall(r'"[^"]*"|[\w.+-]+|\s+|.', text)
    here, there = (random.randrange(len(tokens)) for _ in range(2))
    if kind == 2:
        tokens[here] = random.choice(("", tokens[there]))
    elif kind == 3:
        tokens[here] = random.choice(_LIBERTY_TOKENS)
    else:
        tokens.insert(here, random.choice(_LIBERTY_TOKENS))
    return "".join(tokens)


def spoil_numbers(random: Random, content: bytes) -> bytes:
    """Change words of a text of numbers."""
    if random.random() < 0.4:
        return spoil_bytes(random, content)
    words = re.findall(rb"\S+|\s+", content) or [b""]
    odd = (
        b"",
        b"x",
        b"-1",
        b"300",
        b"1.5",
        b"nan",
        b"1e9",
        b"99999999999999999999",
        b"\xff",
        b"\0",
    )
    words[random.randrange(len(words))] = random.choice((*odd, DIGITS.encode()))
    return b"".join(words)


def spoil(random: Random, name: str, content: bytes) -> bytes:
    """Spoil a file by the end of its name."""
    kinds = {
        "json": spoil_json,
        "toml": spoil_toml,
        "npz": spoil_npz,
        "lib": spoil_liberty,
        "txt": spoil_numbers,
    }
    return kinds.get(name.rpartition(".")[2], spoil_bytes)(random, content)
