r"""What a command, a function or ``^`` applies to; part of the parser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mammoth_eval.graders import brackets, calls, literals, units
from mammoth_eval.graders.grammar import IMPLICIT, MAX_DEPTH, POWER, RELATION, SIGN
from mammoth_eval.graders.tokens import Token
from mammoth_eval.graders.tree import HALF, Node, Unreadable, call, divide, neg, num, power
from mammoth_eval.graders.vocabulary import CONSTANTS, FUNCTIONS, INVERSES

if TYPE_CHECKING:
    from mammoth_eval.graders.parser import Parser


def argument(p: Parser) -> Node:
    r"""What a command applies to: a group in braces, else one digit or one letter (``\frac12``)."""
    token = p.next
    if p.at("{"):
        return brackets.bracket(p, is_argument=True)
    if token.kind == "num" and len(token.text) > 1 and token.text.isdigit():
        p.tokens[p.index] = Token("num", token.text[1:])
        return num(int(token.text[0]))
    if token.kind == "name" and len(token.text) > 1 and token.text not in CONSTANTS and token.text not in FUNCTIONS:
        p.tokens[p.index] = Token("name", token.text[1:])
        return Node("const", "i") if token.text[0] == "i" else Node("sym", token.text[0])
    if token.kind == "op" and token.text not in ("(", "[", "\\{", "|", "-", "+"):
        raise Unreadable(f"an argument is missing at {token.text!r}")
    if token.kind == "num":
        return literals.number(p.take().text)
    return _nested(p)


def _nested(p: Parser) -> Node:
    p.depth += 1
    if p.depth > MAX_DEPTH:
        raise Unreadable(f"nested more than {MAX_DEPTH} deep")
    made = p.operand()
    p.depth -= 1
    return made


def exponent(p: Parser) -> Node:
    """What stands after ``^``: a group, a signed number, one letter; powers of powers bind to the right."""
    token = p.next
    if p.at("-", "+"):
        p.take()
        made = exponent(p)
        return neg(made) if token.text == "-" else made
    p.depth += 1
    if p.depth > MAX_DEPTH:
        raise Unreadable("too many powers of powers")
    made = literals.number(p.take().text) if token.kind == "num" else argument(p)
    if p.at("!"):
        p.take()
        made = call("factorial", made)
    if p.at("^", "**"):
        p.take()
        made = power(made, exponent(p))
    p.depth -= 1
    return brackets.grouped(made)


def root(p: Parser) -> Node:
    r"""What ``\sqrt`` makes, with the index in square brackets if there is one."""
    index = None
    if p.at("["):
        p.take()
        index = p.expression(RELATION)
        if p.at("]"):
            p.take()
    inner = argument(p)
    return power(inner, HALF if index is None else divide(num(1), index))


def function(p: Parser, name: str, *, plain: bool) -> Node:
    r"""A function with what it is applied to: ``sin(x)``, ``\sin 2x``, ``\sin^2 x``, ``\log_2 8``, ``√2``."""
    base = raised = None
    while p.at("_", "^", "**"):
        if p.take().text == "_":
            base = _base(p, plain=plain)
        else:
            raised = exponent(p)
    if p.at("("):
        p.take()
        arguments = p.items((")",))
        p.take()
    elif plain and name in ("sqrt", "cbrt"):
        arguments = [p.expression(POWER)]
    else:
        arguments = [_factors(p)]
    arguments = [brackets.grouped(part) for part in arguments]
    if raised == num(-1) and name in INVERSES:
        return call(INVERSES[name], *arguments)
    made = calls.function(name, arguments, base)
    return made if raised is None else power(made, raised)


def _base(p: Parser, *, plain: bool) -> Node:
    r"""The base of a logarithm: all its digits where an argument follows them (``log_10(x)``), else one (``\log_28``).

    In LaTeX digits without braces are one and the start of what follows, but for 10 and before a bracket or a space.
    """
    follower = p.tokens[min(p.index + 1, len(p.tokens) - 1)]
    parted = plain or p.next.text == "10" or follower.gap or follower.text == "("
    whole = p.next.text.isdigit() and parted and (follower.kind in ("num", "name", "cmd") or follower.text in ("(", "|"))
    return literals.number(p.take().text) if whole else argument(p)


def _factors(p: Parser) -> Node:
    """The factors that stand beside one another after a function's name, up to the next function or sign."""
    if p.closed(()) or p.next.kind == "sep":
        raise Unreadable("a function without an argument")
    left = p.expression(SIGN)
    while p.strength(left) == IMPLICIT and not _heads_function(p.next) and not units.starts(p.tokens, p.index, left):
        left = p.beside(left)
    return left


def _heads_function(token: Token) -> bool:
    return token.kind in ("name", "cmd") and token.text in FUNCTIONS and token.text != "surd"
