# SPDX-License-Identifier: Apache-2.0
"""Lazy parser of Liberty's syntax: groups, attributes, lists of numbers.

A Liberty file has megabytes of numbers, of which one reader needs only a part. Therefore one pass
over the text pairs the braces, and the body of a group is parsed when it is first looked into.
"""

import math
import re
from collections.abc import Iterator
from functools import cached_property

from surmax.common.errors import InputError, shown
from surmax.synth.liberty.source import short_path

# Strings and comments are skipped whole, because they may hold braces. What begins one and never
# ends is the last alternative.
_TOKEN = re.compile(r'[{}]|"[^"]*"|/\*.*?\*/|//[^\n]*|/\*|"', re.DOTALL)
# NAME : VALUE ;  or  NAME ( ARGUMENTS ) and then ; or {
# A backslash stands at the end of a line that goes on.
_STATEMENT = re.compile(
    r"""[\s;\\]*(?P<name>[A-Za-z_][\w.]*+)[\s\\]*+
    (?: :[\s\\]*+(?P<value>"[^"]*"|[^;\n{}]*+)
      | \((?P<list>(?:[^()"{}]++|"[^"]*")*+)\)[\s\\]*+(?P<open>\{)? )""",
    re.VERBOSE,
)
_BLANK = re.compile(r"[\s;\\]*")
_QUOTES = str.maketrans({'"': " ", "\\": " ", ",": " "})
_ELEMENT = re.compile(r'"[^"]*"|[^\s,"\\]+')
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_NOT_NEWLINE = re.compile(r"[^\n]")


class _Document:
    """Text of a library group, its pairs of braces, and where in the file something stands."""

    def __init__(self, text: str, path: str) -> None:
        self.text, self.path = text, path
        self.close: dict[int, int] = {}

    def error(self, position: int, reason: str) -> InputError:
        line = self.text.count("\n", 0, position) + 1
        return InputError(f"liberty {short_path(self.path)}, line {line}: {reason}")

    def open_string(self, otherwise: InputError) -> InputError:
        """Return the error of a quote that was lost, where there seems to be one.

        It makes strings of what lies between two strings, so that whatever is wrong afterwards
        lies far from it. A string that goes on in the next line without a backslash tells.
        """
        for token in _TOKEN.finditer(self.text):
            string = token[0]
            broken = string.find("\n")
            if string[0] == '"' and (
                len(string) == 1
                or (broken > 0 and not string[:broken].rstrip(" \t\r").endswith("\\"))
            ):
                return self.error(token.start(), "a string must end on its line with a quote")
        return otherwise


class Group:
    """A Liberty group `kind (names) { ... }` with its attributes and inner groups.

    Attributes:
        kind: first word, for example "cell".
        names: words between the parentheses.
    """

    def __init__(self, document: _Document, head: re.Match[str]) -> None:
        self.kind: str = head["name"]
        self.names = tuple(head["list"].translate(_QUOTES).split())
        self._document = document
        self._start, self._body = head.start("name"), head.end()
        self._last = document.close[head.end() - 1]

    @property
    def name(self) -> str:
        """The first of `names`, or ""."""
        return self.names[0] if self.names else ""

    @cached_property
    def _content(self) -> tuple[dict[str, str], tuple["Group", ...], list[str]]:
        """Attributes, groups, and the names of attributes that have two values."""
        attributes: dict[str, str] = {}
        groups: list[Group] = []
        differing: list[str] = []
        text, position, last = self._document.text, self._body, self._last
        while match := _STATEMENT.match(text, position, last):
            if match["open"]:
                groups.append(Group(self._document, match))
                position = groups[-1]._last + 1
                continue
            position = match.end()
            value = match["value"] if match["list"] is None else match["list"]
            if attributes.setdefault(match["name"], value) != value:
                differing.append(match["name"])
        position = _BLANK.match(text, position, last).end()
        if position < last:
            line = text[position:last].splitlines()[0][:40]
            error = self._document.error(position, f"{shown(line)} must be a Liberty statement")
            raise self._document.open_string(error)
        return attributes, tuple(groups), differing

    def raw(self, name: str) -> str | None:
        """Return the value of attribute `name` as it is written, or None.

        Raises InputError when the group has the attribute with two values.
        """
        attributes, _, differing = self._content
        if differing and name in differing:
            raise self.error(f"{name} must have one value")
        return attributes.get(name)

    def get(self, name: str) -> str | None:
        """Return the value of attribute `name` without quotes, or None.

        Raises InputError when the group has the attribute with two values.
        """
        value = self.raw(name)
        return None if value is None else value.strip().strip('"').strip()

    def number(self, name: str) -> float | None:
        """Return attribute `name` as a finite number, or None; raises InputError on other text."""
        value = self.get(name)
        if value is None:
            return None
        if not _NUMBER.fullmatch(value) or not math.isfinite(number := float(value)):
            raise self.error(f"{name} must be a number, not {shown(value)}")
        return number

    def numbers(self, name: str) -> list[float] | None:
        """Return the numbers of a list such as `values ("1, 2", "3, 4")`, or None.

        Raises InputError when an element is not a finite number.
        """
        value = self.raw(name)
        if value is None:
            return None
        words = value.translate(_QUOTES).split()
        try:
            numbers = list(map(float, words))
        except ValueError:
            numbers = [math.nan]
        # The sum of finite numbers is finite, but for those near the largest that there is.
        if not math.isfinite(sum(numbers)) or "_" in value:
            wrong = next((word for word in words if not _NUMBER.fullmatch(word)), "too large ones")
            raise self.error(f"{name} must be numbers, not {shown(wrong)}")
        return numbers

    def words(self, name: str) -> tuple[str, ...]:
        """Return the words of attribute `name`, a list or a string; () where it is absent."""
        return tuple((self.raw(name) or "").translate(_QUOTES).split())

    def elements(self, name: str) -> tuple[str, ...]:
        """Return the elements of a list without quotes; a string is one element."""
        return tuple(one.strip('"') for one in _ELEMENT.findall(self.raw(name) or ""))

    def rows(self, name: str) -> list[tuple[str, ...]]:
        """Return the words of each list of a name that is there more than once."""
        text = self._document.text[self._body : self._last]
        found = (match for match in _STATEMENT.finditer(text) if match["name"] == name)
        return [tuple((match["list"] or "").translate(_QUOTES).split()) for match in found]

    def attributes(self) -> tuple[str, ...]:
        """Return the names of the attributes."""
        return tuple(self._content[0])

    def all_groups(self) -> tuple["Group", ...]:
        """Return the groups directly inside this one."""
        return self._content[1]

    def groups(self, *kinds: str) -> Iterator["Group"]:
        """Return the inner groups of the given kinds."""
        return (group for group in self._content[1] if group.kind in kinds)

    def error(self, reason: str) -> InputError:
        """Return an error that names the file, the line and this group, then the reason."""
        where = f"{self.kind} {shown(self.name)[1:-1]}".strip()
        return self._document.error(self._start, f"{where}: {reason}")


def parse_liberty(text: str, path: str) -> Group:
    """Return the `library` group of a Liberty file.

    `path` names the file in messages.

    Raises InputError when the text is not one library group, or a comment, a string or a brace is
    not closed.
    """
    document = _Document(text, path)
    pairs, outermost, comments = [], [], []
    opened: list[int] = []
    for token in _TOKEN.finditer(text):
        kind = token[0][0]
        if kind == "{":
            opened.append(token.start())
        elif kind == "}":
            if not opened:
                error = document.error(token.start(), "} must close a brace")
                raise document.open_string(error)
            pairs.append((opened.pop(), token.start()))
            if not opened:
                outermost.append(pairs[-1])
        elif kind == "/":
            if len(token[0]) == 2 and token[0] == "/*":
                raise document.error(token.start(), "a comment must end with */")
            comments.append(token.span())
        elif len(token[0]) == 1:
            raise document.open_string(document.error(token.start(), "a string must end"))
    if comments:
        document.text = text = _blanked(text, comments)
    head = _STATEMENT.match(text)
    if not head or head["name"] != "library" or not head["open"]:
        raise InputError(f"liberty {short_path(path)} must begin with `library (NAME) {{`")
    if opened:
        error = document.error(opened[-1], "{ must have its closing brace")
        raise document.open_string(error)
    document.close = dict(pairs)
    end = _BLANK.match(text, outermost[0][1] + 1).end()
    if end < len(text):
        raise document.error(end, "the file must end after its library group")
    library = Group(document, head)
    if "include_file" in library.attributes():
        raise library.error("include_file must be replaced by the content of that file")
    return library


def _blanked(text: str, spans: list[tuple[int, int]]) -> str:
    """Return `text` with blanks in place of the spans, so that all else stays where it is."""
    out, position = [], 0
    for start, end in spans:
        out += [text[position:start], _NOT_NEWLINE.sub(" ", text[start:end])]
        position = end
    return "".join([*out, text[position:]])
