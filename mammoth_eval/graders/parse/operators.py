r"""Sums, products, integrals, limits, derivatives: ``\sum_{k=1}^n``, ``Sum(k, (k, 1, n))``; part of the parser.

Nothing is integrated and no limit is taken: two of them are one where what they range over and what they hold are
equal. What they become is in `series`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mammoth_eval.graders.parse import arguments, groups, lists, series
from mammoth_eval.graders.parse.binding import PRODUCT, SUM
from mammoth_eval.graders.parse.cursor import Cursor
from mammoth_eval.graders.parse.lexer import Token
from mammoth_eval.graders.parse.nodes import (
    ONE,
    Collection,
    Constant,
    Node,
    Product,
    Relation,
    Symbol,
    Text,
    Unreadable,
    call,
    mul,
    rebuilt,
)
from mammoth_eval.graders.parse.series import INTEGRALS

_PRINTED = {"Sum": "sum", "Product": "prod", "Integral": "int"}
_ARROWS = frozenset({"to", "rightarrow", "longrightarrow", "Rightarrow", "Longrightarrow", "->"})
_MAX_OPERATORS = 12
"""In one text: each looks ahead for its end."""


def operator(p: Cursor, name: str) -> Node:
    """The operator `name` at hand, with its bounds and what it holds."""
    p.operators += 1
    if p.operators > _MAX_OPERATORS:
        raise Unreadable(f"more than {_MAX_OPERATORS} sums, integrals or limits")
    if name == "lim":
        return _limit(p)
    below = above = None
    while p.at("_", "^", "**"):
        if p.take().text == "_":
            below = _bound(_single(p) or arguments.argument(p))
        else:
            above = _bound(_single(p) or arguments.exponent(p))
    if name in INTEGRALS:
        return _integral(p, name, below, above)
    body = p.expression(PRODUCT)
    variable = below.args[0] if isinstance(below, Relation) and below.signs == ("=",) else None
    if below is not None and isinstance(variable, Symbol | Constant):
        low = below.args[1]
        high = _freed(above or low, variable)
        return series.series(name, _freed(body, variable), variable.name, low, high)
    return call(name, body, *(part for part in (below, above) if part is not None))


def _single(p: Cursor) -> Node | None:
    """A letter by itself as a bound, before another bound: no subscript is looked for."""
    token = p.next
    if token.kind != "name" or len(token.text) != 1 or p.tokens[p.index + 1].text not in ("_", "^"):
        return None
    p.take()
    return Symbol(token.text)


def _freed(node: Node, variable: Symbol | Constant) -> Node:
    """The tree where a letter that names a constant elsewhere (``i``) is the variable of a sum."""
    if node == variable:
        return Symbol(variable.name)
    return rebuilt(node, tuple(_freed(part, variable) for part in node.args)) if node.args else node


def _bound(node: Node) -> Node | None:
    return None if isinstance(node, Collection) and not node.args else node


def _integral(p: Cursor, name: str, below: Node | None, above: Node | None) -> Node:
    start = p.index
    found = _differential(p)
    if found is None:
        p.index = start
        body, variable = _inner_differential(p.expression(SUM))
    else:
        end, glued, variable = found
        tokens = [*p.tokens[start:end], *([Token("name", glued)] if glued else []), Token("end", "")]
        body = lists.inner(p, tokens) if len(tokens) > 1 else ONE
    bounds = [part for part in (below, above) if part is not None]
    if variable is None:
        return call(name, body, *bounds)
    if not bounds:
        return call(name, body, Symbol(variable))
    return series.bound_over(name, body, variable, bounds, outside=True)


def _differential(p: Cursor) -> tuple[int, str, str] | None:
    """Where ``dx`` stands, what is glued before it, its variable, with the parser moved behind it; None without one."""
    depth = inner = 0
    for index in range(p.index, len(p.tokens)):
        token = p.tokens[index]
        if token.kind == "op":
            depth += (token.text in ("(", "[", "{", "\\{")) - (token.text in (")", "]", "}", "\\}"))
            if depth < 0:
                return None
        if depth:
            continue
        if token.kind == "cmd" and token.text in INTEGRALS:
            inner += 1
        found = _variable(token, p.tokens[min(index + 1, len(p.tokens) - 1)])
        if found is None:
            continue
        if inner:
            inner -= 1
            continue
        p.index = index + (2 if token.text == "d" else 1)
        return index, token.text[:-2] if token.text != "d" else "", found
    return None


def _variable(token: Token, follower: Token) -> str | None:
    """The variable of the differential that the token is or ends in."""
    if token.kind != "name":
        return None
    if token.text == "d":
        return (
            follower.text
            if follower.kind in ("name", "cmd") and (follower.kind == "cmd" or len(follower.text) == 1)
            else None
        )
    return token.text[-1] if 2 <= len(token.text) <= 4 and token.text[-2] == "d" else None


def _inner_differential(node: Node) -> tuple[Node, str | None]:
    r"""The tree without the ``dx`` that stands inside it (``\frac{dx}{x}``), and its variable."""
    for index, part in enumerate(node.args):
        follower = node.args[index + 1] if index + 1 < len(node.args) else None
        if isinstance(node, Product) and part == Symbol("d") and follower is not None and isinstance(follower, Symbol):
            return mul(ONE, *node.args[:index], *node.args[index + 2 :]), follower.name
        inner, variable = _inner_differential(part)
        if variable is not None:
            return rebuilt(node, (*node.args[:index], inner, *node.args[index + 1 :])), variable
    return node, None


def _limit(p: Cursor) -> Node:
    r"""``\lim_{x \to a}`` and what it holds."""
    if not p.at("_"):
        raise Unreadable("a limit of nothing")
    p.take()
    opened = p.at("{")
    p.index += opened
    variable = p.take().text
    if p.take().text not in _ARROWS:
        raise Unreadable("a limit that goes nowhere")
    start = p.index
    while not (p.at("}") or p.next.kind == "end" or (not opened and p.index > start)):
        if p.at("{"):
            groups.bracket(p)
        else:
            p.take()
    point, side = _sided(p.tokens[start : p.index])
    p.index += opened and p.at("}")
    if not point:
        raise Unreadable("a limit that goes nowhere")
    place = lists.inner(p, [*point, Token("end", "")])
    return series.bound_over("lim", p.expression(PRODUCT), variable, (place, Text(side)), outside=False)


def _sided(tokens: Sequence[Token]) -> tuple[list[Token], str]:
    """A point without the sign after it that says from which side it is neared."""
    texts = [token.text for token in tokens]
    for length in (4, 2):
        tail = "".join(texts[-length:])
        if tail in ("^+", "^-", "^{+}", "^{-}"):
            return list(tokens[:-length]), tail.strip("^{}")
    return list(tokens), ""


def printed(p: Cursor, name: str) -> Node | None:
    """What sympy prints for one: ``Sum(k, (k, 1, n))``, ``Integral(x, x)``; None where it is none."""
    if name not in _PRINTED or not p.at("("):
        return None
    p.take()
    body, *ranges = lists.items(p, (")",)) or [ONE]
    p.take()
    for one in ranges:
        parts = one.args if isinstance(one, Collection) else (one,)
        variable = parts[0] if parts else None
        if not isinstance(variable, Symbol | Constant):
            raise Unreadable(f"{name} over what is no name")
        body = _freed(body, variable)
        if len(parts) == 1:
            body = call(_PRINTED[name], body, variable)
        elif len(parts) == 3 and name == "Integral":
            body = series.bound_over("int", body, variable.name, parts[1:], outside=True)
        elif len(parts) == 3:
            body = series.series(_PRINTED[name], body, variable.name, parts[1], parts[2])
    return body


_BELOW = re.compile(r"(?:(?:d|partial)[A-Za-z]+(?:_\{?\w+\}?)?(?:\^\{?\w\}?)?)+")
_ABOVE = re.compile(r"(?:d|partial)(?:\^\{?\w\}?)?(?![-+*/=]).{0,12}")


def derivative(p: Cursor) -> Node | None:
    r"""The two groups at hand where they are ``\frac{dy}{dx}`` or ``\frac{d}{dx}``: one name; None elsewhere."""
    first = p.tokens[min(p.index + 1, len(p.tokens) - 1)]
    if not p.at("{") or not ((first.text[:1] == "d" and first.kind == "name") or first.text == "partial"):
        return None
    above, index = _group(p, p.index)
    below, end = _group(p, index)
    if not (_BELOW.fullmatch(below) and _ABOVE.fullmatch(above)):
        return None
    p.index = end
    return Symbol(f"{above}/{below}".replace("{", "").replace("}", ""))


def _group(p: Cursor, index: int) -> tuple[str, int]:
    """The text between the braces at `index` and where they end; empty where it is long, or there are none."""
    if p.tokens[index].text != "{":
        return "", index
    depth = 0
    parts: list[str] = []
    for place in range(index, min(index + 16, len(p.tokens))):
        token = p.tokens[place]
        depth += (token.text == "{") - (token.text == "}")
        if depth == 0:
            return "".join(parts[1:]), place + 1
        parts.append(token.text)
    return "", index
