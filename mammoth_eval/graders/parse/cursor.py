"""The state of one reading: the tokens, the place among them, and what is open around it."""

from __future__ import annotations

from itertools import pairwise
from typing import Protocol

from mammoth_eval.graders.parse.lexer import Token
from mammoth_eval.graders.parse.nodes import Node, Unreadable

MAX_DEPTH = 60
"""Nesting of brackets and arguments, at most: keeps every later walk of the tree within Python's stack."""
CLOSERS = frozenset({")", "]", "}", "\\}"})


class Grammar(Protocol):
    """What reads operands and binds them; the modules of the parser reach one another through it."""

    def operand(self, p: Cursor) -> Node:
        """The operand at hand. Raises `Unreadable` where there is none."""
        ...

    def expression(self, p: Cursor, floor: int) -> Node:
        """An operand and all that binds to it at least as tightly as `floor`."""
        ...


class Cursor:
    """A place among tokens that moves forward: the parser's functions take one and leave it behind what they read."""

    def __init__(self, tokens: list[Token], grammar: Grammar) -> None:
        self.tokens, self.grammar = tokens, grammar
        self.index = self.depth = 0
        self.literal = -1
        """Where the last number written out ends: another one beside it is no factor."""
        self.factor = False
        """The next bracket stands beside a factor: a square one groups, and is no list."""
        self.bars = 0
        """Absolute values that are open."""
        self.breaks: list[tuple[str, int]] = []
        """Where a bare list is parted by more than a comma: the sign, and the parts before it."""
        self.operators = 0
        """Sums, integrals and limits read so far."""
        self.pairs = False
        """Inside braces: a colon or a bar parts the members of a set or a dict."""
        self.vector = _holds_vector(tokens)
        """Unit vectors may stand here: then a j behind a number is one, and not Python's imaginary unit."""

    @property
    def next(self) -> Token:
        """The token at hand."""
        return self.tokens[self.index]

    def take(self) -> Token:
        """The token at hand, passed."""
        token = self.tokens[self.index]
        self.index += token.kind != "end"
        return token

    def at(self, *texts: str) -> bool:
        """Whether the token at hand is one of these operators."""
        token = self.tokens[self.index]
        return token.kind == "op" and token.text in texts

    def closed(self, closers: tuple[str, ...]) -> bool:
        """Whether a list ends here."""
        token = self.next
        return (
            token.kind in ("end", "end_env") or token.text in closers or (token.kind == "op" and token.text in CLOSERS)
        )

    def expression(self, floor: int) -> Node:
        """An operand and all that binds to it at least as tightly as `floor`."""
        return self.grammar.expression(self, floor)

    def operand(self) -> Node:
        """The operand at hand, by itself."""
        self.descend()
        made = self.grammar.operand(self)
        self.depth -= 1
        return made

    def descend(self) -> None:
        """Go one level down. Raises `Unreadable` where there are too many above it."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable(f"nested more than {MAX_DEPTH} deep")


def _holds_vector(tokens: list[Token]) -> bool:
    """Whether unit vectors may stand here: i or k behind a number or a sign, and no equation."""
    if any(token.text == "=" for token in tokens):
        return False
    return any(
        after.kind == "name" and after.text in ("i", "k") and (before.kind == "num" or before.text in ("+", "-"))
        for before, after in pairwise(tokens)
    )
