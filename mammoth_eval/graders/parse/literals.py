"""Numbers as they are written: integers, decimals with their places, repeating decimals, mixed numbers."""

from __future__ import annotations

import re
from fractions import Fraction

from mammoth_eval.graders.parse.cursor import Cursor
from mammoth_eval.graders.parse.lexer import Token
from mammoth_eval.graders.parse.lexicon import FRACTIONS
from mammoth_eval.graders.parse.nodes import Decimal, Degree, Node, Number, Percent, Product, Unreadable, num

MAX_DIGITS = 4_000
MAX_EXPONENT = 5_000
"""Of a number in scientific notation; larger ones are unreadable, never computed."""
_REPEATING = re.compile(r"(\d*)\.(\d*)\\[a-z]+\s*\{?\s*(\d+)")


def number(text: str) -> Node:
    """The node of a number as written: exact, or a decimal with its places. Raises `Unreadable` past the bounds."""
    if len(text) > MAX_DIGITS:
        raise Unreadable(f"a number of more than {MAX_DIGITS} signs")
    if "\\" in text:
        return _repeating(text)
    if text.isdigit():
        return Number(Fraction(int(text)))
    mantissa, _, exponent = text.lower().partition("e")
    whole, _, decimals = mantissa.partition(".")
    shift = int(exponent or 0)
    if abs(shift) > MAX_EXPONENT:
        raise Unreadable(f"an exponent of more than {MAX_EXPONENT}")
    value = int((whole or "0") + decimals)
    scale = len(decimals) - shift
    exact = Fraction(value, 10**scale) if scale > 0 else Fraction(value * 10**-scale)
    return Decimal(exact, max(scale, 0)) if "." in text or scale > 0 else Number(exact)


def _repeating(text: str) -> Node:
    match = _REPEATING.match(text)
    if match is None:
        raise Unreadable(f"cannot read {text!r}")
    whole, fixed, period = match.groups()
    scale = 10 ** len(fixed)
    value = Fraction(int((whole or "0") + fixed), scale) + Fraction(int(period), scale * (10 ** len(period) - 1))
    return Number(value)


def mixed(left: Node, right: Node, token: Token) -> Node | None:
    """The mixed number that an integer and a proper fraction beside it make; None where they make none."""
    if isinstance(right, Percent | Degree):
        inner = mixed(left, right.args[0], token)
        return None if inner is None else type(right)((inner,))
    whole = left.args[1] if isinstance(left, Product) and len(left.args) == 2 and left.args[0] == num(-1) else left
    if (
        not isinstance(whole, Number)
        or whole.value.denominator != 1
        or not isinstance(right, Number)
        or not 0 < right.value < 1
    ):
        return None
    if token.text not in FRACTIONS and token.text != "{":
        return None
    return num(whole.value + right.value if whole.value >= 0 else whole.value - right.value)


def plain_mixed(p: Cursor, left: Node) -> Node | None:
    """``1 1/2`` in plain text: an integer, a space, a proper fraction of integers."""
    tokens, index = p.tokens, p.index
    if not isinstance(left, Number) or left.value.denominator != 1 or len(tokens) < index + 4:
        return None
    above, slash, below = tokens[index : index + 3]
    if not (above.kind == "num" and above.gap and slash.text == "/" and below.kind == "num"):
        return None
    if not (above.text.isdigit() and below.text.isdigit() and 0 <= int(above.text[:30]) < int(below.text[:30])):
        return None
    p.index += 3
    part = Fraction(int(above.text), int(below.text))
    return num(left.value + part if left.value >= 0 else left.value - part)
