r"""Functions with what they are applied to: ``sin(x)``, ``\sin 2x``, ``\sin^2 x``, ``\log_2 8``, ``√2``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
    if name in _OF_FIRST:
        return _OF_FIRST[name](given[0])
    if name in _OF_TWO and len(given) == 2:
        return _OF_TWO[name](*given)
    if name == "log" and base is not None:
        return _logarithm(given[0], base)
    if name == "log" and len(given) == 2:
        return _logarithm(*given)
    return call(name, *given)


def _logarithm(of: Node, base: Node) -> Node:
    return divide(call("log", of), call("log", base))


_OF_FIRST: dict[str, Callable[[Node], Node]] = {
    "sqrt": lambda x: power(x, HALF),
    "cbrt": lambda x: power(x, divide(num(1), num(3))),
    "exp": lambda x: power(Constant("e"), x),
    "log10": lambda x: _logarithm(x, num(10)),
    "log2": lambda x: _logarithm(x, num(2)),
}
"""What functions of one argument are."""
_OF_TWO: dict[str, Callable[[Node, Node], Node]] = {
    "complex": lambda re, im: Sum((re, Product((im, Constant("i"))))),
    "root": lambda x, n: power(x, divide(num(1), n)),
    "pow": power,
    "perm": lambda n, k: divide(call("factorial", n), call("factorial", Sum((n, Product((num(-1), k)))))),
}
"""What functions are where they have two arguments."""
