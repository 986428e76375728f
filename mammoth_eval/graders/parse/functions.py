r"""Functions with what they are applied to: ``sin(x)``, ``\sin 2x``, ``\sin^2 x``, ``\log_2 8``, ``√2``."""

from __future__ import annotations

from collections.abc import Sequence

from mammoth_eval.graders.parse import arguments, groups, lists, literals, products, units
from mammoth_eval.graders.parse.binding import IMPLICIT, POWER, SIGN, strength
from mammoth_eval.graders.parse.cursor import Cursor
from mammoth_eval.graders.parse.lexer import Token
from mammoth_eval.graders.parse.lexicon import FUNCTIONS, INVERSES
from mammoth_eval.graders.parse.nodes import HALF, Constant, Node, Product, Sum, Unreadable, call, divide, num, power


def function(p: Cursor, name: str, *, plain: bool) -> Node:
    r"""A function with what it is applied to: ``sin(x)``, ``\sin 2x``, ``\sin^2 x``, ``\log_2 8``, ``√2``."""
    base = raised = None
    while p.at("_", "^", "**"):
        if p.take().text == "_":
            base = _base(p, plain=plain)
        else:
            raised = arguments.exponent(p)
    if p.at("("):
        p.take()
        given = lists.items(p, (")",))
        p.take()
    elif plain and name in ("sqrt", "cbrt"):
        given = [p.expression(POWER)]
    else:
        given = [_factors(p)]
    given = [groups.grouped(part) for part in given]
    if raised == num(-1) and name in INVERSES:
        return call(INVERSES[name], *given)
    made = applied(name, given, base)
    return made if raised is None else power(made, raised)


def _base(p: Cursor, *, plain: bool) -> Node:
    r"""The base of a logarithm: all its digits where an argument follows them (``log_10(x)``), else one (``\log_28``).

    In LaTeX digits without braces are one and the start of what follows, but for 10 and before a bracket or a space.
    """
    follower = p.tokens[min(p.index + 1, len(p.tokens) - 1)]
    parted = plain or p.next.text == "10" or follower.gap or follower.text == "("
    whole = (
        p.next.text.isdigit() and parted and (follower.kind in ("num", "name", "cmd") or follower.text in ("(", "|"))
    )
    return literals.number(p.take().text) if whole else arguments.argument(p)


def _factors(p: Cursor) -> Node:
    """The factors that stand beside one another after a function's name, up to the next function or sign."""
    if p.closed(()) or p.next.kind == "sep":
        raise Unreadable("a function without an argument")
    left = p.expression(SIGN)
    while strength(p, left) == IMPLICIT and not _heads_function(p.next) and not units.starts(p.tokens, p.index, left):
        left = products.beside(p, left)
    return left


def _heads_function(token: Token) -> bool:
    return token.kind in ("name", "cmd") and token.text in FUNCTIONS and token.text != "surd"


def applied(name: str, given: Sequence[Node], base: Node | None = None) -> Node:
    """A mathematical function applied; roots and exponentials become powers."""
    if not given:
        raise Unreadable(f"{name} without an argument")
    first = given[0]
    if name == "sqrt":
        return power(first, HALF)
    if name == "cbrt":
        return power(first, divide(num(1), num(3)))
    if name == "exp":
        return power(Constant("e"), first)
    if name == "complex" and len(given) == 2:
        return Sum((first, Product((given[1], Constant("i")))))
    if name == "root" and len(given) == 2:
        return power(first, divide(num(1), given[1]))
    if name == "pow" and len(given) == 2:
        return power(first, given[1])
    if name == "perm" and len(given) == 2:
        return divide(call("factorial", first), call("factorial", Sum((first, Product((num(-1), given[1]))))))
    if name == "log" and (base is not None or len(given) == 2):
        return divide(call("log", first), call("log", given[1] if base is None else base))
    if name in ("log10", "log2"):
        return divide(call("log", first), call("log", num(int(name[3:]))))
    return call(name, *given)
