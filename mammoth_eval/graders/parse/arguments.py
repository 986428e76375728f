r"""What a command, a function or ``^`` applies to; part of the parser."""

from __future__ import annotations

from mammoth_eval.graders.parse import groups, literals
from mammoth_eval.graders.parse.binding import RELATION
from mammoth_eval.graders.parse.cursor import Cursor
from mammoth_eval.graders.parse.lexer import Token
from mammoth_eval.graders.parse.lexicon import CONSTANTS, FUNCTIONS
from mammoth_eval.graders.parse.nodes import HALF, Constant, Node, Symbol, Unreadable, call, divide, neg, num, power


def argument(p: Cursor) -> Node:
    r"""What a command applies to: a group in braces, else one digit or one letter (``\frac12``)."""
    token = p.next
    if p.at("{"):
        return groups.bracket(p, is_argument=True)
    if token.kind == "num" and len(token.text) > 1 and token.text.isdigit():
        p.tokens[p.index] = Token("num", token.text[1:])
        return num(int(token.text[0]))
    if token.kind == "name" and len(token.text) > 1 and token.text not in CONSTANTS and token.text not in FUNCTIONS:
        p.tokens[p.index] = Token("name", token.text[1:])
        return Constant("i") if token.text[0] == "i" else Symbol(token.text[0])
    if token.kind == "op" and token.text not in ("(", "[", "\\{", "|", "-", "+"):
        raise Unreadable(f"an argument is missing at {token.text!r}")
    if token.kind == "num":
        return literals.number(p.take().text)
    return p.operand()


def exponent(p: Cursor) -> Node:
    """What stands after ``^``: a group, a signed number, one letter; powers of powers bind to the right."""
    token = p.next
    if p.at("-", "+"):
        p.take()
        made = exponent(p)
        return neg(made) if token.text == "-" else made
    p.descend()
    made = literals.number(p.take().text) if token.kind == "num" else argument(p)
    if p.at("!"):
        p.take()
        made = call("factorial", made)
    if p.at("^", "**"):
        p.take()
        made = power(made, exponent(p))
    p.depth -= 1
    return groups.grouped(made)


def root(p: Cursor) -> Node:
    r"""What ``\sqrt`` makes, with the index in square brackets if there is one."""
    index = None
    if p.at("["):
        p.take()
        index = p.expression(RELATION)
        if p.at("]"):
            p.take()
    inner = argument(p)
    return power(inner, HALF if index is None else divide(num(1), index))
