"""Binding powers of the grammar, weakest first, and how tightly the token at hand binds to what stands before it."""

from __future__ import annotations

from collections.abc import Sequence

from mammoth_eval.graders.parse.cursor import Cursor
from mammoth_eval.graders.parse.lexer import Token
from mammoth_eval.graders.parse.nodes import Collection, Node, Relation, SetOperation

LOGIC, RELATION, RATIO, SET, SUM, PRODUCT, IMPLICIT, SIGN, POWER, POSTFIX = range(2, 12)

RELATIONS = {"=": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "!=": "!="}
RELATION_COMMANDS = {"in": "in", "notin": "notin", "approx": "~", "simeq": "~", "sim": "~", "cong": "~", "doteq": "~"}
SETS = {
    "U": "union",
    "cup": "union",
    "bigcup": "union",
    "cap": "intersection",
    "setminus": "difference",
    "backslash": "difference",
}
MODULUS = frozenset({"mod", "modulo"})
_OPENERS = frozenset({"(", "[", "{", "\\{"})
_OPERATORS = {
    "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "^": POWER, "**": POWER, "!": POSTFIX, "%": POSTFIX, "_": POSTFIX,
}  # fmt: skip
_COMMANDS = (
    dict.fromkeys(RELATION_COMMANDS, RELATION)
    | dict.fromkeys(SETS, SET)
    | {"pm": SUM, "mp": SUM, "mod": PRODUCT, "bmod": PRODUCT, "pmod": LOGIC, "circ": POSTFIX, "degree": POSTFIX}
    | dict.fromkeys(("over", "choose", "atop"), 0)
    | dict.fromkeys(("rangle", "rfloor", "rceil", "to", "rightarrow", "Rightarrow", "implies", "iff"), 0)
)
"""Commands that part or bind; every other one is a factor."""


def strength(p: Cursor, left: Node) -> int:
    """How tightly the token at hand binds to what stands before it; 0 where it does not."""
    kind, text, _ = p.next
    if text == "to" and kind in ("name", "word") and p.tokens[p.index + 1].kind == "num":
        return RATIO
    if _heads_modulus(p.tokens, p.index):
        return LOGIC
    if kind == "op":
        return _operator_strength(p, text, left)
    if text == "U" and isinstance(left, Collection | SetOperation) and p.tokens[p.index + 1].text in _OPENERS:
        return SET
    if kind in ("end", "end_env", "sep"):
        return 0
    return _COMMANDS.get(text, IMPLICIT) if kind == "cmd" else IMPLICIT


def _operator_strength(p: Cursor, text: str, left: Node) -> int:
    """The same for an operator sign."""
    if text in _OPERATORS:
        return _OPERATORS[text]
    if text in RELATIONS:
        return RELATION
    if text == ":":
        return 0 if p.pairs else RATIO
    if text == "|":
        if p.bars or p.pairs:
            return 0
        return LOGIC if isinstance(left, Relation | SetOperation) else IMPLICIT
    if text == "&":
        return LOGIC if isinstance(left, Relation | SetOperation) else 0
    return IMPLICIT if text in _OPENERS else 0


def _heads_modulus(tokens: Sequence[Token], index: int) -> bool:
    """Whether ``mod 7`` or ``(mod 7)`` in words stands here."""
    token = tokens[index]
    if token.text == "(" and token.kind == "op":
        token = tokens[index + 1]
    return token.kind in ("name", "word") and token.text in MODULUS
