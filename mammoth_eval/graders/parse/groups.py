"""Brackets and what they hold: groups, tuples, intervals, sets, matrices. Part of the parser."""

from __future__ import annotations

from mammoth_eval.graders.parse import chains, lists, tables
from mammoth_eval.graders.parse.binding import RELATION
from mammoth_eval.graders.parse.cursor import Cursor
from mammoth_eval.graders.parse.lexer import Token
from mammoth_eval.graders.parse.lexicon import words
from mammoth_eval.graders.parse.nodes import (
    Collection,
    Constant,
    Node,
    Pair,
    Relation,
    SetBuilder,
    SetOperation,
    Unreadable,
    call,
    divide,
)

_ROWS = frozenset(words("cases aligned align gathered gather split array alignedat equation displaymath math"))
_MATRICES = frozenset({"pmatrix", "bmatrix", "Bmatrix", "matrix", "smallmatrix", "array", "vmatrix", "Vmatrix"})


def bracket(p: Cursor, *, is_argument: bool = False) -> Node:
    """Brackets and what they hold: one part is itself, several are a sequence, braces a set.

    `is_argument`: the braces only mark what a command applies to, so that a bar in them is none of a set's.
    """
    opening, factor, p.factor = p.take().text, p.factor, False
    bars, pairs = p.bars, p.pairs
    p.bars, p.pairs = 0, opening in ("{", "\\{") and not is_argument
    start = p.index
    parts = lists.items(p, (")", "]", "}", "\\}"))
    if opening == "{" and p.next.kind == "cmd" and p.next.text in ("over", "choose", "atop"):
        parts = [_infix_fraction(p, parts)]
    if p.pairs and p.at("|", ":") and len(parts) == 1:
        parts = [_builder(p, parts[0])]
    elif (
        parts
        and isinstance(parts[0], Pair)
        and all(isinstance(part, Relation) for part in (parts[0].args[1], *parts[1:]))
    ):
        parts = [
            _where(p, start, [parts[0].args[1], *parts[1:]])
        ]  # a colon after a name, and then no value but a condition
    p.bars, p.pairs = bars, pairs
    closing = p.take().text if p.at(")", "]", "}", "\\}") else {"(": ")", "[": "]", "{": "}"}.get(opening, "\\}")
    return _bracketed(opening, closing, parts, factor=factor)


def grouped(node: Node) -> Node:
    """What stands between square or curly brackets that only group, as factors and arguments may."""
    return (
        node.args[0] if isinstance(node, Collection) and node.brackets in ("[]", "{}") and len(node.args) == 1 else node
    )


def _bracketed(opening: str, closing: str, parts: list[Node], *, factor: bool) -> Node:
    if opening in ("{", "\\{"):
        if closing not in ("}", "\\}"):
            raise Unreadable(f"{opening!r} closed by {closing!r}")
        if len(parts) == 1 and (
            isinstance(parts[0], SetBuilder) or (opening == "{" and not isinstance(parts[0], Pair))
        ):
            return parts[0]
        return Collection("{}", tuple(parts))
    if closing not in (")", "]"):
        closing = ")" if opening == "(" else "]"
    if len(parts) == 1 and (opening + closing == "()" or factor):
        return parts[0]
    if len(parts) == 1 and opening + closing != "[]":
        raise Unreadable("brackets that do not match")
    return Collection(opening + closing, tuple(parts))


def _infix_fraction(p: Cursor, parts: list[Node]) -> Node:
    command = p.take().text
    below = lists.items(p, ("}",))
    if len(parts) != 1 or len(below) != 1:
        raise Unreadable("a fraction without two parts")
    return divide(parts[0], below[0]) if command == "over" else call("binomial", parts[0], below[0])


def _builder(p: Cursor, head: Node) -> Node:
    """``{x | condition}``."""
    p.take()
    p.pairs = False
    if isinstance(head, Relation) and head.args[-1] != Constant("Reals"):
        raise Unreadable("a set of other numbers than the real ones")
    start = p.index
    return _where(p, start, lists.items(p, ("}", "\\}")))


def _where(p: Cursor, start: int, conditions: list[Node]) -> Node:
    """The numbers for which all conditions hold, or one where ``or`` stands between them."""
    one = any(token.kind == "sep" and token.text == "or" for token in p.tokens[start : p.index])
    relations = [part for part in conditions if isinstance(part, Relation)]
    if not conditions or len(relations) < len(conditions):
        raise Unreadable("a set by conditions that are no relations")
    if len(relations) > 1 and any("=" in part.signs for part in relations):
        raise Unreadable("a set by a formula")
    condition: Node = relations[0]
    for part in relations[1:]:
        condition = SetOperation("union" if one else "intersection", (condition, part))
    return SetBuilder((condition,))


def environment(p: Cursor, token: Token) -> Node:
    r"""What stands between ``\begin`` and ``\end``: a matrix, or a list where it is a system."""
    rows = [row for row in _rows(p) if row]
    if p.next.kind == "end_env":
        p.take()
    if token.text in _MATRICES:
        made = tables.matrix(rows)
        return call("det", made) if token.text == "vmatrix" else made
    if token.text == "cases" and (function := tables.piecewise(rows)):
        return function
    if token.text in _ROWS:
        return Collection("", tuple(entry for row in rows for entry in row))
    raise Unreadable(f"the environment {token.text} is not in the grammar")


def _rows(p: Cursor) -> list[list[Node]]:
    """The entries up to the end of the environment, row by row."""
    rows: list[list[Node]] = [[]]
    while p.next.kind not in ("end", "end_env"):
        if p.at("&"):
            p.take()
            if p.at("=", "<", ">", "<=", ">=") and rows[-1]:  # an equation that is parted where it is aligned
                rows[-1].append(chains.related(p, rows[-1].pop(), p.take().text))
        elif p.at("\\\\"):
            p.take()
            rows.append([])
        else:
            rows[-1].append(p.expression(RELATION))
            while p.at(",", ".", ";"):
                p.take()
    return rows
