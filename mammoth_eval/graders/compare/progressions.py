"""Evenly spaced values: an expression that is linear in a letter, which runs through the integers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from mammoth_eval.graders.equal import floating, rational
from mammoth_eval.graders.parse.nodes import Node, num, put

_PLACES = (0, 1, 2, 7, -11)
"""Where an expression is evaluated to see that it is linear."""


class Line(NamedTuple):
    """Evenly spaced values: the expression, and its start and step in floating point."""

    node: Node
    start: float
    step: float


class Integers(NamedTuple):
    """Evenly spaced integers, their start and step exact."""

    start: Fraction
    step: Fraction


def lines(values: Sequence[Node], name: str) -> list[Line] | None:
    """The values as lines in the one letter; None where one of them is none."""
    found = [line(value, name) for value in values]
    return [one for one in found if one] if all(found) else None


def line(node: Node, name: str) -> Line | None:
    """The line that an expression is in the letter; None where it is none, or constant."""
    values = [floating.real(put(node, name, num(place))) for place in _PLACES]
    start, following = values[:2]
    if start is None or following is None or start == following:
        return None
    step = following - start
    fits = all(
        value is not None and abs(value - start - place * step) < 1e-9 * (1 + abs(value))
        for place, value in zip(_PLACES, values, strict=True)
    )
    return Line(node, start, step) if fits else None


def integers(node: Node, name: str) -> Integers | None:
    """The integers that an expression is at each place; None where they are none, or not evenly spaced."""
    try:
        values = [rational.value(put(node, name, num(place))) for place in range(3)]
    except rational.Refused:
        return None
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    start, following, third = known
    step = following - start
    if not step or third - following != step or start.denominator != 1 or step.denominator != 1:
        return None
    return Integers(start, step)


def repeat(steps: Sequence[float]) -> float | None:
    """The shortest way after which all steps repeat; None where there is none that is short enough."""
    unit = abs(steps[0])
    ratios = [Fraction(abs(step) / unit).limit_denominator(60) for step in steps]
    if any(abs(abs(step) / unit - float(ratio)) > 1e-9 for step, ratio in zip(steps, ratios, strict=True)):
        return None
    return unit * math.lcm(*(ratio.numerator for ratio in ratios)) / math.gcd(*(ratio.denominator for ratio in ratios))


def holding(value: float, lines: Sequence[Line]) -> Iterator[tuple[Line, int]]:
    """The lines that may hold the value, and at which place."""
    for one in lines:
        place = (value - one.start) / one.step
        if abs(place - round(place)) < 1e-7:
            yield one, round(place)
