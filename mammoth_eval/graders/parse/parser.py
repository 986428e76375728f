r"""Tokens -> tree: a Pratt parser for the answer grammar (LaTeX, plain text, what Python and sympy print).

Top down operator precedence (Pratt 1973): `AnswerGrammar.expression` climbs by binding power; what stands at the head
of an operand is in `primary`, printed Python calls are in `printed`. Linear in the tokens: nothing is read twice but
a few tokens of look-ahead. Unclosed brackets are closed at the end, a stray closing bracket at the end is dropped;
everything else that fits nowhere is `Unreadable`.
"""

from __future__ import annotations

from functools import lru_cache

from mammoth_eval.graders.parse import arguments, chains, groups, lists, names, primary, products
from mammoth_eval.graders.parse.binding import (
    IMPLICIT,
    LOGIC,
    MODULUS,
    POSTFIX,
    POWER,
    PRODUCT,
    RATIO,
    RELATION,
    RELATION_COMMANDS,
    RELATIONS,
    SETS,
    SIGN,
    SUM,
    strength,
)
from mammoth_eval.graders.parse.cursor import Cursor
from mammoth_eval.graders.parse.lexer import Token, tokenize
from mammoth_eval.graders.parse.nodes import (
    Call,
    Congruence,
    Decimal,
    Degree,
    Node,
    Number,
    Percent,
    PlusMinus,
    Quantity,
    SetOperation,
    Symbol,
    Unreadable,
    add,
    call,
    divide,
    mul,
    power,
    spelled,
    subtract,
)

_ORDINALS = frozenset({"st", "nd", "rd", "th"})


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """The tree of an answer that stands alone, a bare list where commas part it. Raises `Unreadable`."""
    return lists.whole(Cursor(tokenize(text), _GRAMMAR))


class AnswerGrammar:
    """The `Grammar` of answers."""

    def operand(self, p: Cursor) -> Node:
        """The operand at hand. Raises `Unreadable` where there is none."""
        return primary.operand(p)

    def expression(self, p: Cursor, floor: int) -> Node:
        """An operand and all that binds to it at least as tightly as `floor`."""
        p.descend()
        left = primary.operand(p)
        while (found := strength(p, left)) >= floor:
            left = _extended(p, left, found)
        p.depth -= 1
        return left


_GRAMMAR = AnswerGrammar()


def _extended(p: Cursor, left: Node, found: int) -> Node:
    """`left` with the next operator, which binds as tightly as `found`, and its right side."""
    if found == IMPLICIT:
        return products.beside(p, left)
    token = p.take()
    if found == SUM:
        return _sum(p, left, token.text)
    if found == PRODUCT:
        return _product(p, left, token)
    if found == POWER:
        return _raised(p, left)
    if found == POSTFIX:
        return _postfix(p, left, token.text)
    if token.text == "sim":
        return chains.about(p, left)
    if found == RELATION:
        return chains.related(p, left, RELATIONS.get(token.text) or RELATION_COMMANDS[token.text])
    if found == RATIO:
        return chains.ratio(p, left, token.text)
    if found == LOGIC and (token.text in ("pmod", "(") or token.text in MODULUS):
        return _congruence(p, left, token)
    name = SETS.get(token.text) or ("union" if token.text == "|" else "intersection")
    return SetOperation(name, (left, p.expression(found + 1)))


def _sum(p: Cursor, left: Node, sign: str) -> Node:
    """A sum, a difference, or the two at once."""
    right = groups.grouped(p.expression(PRODUCT))
    left = groups.grouped(left)
    if sign in ("pm", "mp"):
        return add(left, PlusMinus("+" if sign == "pm" else "-", (right,)))
    return add(left, right) if sign == "+" else subtract(left, right)


def _product(p: Cursor, left: Node, token: Token) -> Node:
    """A product, a quotient, or a remainder."""
    right = groups.grouped(p.expression(SIGN))
    left = groups.grouped(left)
    if token.kind == "cmd":
        return call("mod", left, right)
    return mul(left, right) if token.text == "*" else divide(left, right)


def _congruence(p: Cursor, left: Node, token: Token) -> Node:
    r"""A residue class: ``3 \pmod 7``, ``x = 3 (mod 7)``, ``3 mod 7``."""
    if token.text == "(":
        p.take()
    modulus = arguments.argument(p) if token.text == "pmod" else p.expression(PRODUCT)
    if token.text == "(" and p.at(")"):
        p.take()
    return Congruence((left, modulus))


def _raised(p: Cursor, left: Node) -> Node:
    """A power, a degree, or the mark of an ordinal."""
    if p.next.kind == "cmd" and p.next.text in ("circ", "degree"):
        p.take()
        return Degree((left,))
    if p.next.text in _ORDINALS or (p.at("{") and p.tokens[p.index + 1].text in _ORDINALS):
        while p.next.text in _ORDINALS or p.at("{", "}"):
            p.take()
        return left
    right = arguments.exponent(p)
    if right == Call("circ") or (right == Symbol("o") and isinstance(left, Number | Decimal)):
        return Degree((left,))
    if isinstance(left, Quantity):
        return Quantity(left.unit + f"^{spelled(right)}", left.args)
    return power(groups.grouped(left), right)


def _postfix(p: Cursor, left: Node, sign: str) -> Node:
    """Factorial, percent, degree, or a subscript."""
    if sign == "%":
        return Percent((left,))
    if sign in ("circ", "degree"):
        return Degree((left,))
    if sign == "_":
        return names.subscripted(p, left)
    count = 1
    while p.at("!"):
        p.take()
        count += 1
    if count > 2:
        raise Unreadable("more than two factorial signs")
    return call("factorial" if count == 1 else "factorial2", left)
