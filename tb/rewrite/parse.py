# SPDX-License-Identifier: Apache-2.0
"""Parser of the Verilog that surmax.rtl writes: a small subset of Verilog-2005.

Read are: module headers with a list of port names, declarations of ports, wires and registers,
`assign`, `always @(posedge ...)` with non-blocking assignments under `if`, and instances with named
pins. Anything else in a module is an error. Every item keeps its tokens, and a token knows its
place in the text, so that an edit leaves all other bytes as they are.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from surmax.common.errors import InputError

_TOKEN = re.compile(
    r"""
    (?P<space>   \s+ | //[^\n]* | /\*.*?\*/ | \(\*(?!\)).*?\*\) )
  | (?P<name>    \\\S+ | [A-Za-z_$][\w$]* )
  | (?P<number>  (?:\d+\s*)?'[sS]?[bodhBODH][0-9a-fA-FxXzZ?_]+ | \d+ )
  | (?P<symbol>  <<<|>>>|===|!==|<=|>=|==|!=|&&|\|\||<<|>>|\*\*|~&|~\||~\^|\+:|-:
               | [-+*/%&|^~!?:;,.=<>(){}\[\]\#@] )
    """,
    re.VERBOSE | re.DOTALL,
)
_MODULE = re.compile(r"^[ \t]*module\s+(\\\S+|[A-Za-z_][\w$]*)(.*?)^[ \t]*endmodule\b", re.M | re.S)
_DECLARATIONS = ("input", "output", "inout", "wire", "reg")
_OPEN, _CLOSE = "([{", ")]}"


class VerilogError(InputError):
    """The Verilog is outside the subset, or has no such module or signal."""


@dataclass(frozen=True)
class Token:
    """One word of the text, from `start` to before `end`."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def name(self) -> str | None:
        """The identifier without its escape; None of anything else."""
        return self.text.removeprefix("\\") if self.kind == "name" else None


Tokens = tuple[Token, ...]


def tokens_of(text: str, start: int = 0, end: int | None = None) -> Tokens:
    """Return the tokens of a part of the text, without spaces, comments and attributes.

    Raises VerilogError at a character that begins no token.
    """
    found: list[Token] = []
    end = len(text) if end is None else end
    while start < end:
        match = _TOKEN.match(text, start, end)
        if match is None:
            raise VerilogError(f"Verilog must consist of tokens, not {text[start : start + 20]!r}")
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match[0], match.start(), match.end()))
        start = match.end()
    return tuple(found)


def written(name: str) -> str:
    """Return an identifier as Verilog text: escaped, with the blank that ends it, if need be."""
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else f"\\{name} "


@dataclass
class Signal:
    """A port, wire or register.

    Attributes:
        name: without escape.
        written: as the text has it.
        kinds: which of input, output, inout, wire and reg it is declared as.
        range: text of its range, "[7:0]" say; empty for one bit.
        memory: whether it is an array of words.
    """

    name: str
    written: str
    kinds: set[str] = field(default_factory=set)
    range: str = ""
    memory: bool = False


@dataclass(frozen=True)
class Assign:
    """`assign left = right;`: `start` is the place behind the word `assign`."""

    start: int
    left: Tokens
    right: Tokens


@dataclass(frozen=True)
class Update:
    """`left <= right;`"""

    left: Tokens
    right: Tokens


@dataclass(frozen=True)
class Branch:
    """`if (condition) then else other`; other is None where there is no else."""

    condition: Tokens
    then: "Update | Branch"
    other: "Update | Branch | None"


@dataclass(frozen=True)
class Always:
    """`always @(posedge clock) body`, from `start` to before `end`."""

    start: int
    end: int
    clock: str
    body: Update | Branch

    def updates(self) -> Iterator[Update]:
        """Return every assignment in the body."""
        todo: list[Update | Branch | None] = [self.body]
        while todo:
            body = todo.pop()
            if isinstance(body, Update):
                yield body
            elif body is not None:
                todo += [body.other, body.then]


@dataclass(frozen=True)
class Instance:
    """`module name (.port(tokens), ...);`"""

    module: str
    name: str
    pins: dict[str, Tokens]


class Module:
    """One module of a text; its items are read when one is asked for.

    Attributes:
        text: the whole Verilog text.
        name: of the module.
        name_span: where its name is.
        end: where `endmodule` is.
        signals, assigns, always, instances: what is in it, in the order of the text.
    """

    def __init__(self, text: str, match: re.Match[str]) -> None:
        self.text = text
        self.name = match[1].removeprefix("\\")
        self.name_span = match.span(1)
        self._body = match.start(2)
        self.end = text.rindex("endmodule", match.start(), match.end())

    @cached_property
    def _items(self) -> "_Items":
        return _Items(self, self._body)

    @property
    def signals(self) -> dict[str, Signal]:
        """Ports, wires and registers by their names."""
        return self._items.signals

    @property
    def assigns(self) -> list[Assign]:
        """Continuous assignments."""
        return self._items.assigns

    @property
    def always(self) -> list[Always]:
        """Clocked processes."""
        return self._items.always

    @property
    def instances(self) -> list[Instance]:
        """Instances of other modules."""
        return self._items.instances

    @property
    def header_end(self) -> int:
        """Place behind the list of port names."""
        return self._items.header_end

    def source(self, tokens: Tokens) -> str:
        """Return the text from the first of the tokens to the last one."""
        # A blank ends an escaped name.
        return self.text[tokens[0].start : tokens[-1].end] + " " if tokens else ""


def modules_of(text: str) -> dict[str, Module]:
    """Return the modules of a text by their names; their bodies are not read yet."""
    return {module.name: module for module in (Module(text, m) for m in _MODULE.finditer(text))}


class _Items:
    """Reads the body of a module, token by token."""

    def __init__(self, module: Module, start: int) -> None:
        self._module, self._at = module, 0
        self._tokens = tokens_of(module.text, start, module.end)
        self.signals: dict[str, Signal] = {}
        self.assigns: list[Assign] = []
        self.always: list[Always] = []
        self.instances: list[Instance] = []
        self._upto(";")  # the header's port names, which are declared below
        self.header_end = self._tokens[self._at - 1].end
        while self._at < len(self._tokens):
            self._item()

    def _next(self) -> Token:
        if self._at == len(self._tokens):
            raise self._error("endmodule", "its end")
        self._at += 1
        return self._tokens[self._at - 1]

    def _peek(self) -> str:
        return self._tokens[self._at].text if self._at < len(self._tokens) else ""

    def _error(self, found: str, wanted: str) -> VerilogError:
        line = self._module.text.count("\n", 0, self._tokens[self._at - 1].end)
        return VerilogError(
            f"module {self._module.name}, line {line + 1}: {wanted} must come before {found!r}"
        )

    def _take(self, text: str) -> Token:
        token = self._next()
        if token.text != text:
            raise self._error(token.text, repr(text))
        return token

    def _upto(self, stop: str) -> Tokens:
        """Return the tokens before `stop`, outside of all brackets, and skip it."""
        depth, first = 0, self._at
        while True:
            token = self._next()
            if token.text == stop and depth == 0:
                return self._tokens[first : self._at - 1]
            depth += (token.text in _OPEN) - (token.text in _CLOSE)

    def _item(self) -> None:
        word = self._peek()
        if word in _DECLARATIONS:
            self._declaration(self._next().text)
        elif word == "assign":
            start = self._next().end
            self.assigns.append(Assign(start, self._upto("="), self._upto(";")))
        elif word == "always":
            self._always(self._next().start)
        elif self._tokens[self._at].kind == "name":
            self._instance()
        else:
            raise self._error(self._next().text, "an item")

    def _declaration(self, kind: str) -> None:
        bits = self._range()
        while True:
            token = self._next()
            if token.name is None:
                raise self._error(token.text, "a name")
            signal = self.signals.setdefault(token.name, Signal(token.name, token.text))
            signal.kinds.add(kind)
            signal.range = bits
            if token.text.startswith("\\"):
                signal.written = f"{token.text} "
            signal.memory |= bool(self._range())
            stop = self._next()
            if stop.text not in (",", ";"):
                raise self._error(stop.text, "',' or ';'")
            if stop.text == ";":
                break

    def _range(self) -> str:
        if self._peek() != "[":
            return ""
        start = self._next().start
        self._upto("]")
        return self._module.text[start : self._tokens[self._at - 1].end]

    def _always(self, start: int) -> None:
        for text in ("@", "(", "posedge"):
            self._take(text)
        clock = self._module.source(self._upto(")"))
        body = self._statement()
        self.always.append(Always(start, self._tokens[self._at - 1].end, clock, body))

    def _statement(self) -> Update | Branch:
        if self._peek() == "begin":
            self._next()
            body = self._statement()
            self._take("end")
            return body
        if self._peek() != "if":
            return Update(self._upto("<="), self._upto(";"))
        self._next()
        self._take("(")
        condition, then, other = self._upto(")"), self._statement(), None
        if self._peek() == "else":
            self._next()
            other = self._statement()
        return Branch(condition, then, other)

    def _instance(self) -> None:
        module, name = self._next().name, self._next().name
        if module is None or name is None:
            raise self._error(self._peek(), "an instance")
        self._take("(")
        pins: dict[str, Tokens] = {}
        while self._peek() != ")":
            self._take(".")
            port = self._next().name or ""
            self._take("(")
            pins[port] = self._upto(")")
            if self._peek() == ",":
                self._next()
        self._take(")")
        self._take(";")
        self.instances.append(Instance(module, name, pins))
