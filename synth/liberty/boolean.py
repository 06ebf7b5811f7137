# SPDX-License-Identifier: Apache-2.0
"""Boolean functions of cell pins, as Liberty files write them."""

import re
from collections.abc import Mapping
from itertools import product

from surmax.golden import InputError

_TOKEN = re.compile(r"\s*([A-Za-z_][\w\[\]]*|[01]|[!'&*|+^()])")


def truth_table(function: str, inputs: tuple[str, ...]) -> tuple[bool, ...]:
    """Return the 2**n values of `function` over its n `inputs`.

    Row k is the value for the bits of k, the first input being the most significant bit. Operators
    from the tightest to the loosest: `!A` and `A'`; `^`; `&`, `*` or a blank; `|` or `+`.

    Raises InputError on a syntax error and on a name that is not in `inputs`.
    """
    tokens = _tokens(function)
    rows = []
    for values in product((False, True), repeat=len(inputs)):
        parser = _Parser(function, tokens, dict(zip(inputs, values, strict=True)))
        rows.append(parser.disjunction())
        parser.end()
    return tuple(rows)


def _tokens(function: str) -> list[str]:
    tokens, position = [], 0
    text = function.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            wrong = text[position]
            raise InputError(f"Liberty function {function!r}: {wrong!r} must be an operator")
        tokens.append(match[1])
        position = match.end()
    return tokens


class _Parser:
    """Recursive-descent parser that evaluates the expression while it reads the tokens.

    A method for each level of precedence, the loosest first: disjunction, conjunction, parity,
    literal.
    """

    def __init__(self, function: str, tokens: list[str], values: Mapping[str, bool]) -> None:
        self.function, self.tokens, self.values = function, tokens, values
        self.position = 0

    def peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.position += 1
        return token

    def end(self) -> None:
        if self.peek():
            raise InputError(f"Liberty function {self.function!r} must end before {self.peek()!r}")

    def disjunction(self) -> bool:
        value = self.conjunction()
        while self.peek() in ("|", "+"):
            self.take()
            value = self.conjunction() or value
        return value

    def conjunction(self) -> bool:
        value = self.parity()
        while self.peek() not in ("", "|", "+", ")"):
            if self.peek() in ("&", "*"):
                self.take()
            value = self.parity() and value
        return value

    def parity(self) -> bool:
        value = self.literal()
        while self.peek() == "^":
            self.take()
            value ^= self.literal()
        return value

    def literal(self) -> bool:
        token = self.take()
        if token == "!":
            return not self.literal()
        if token == "(":
            value = self.disjunction()
            if self.take() != ")":
                raise InputError(f"Liberty function {self.function!r}: ( must have its )")
        elif token in ("0", "1"):
            value = token == "1"
        elif token in self.values:
            value = self.values[token]
        else:
            pins = ", ".join(self.values)
            raise InputError(
                f"Liberty function {self.function!r}: pin must be one of {pins}, not {token!r}"
            )
        while self.peek() == "'":
            self.take()
            value = not value
        return value
