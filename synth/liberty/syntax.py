# SPDX-License-Identifier: Apache-2.0
"""Lazy parser of Liberty's syntax: groups, attributes, lists of numbers.

A Liberty file has megabytes of numbers, of which one reader needs only a part. Therefore one pass
over the text pairs the braces, and the body of a group is parsed when it is first looked into.
"""

import re
from collections.abc import Iterator
from functools import cached_property

from surmax.golden import InputError

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# Strings are skipped whole, because they may hold braces.
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
    """A Liberty group `kind (names) { ... }` with its attributes and inner groups.

    Attributes:
        kind: first word, for example "cell".
        names: words between the parentheses.
        start, end: offsets of the group in the text that it was parsed from; `end` is exclusive.
    """

    def __init__(self, text: str, close: dict[int, int], head: re.Match[str], path: str) -> None:
        self.kind: str = head["name"]
        self.names = tuple(head["list"].translate(_QUOTES).split())
        self.start, self._body = head.start("name"), head.end()
        self.end = close[head.end() - 1] + 1
        self._text, self._close, self._path = text, close, path

    @property
    def name(self) -> str:
        """The first of `names`, or ""."""
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
            # Only voltage_map and define are repeated, and no reader uses them: keep the first.
            attributes.setdefault(match["name"], value)
        rest = self._text[_BLANK.match(self._text, position, last).end() : last]
        if rest:
            line = rest.splitlines()[0][:40]
            raise InputError(f"liberty {self._path!r}: {line!r} must be a Liberty statement")
        return attributes, tuple(groups)

    def get(self, name: str) -> str | None:
        """Return the value of attribute `name` without quotes, or None."""
        value = self._content[0].get(name)
        return None if value is None else value.strip().strip('"').strip()

    def number(self, name: str) -> float | None:
        """Return attribute `name` as a number, or None; raises InputError on other text."""
        value = self.get(name)
        return None if value is None else self._float(name, value)

    def numbers(self, name: str) -> list[float] | None:
        """Return the numbers of a list such as `values ("1, 2", "3, 4")`, or None.

        Raises InputError when an element is not a number.
        """
        value = self._content[0].get(name)
        if value is None:
            return None
        try:
            return list(map(float, value.translate(_QUOTES).split()))
        except ValueError as error:
            raise self._wrong(name, f"must be a list of numbers: {error}") from error

    def words(self, name: str) -> tuple[str, ...]:
        """Return the words of attribute `name`, a list or a string; () where it is absent."""
        return tuple((self._content[0].get(name) or "").translate(_QUOTES).split())

    def all_groups(self) -> tuple["Group", ...]:
        """Return the groups directly inside this one."""
        return self._content[1]

    def groups(self, *kinds: str) -> Iterator["Group"]:
        """Return the inner groups of the given kinds."""
        return (group for group in self._content[1] if group.kind in kinds)

    def _float(self, name: str, value: str) -> float:
        try:
            return float(value)
        except ValueError as error:
            raise self._wrong(name, f"must be a number, not {value!r}") from error

    def _wrong(self, name: str, reason: str) -> InputError:
        where = f"{self.kind} {self.name}".strip()
        return InputError(f"liberty {self._path!r}: {name} of {where}: {reason}")


def parse_liberty(text: str, path: str) -> tuple[str, Group]:
    """Return the text of a Liberty file without its comments, and its `library` group.

    `path` names the file in messages.

    Raises InputError when the text does not begin with a library group, or a closing brace is
    missing.
    """
    text = _COMMENT.sub("", text)
    head = _STATEMENT.match(text)
    if not head or head["name"] != "library" or not head["open"]:
        raise InputError(f"liberty {path!r} must begin with `library (NAME) {{`")
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
        raise InputError(f"liberty {path!r} must have a closing brace for each opening one")
    return text, Group(text, close, head, path)


def without(text: str, spans: list[tuple[int, int]]) -> str:
    """Return `text` without the spans (start, end), which are sorted and do not overlap."""
    out, position = [], 0
    for start, end in spans:
        out.append(text[position:start])
        position = end
    return "".join([*out, text[position:]])
