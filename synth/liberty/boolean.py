# SPDX-License-Identifier: Apache-2.0
"""Boolean functions of cell pins, as Liberty files write them."""

import re
from functools import lru_cache
from typing import NamedTuple

from surmax.common.errors import InputError, shown

_TOKEN = re.compile(r"\s*([A-Za-z_][\w\[\].$]*|[01]|[!'&*|+^()])")
_LONGEST = 20_000  # characters of a function
_DEEPEST = 50  # brackets in one another
_WIDEST = 20  # inputs of a truth table, which has 2**20 rows then


class Expression(NamedTuple):
    """Node of an expression.

    `operator` is "|", "&", "^" or "!" over `terms`; "" for a pin called `name`, or the constant
    "0" or "1".
    """

    operator: str
    terms: tuple["Expression", ...]
    name: str = ""

    @property
    def names(self) -> frozenset[str]:
        """Names of the pins in it."""
        if self.operator:
            return frozenset().union(*(term.names for term in self.terms))
        return frozenset() if self.name in ("0", "1") else frozenset({self.name})

    def __str__(self) -> str:
        """Write it with !, &, |, ^ and all brackets, which every reader of Liberty understands."""
        if not self.operator:
            return self.name
        parts = [f"({term})" if len(term.terms) > 1 else str(term) for term in self.terms]
        return f"!{parts[0]}" if self.operator == "!" else self.operator.join(parts)

    def value(self, values: dict[str, int], ones: int) -> int:
        """Return the bitwise value for integers of pins; `ones` has all bits that count."""
        if not self.operator:
            return values[self.name]
        first, *others = (term.value(values, ones) for term in self.terms)
        if self.operator == "!":
            return ones ^ first
        for other in others:
            if self.operator == "&":
                first &= other
            elif self.operator == "|":
                first |= other
            else:
                first ^= other
        return first


@lru_cache(maxsize=4096)
def parse_function(function: str) -> Expression:
    """Return the expression that a Liberty function stands for.

    Operators from the tightest to the loosest: `!A` and `A'`; `^`; `&`, `*` or a blank; `|` or
    `+`.

    Raises InputError on a syntax error.
    """
    parser = _Parser(function, _tokens(function))
    expression = parser.disjunction()
    parser.end()
    return expression


@lru_cache(maxsize=4096)
def truth_table(function: str, inputs: tuple[str, ...]) -> tuple[bool, ...]:
    """Return the 2**n values of `function` over its n `inputs`.

    Row k is the value for the bits of k, the first input being the most significant bit.

    Raises InputError on a syntax error, on a name that is not in `inputs`, and for more than 20
    inputs.
    """
    expression = parse_function(function)
    unknown = sorted(expression.names.difference(inputs))
    if unknown:
        pins = ", ".join(inputs[:8])
        raise InputError(
            f"Liberty function {shown(function)}: pin must be one of {pins}, not {unknown[0]!r}"
        )
    if len(inputs) > _WIDEST:
        raise InputError(f"cell must have at most {_WIDEST} inputs, not {len(inputs)}")
    rows = 1 << len(inputs)
    ones = (1 << rows) - 1
    values = {"0": 0, "1": ones}
    for place, name in enumerate(inputs):
        # Input `place` changes every `block` rows: that many zeros, that many ones, repeated.
        block = rows >> (place + 1)
        pattern, width = (1 << block) - 1 << block, 2 * block
        while width < rows:
            pattern, width = pattern << width | pattern, 2 * width
        values[name] = pattern
    result = expression.value(values, ones)
    return tuple(digit == "1" for digit in reversed(f"{result:0{rows}b}"))


def _tokens(function: str) -> list[str]:
    tokens, position = [], 0
    text = function.strip()
    if len(text) > _LONGEST:
        raise InputError(
            f"Liberty function {shown(function)} must have at most {_LONGEST} characters"
        )
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            wrong = text[position]
            raise InputError(f"Liberty function {shown(function)}: {wrong!r} must be an operator")
        tokens.append(match[1])
        position = match.end()
    return tokens


class _Parser:
    """Recursive-descent parser of an expression.

    A method for each level of precedence, the loosest first: disjunction, conjunction, parity,
    literal.
    """

    def __init__(self, function: str, tokens: list[str]) -> None:
        self.function, self.tokens = function, tokens
        self.position = self.depth = 0

    def peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.position += 1
        return token

    def end(self) -> None:
        if self.peek():
            raise self.wrong(f"must end before {shown(self.peek())}")

    def wrong(self, reason: str) -> InputError:
        return InputError(f"Liberty function {shown(self.function)} {reason}")

    def disjunction(self) -> Expression:
        terms = [self.conjunction()]
        while self.peek() in ("|", "+"):
            self.take()
            terms.append(self.conjunction())
        return _joined("|", terms)

    def conjunction(self) -> Expression:
        terms = [self.parity()]
        while self.peek() not in ("", "|", "+", ")"):
            if self.peek() in ("&", "*"):
                self.take()
            terms.append(self.parity())
        return _joined("&", terms)

    def parity(self) -> Expression:
        terms = [self.literal()]
        while self.peek() == "^":
            self.take()
            terms.append(self.literal())
        return _joined("^", terms)

    def literal(self) -> Expression:
        inverted = False
        while self.peek() == "!":
            self.take()
            inverted = not inverted
        token = self.take()
        if token == "(":
            self.depth += 1
            if self.depth > _DEEPEST:
                raise self.wrong(f"must have at most {_DEEPEST} brackets in one another")
            value = self.disjunction()
            self.depth -= 1
            if self.take() != ")":
                raise self.wrong("must have a ) for each (")
        elif token and token not in "!'&*|+^)":
            value = Expression("", (), token)
        else:
            raise self.wrong(
                f"must have a pin {f'in place of {token!r}' if token else 'at its end'}"
            )
        while self.peek() == "'":
            self.take()
            inverted = not inverted
        return Expression("!", (value,)) if inverted else value


def _joined(operator: str, terms: list[Expression]) -> Expression:
    return terms[0] if len(terms) == 1 else Expression(operator, tuple(terms))
