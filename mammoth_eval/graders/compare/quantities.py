"""Numbers with what they are of: units, percent, degrees; ``1 hour 30 minutes`` is one quantity.

A unit counts only where both sides have one, unless the policy says otherwise; ``50%`` is ``0.5`` and answers ``50``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from mammoth_eval.graders.equal import ladder
from mammoth_eval.graders.parse import dimensions, measures
from mammoth_eval.graders.parse.lexicon import MONEY
from mammoth_eval.graders.parse.nodes import (
    Collection,
    Compound,
    Degree,
    Node,
    Number,
    Percent,
    Product,
    Quantity,
    Sum,
    Symbol,
    mul,
    num,
    rebuilt,
    symbols,
)
from mammoth_eval.types import Policy, Verdict

_AMOUNTS = frozenset(MONEY.values()) | {"cent"}
_ALIKE = ({"C", "celsius"}, {"F", "fahrenheit"}, {"pound", "gbp"})
"""Letters that may stand for a scale where a degree sign is left out; pounds of money in words."""
Same = Callable[[Node, Node, Policy], Verdict]
"""How what a quantity holds is compared: by `structure.compare`."""


def compare(gold: Node, answer: Node, policy: Policy, same: Same) -> Verdict:
    """Numbers with their units, percents and degrees, then as expressions."""
    gold, answer = _tagged(total(gold) or gold), _tagged(total(answer) or answer)
    tags = {type(gold), type(answer)} & {Percent, Degree, Quantity, Compound}
    if not tags:
        return ladder.compare(bare(gold), bare(answer), policy)
    if Compound in tags:
        return _in_rows(gold, answer, policy, same)
    if tags == {Percent, Degree} or (Percent in tags and (_is_amount(gold) or _is_amount(answer))):
        return _differ("a percentage against an angle or an amount")
    if Quantity in tags:
        return _units(gold, answer, policy, same)
    if type(gold) is type(answer):
        return ladder.compare(gold.args[0], answer.args[0], policy)
    verdict = ladder.compare(gold, answer, policy)
    if verdict.equal or verdict.fault or (policy.percent == "strict" and Percent in tags):
        return verdict
    return ladder.compare(_untagged(gold), _untagged(answer), policy)


def _is_amount(node: Node) -> bool:
    """Whether the tree is an amount of money."""
    return isinstance(node, Quantity) and node.unit in _AMOUNTS


def _in_rows(gold: Node, answer: Node, policy: Policy, same: Same) -> Verdict:
    """Several quantities that are no one: each against its partner."""
    if type(gold) is not type(answer) or len(gold.args) != len(answer.args):
        return _differ("one quantity against several")
    for right, own in zip(gold.args, answer.args, strict=True):
        verdict = same(right, own, policy)
        if not verdict.equal:
            return verdict
    return Verdict(True, "structure", "equal part by part")


def _tagged(node: Node) -> Node:
    """The tree with a unit, percent or degree of one of its factors brought to the top."""
    if isinstance(node, Product):
        tagged = [part for part in node.args if isinstance(part, Percent | Degree | Quantity)]
        if len(tagged) == 1:
            inner = mul(*(part.args[0] if part is tagged[0] else part for part in node.args))
            return rebuilt(tagged[0], (inner,))
    return node


def _untagged(node: Node) -> Node:
    return node.args[0] if isinstance(node, Percent | Degree | Quantity) else node


def bare(node: Node) -> Node:
    """The tree without units anywhere in it."""
    if not node.args:
        return node
    if isinstance(node, Quantity):
        return bare(node.args[0])
    return rebuilt(node, tuple(bare(part) for part in node.args))


def _units(gold: Node, answer: Node, policy: Policy, same: Same) -> Verdict:
    """Quantities: units of one dimension are converted, others conflict; a unit on one side only counts for nothing."""
    if isinstance(gold, Quantity):
        return (
            _two(gold, answer, policy, same) if isinstance(answer, Quantity) else _one(gold, answer, True, policy, same)
        )
    assert isinstance(answer, Quantity)
    return _one(answer, gold, False, policy, same)


def _two(gold: Quantity, answer: Quantity, policy: Policy, same: Same) -> Verdict:
    """A unit on both sides: a noun and a measure conflict, two nouns do not, and two measures are converted."""
    one, other = _measures(gold.unit, answer.unit)
    if one == other or one is None or not other:
        return same(gold.args[0], answer.args[0], policy)
    right, own = measures.worth(one), measures.worth(other)
    if right is None or own is None or right.dimension != own.dimension:
        return _differ("units that conflict")
    return ladder.compare(mul(num(right.factor), gold.args[0]), mul(num(own.factor), answer.args[0]), policy)


def _measures(gold: str, answer: str) -> tuple[str | None, str | None]:
    """What the two units measure, as `dimensions.measure` has it; twice the same where they do not conflict."""
    if {gold, answer} in _ALIKE or any(_UNITS.search(unit) for unit in (gold, answer)):
        return gold, gold
    if dimensions.known_phrase(gold) and dimensions.known_phrase(answer):
        return gold, answer
    return dimensions.measure(gold), dimensions.measure(answer)


_UNITS = re.compile(r"\bunit\b")
"""Units of whatever length or count a question has."""


def _one(side: Quantity, other: Node, is_gold: bool, policy: Policy, same: Same) -> Verdict:
    """A unit on one side: an angle's, a letter of the other side, or nothing; `is_gold`: that of the gold."""
    inner = side.args[0]
    if side.unit == "rad" and isinstance(other, Degree):
        return _sided(inner, other, policy, first=is_gold)
    letter = Symbol("Omega" if side.unit == "ohm" else side.unit)
    if (len(side.unit) == 1 or side.unit == "ohm") and letter.name in symbols(other):
        return _sided(mul(inner, letter), other, policy, first=is_gold)
    if policy.units == "strict":
        return _differ("a unit on one side only")
    verdict = same(inner, other, policy) if is_gold else same(other, inner, policy)
    if verdict.equal or side.unit != "cent":
        return verdict
    return _sided(mul(_CENT, inner), other, policy, first=is_gold)


def _sided(one: Node, other: Node, policy: Policy, *, first: bool) -> Verdict:
    """The two as expressions, `one` being the gold where it is the first."""
    return ladder.compare(*((one, other) if first else (other, one)), policy)


_CENT = Number(Fraction(1, 100))


def total(node: Node) -> Node | None:
    """Quantities of one dimension in a row as one: ``1 hour 30 minutes``; None where the tree is no such row."""
    quantities = _in_a_row(node)
    worths = [worth for part in quantities if (worth := measures.worth(part.unit)) is not None]
    if not worths or len(worths) < len(quantities) or len({worth.dimension for worth in worths}) != 1:
        return None
    if len({part.unit for part in quantities}) < len(quantities):
        return None
    last = worths[-1].factor
    scaled = [mul(num(one.factor / last), part.args[0]) for one, part in zip(worths, quantities, strict=True)]
    return Quantity(quantities[-1].unit, (Sum(tuple(scaled)),))


def _in_a_row(node: Node) -> list[Quantity]:
    """Two or more quantities beside one another, or in a list without brackets; none where there is anything else."""
    if not isinstance(node, Compound) and not (isinstance(node, Collection) and node.brackets == ""):
        return []
    quantities = [part for part in node.args if isinstance(part, Quantity)]
    return quantities if len(quantities) >= 2 and len(quantities) == len(node.args) else []


def _differ(reason: str) -> Verdict:
    return Verdict(False, "structure", reason)
