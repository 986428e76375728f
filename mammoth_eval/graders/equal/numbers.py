"""Two numbers, as written: exact ones are equal or not, decimals within what the policy grants them."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from mammoth_eval.graders.parse.nodes import Decimal, Node, Percent
from mammoth_eval.types import Policy

DEFAULT_TOLERANCE = Policy().tolerance
"""A benchmark that grants more means its golds with a point, ``1.0`` and ``4.5e33`` among them, as measured values."""
SURD_DIGITS = 6
"""Significant digits from which a decimal stands for an exact number that it rounds to."""
NUMBER = re.compile(r"\s*+\$?(-?)(\d{1,18}|\d{1,3}(?:,\d{3}){1,5})(?:\.(\d{1,15}))?\s*+\$?\.?\s*+")
"""A plain number: its sign, its digits before the point, and those after it."""
_NOISE = Fraction(1, 10**9)
_NOISE_AT_ZERO = Fraction(1, 10**12)


class Written(NamedTuple):
    """A number and how it was written: `places` after the point, None where it is exact."""

    value: Fraction
    places: int | None


def written(node: Node, value: Fraction) -> Written:
    """The number `value` that the tree is, with the decimals it shows.

    A decimal inside a larger expression counts as many places.
    """
    if isinstance(node, Decimal):
        return Written(value, node.places)
    for part in node.args:
        inner = written(part, value)
        if inner.places is not None:
            return Written(value, inner.places if isinstance(node, Percent) else max(inner.places, 12))
    return Written(value, None)


def plain(text: str) -> Written | None:
    """The number that the text plainly is (``-1,234.50``, ``$3``); None where it is anything else."""
    match = NUMBER.fullmatch(text)
    if match is None:
        return None
    sign, whole, decimals = match.groups()
    value = int(whole.replace(",", "") + (decimals or ""))
    places = len(decimals) if decimals else None
    return Written(Fraction(-value if sign else value, 10 ** (places or 0)), places)


def close(gold: Written, answer: Written, policy: Policy) -> bool:
    """Whether the answer counts as the gold."""
    if gold.value == answer.value:
        return True
    if (gold.places is None and answer.places is None) or policy.decimals == "exact":
        return False
    distance = abs(gold.value - answer.value)
    whole = gold.value.denominator == 1 and (gold.places is None or policy.tolerance <= DEFAULT_TOLERANCE)
    if whole or answer.value == 0:
        return distance <= (_NOISE * abs(gold.value) if gold.value else _NOISE_AT_ZERO)
    if policy.decimals == "rounded" and gold.places is not None and distance <= Fraction(1, 2 * 10**gold.places):
        return True
    if distance <= abs(gold.value) * Fraction(policy.tolerance):
        return True
    return _stands_for(gold, answer) or _stands_for(answer, gold)


def _stands_for(exact: Written, decimal: Written) -> bool:
    """Whether a decimal of enough digits is the exact number rounded to its places."""
    if exact.places is not None or decimal.places is None or decimal.places > 12:
        return False
    has_digits = abs(decimal.value) * 10**decimal.places >= 10 ** (SURD_DIGITS - 1)
    return has_digits and abs(exact.value - decimal.value) <= Fraction(1, 2 * 10**decimal.places)
