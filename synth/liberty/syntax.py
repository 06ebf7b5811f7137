# SPDX-License-Identifier: Apache-2.0
"""The syntax of a Liberty file: groups, attributes, lists of numbers, read as they are asked for.

A Liberty file is mostly numbers. One pass over the text pairs its braces; the body of a group is
taken apart when somebody looks into it, and never before.
"""

import re
from collections.abc import Iterator
from functools import cached_property

from surmax.golden import InputError

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# A string is skipped whole: it may hold braces.
_BRACE = re.compile(r'[{}]|"[^"]*"')
# NAME : VALUE ;  or  NAME ( ARGUMENTS ) and then ; or {
_STATEMENT = re.compile(
    r"""[\s;]*(?P<name>[A-Za-z_][\w.]*)\s*
    (?: :\s*(?P<value>"[^"]*"|[^;\n}]*)
      | \((?P<list>(?:[^()"]++|"[^"]*")*+)\)\s*(?P<open>\{)? )""",
    re.VERBOSE,
)
_BLANK = re.compile(r"[\s;]*")
_QUOTES = str.maketrans({'"': " ", "\\": " ", ",": " "})


class Group:
    """`kind (names) { ... }`: its attributes and its groups.

    `start` and `end` are the place of the whole group in the text that it was read from.
    """

    def __init__(self, text: str, close: dict[int, int], head: re.Match[str], path: str) -> None:
        self.kind: str = head["name"]
        self.names = tuple(head["list"].translate(_QUOTES).split())
        self.start, self._body = head.start("name"), head.end()
        self.end = close[head.end() - 1] + 1
        self._text, self._close, self._path = text, close, path

    @property
    def name(self) -> str:
        """The first name, or ""."""
        return self.names[0] if self.names else ""

    @cached_property
    def _content(self) -> tuple[dict[str, str], tuple["Group", ...]]:
        attributes: dict[str, str] = {}
        groups = []
        position, last = self._body, self.end - 1
        while match := _STATEMENT.match(self._text, position, last):
            if match["open"]:
                groups.append(Group(self._text, self._close, match, self._path))
                position = groups[-1].end
                continue
            position = match.end()
            value = match["value"] if match["list"] is None else match["list"]
            # A repeated attribute (voltage_map, define) is kept once: nobody asks for those.
            attributes.setdefault(match["name"], value)
        rest = self._text[_BLANK.match(self._text, position, last).end() : last]
        if rest:
            line = rest.splitlines()[0][:40]
            raise InputError(f"liberty is {self._path!r}: {line!r} is no Liberty statement")
        return attributes, tuple(groups)

    def get(self, name: str) -> str | None:
        """Return the value of attribute `name` without quotes, or None."""
        value = self._content[0].get(name)
        return None if value is None else value.strip().strip('"').strip()

    def number(self, name: str) -> float | None:
        """Return the value of attribute `name`; raises InputError when it is no number."""
        value = self.get(name)
        return None if value is None else self._float(name, value)

    def numbers(self, name: str) -> list[float] | None:
        """Return the numbers of a list such as `values ("1, 2", "3, 4")`, or None.

        Raises InputError when one is no number.
        """
        value = self._content[0].get(name)
        if value is None:
            return None
        try:
            return list(map(float, value.translate(_QUOTES).split()))
        except ValueError as error:
            raise self._wrong(name, str(error)) from error

    def words(self, name: str) -> tuple[str, ...]:
        """Return the words of a list or a string."""
        return tuple((self._content[0].get(name) or "").translate(_QUOTES).split())

    def all_groups(self) -> tuple["Group", ...]:
        """The groups directly inside this one."""
        return self._content[1]

    def groups(self, *kinds: str) -> Iterator["Group"]:
        """Those of these kinds."""
        return (group for group in self._content[1] if group.kind in kinds)

    def _float(self, name: str, value: str) -> float:
        try:
            return float(value)
        except ValueError as error:
            raise self._wrong(name, f"{value!r} is no number") from error

    def _wrong(self, name: str, reason: str) -> InputError:
        where = f"{self.kind} {self.name}".strip()
        return InputError(f"liberty is {self._path!r}: {name} of {where}: {reason}")


def parse_liberty(text: str, path: str) -> tuple[str, Group]:
    """Return the text of a Liberty file without its comments, and its `library` group.

    `path` names the file in messages. Raises InputError when the text does not begin with a library
    group, or a brace is missing.
    """
    text = _COMMENT.sub("", text)
    head = _STATEMENT.match(text)
    if not head or head["name"] != "library" or not head["open"]:
        raise InputError(f"liberty is {path!r}: no `library (NAME) {{` at its start")
    close: dict[int, int] = {}
    opened: list[int] = []
    for brace in _BRACE.finditer(text, head.end() - 1):
        if brace[0] == "{":
            opened.append(brace.start())
        elif brace[0] == "}" and opened:
            close[opened.pop()] = brace.start()
            if not opened:
                break
    if opened:
        raise InputError(f"liberty is {path!r}: a closing brace is missing")
    return text, Group(text, close, head, path)


def without(text: str, spans: list[tuple[int, int]]) -> str:
    """Return `text` less the spans (start, end), which are in order and apart."""
    out, position = [], 0
    for start, end in spans:
        out.append(text[position:start])
        position = end
    return "".join([*out, text[position:]])
