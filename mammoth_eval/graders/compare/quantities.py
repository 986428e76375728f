"""Numbers with what they are of: units, percent, degrees; ``1 hour 30 minutes`` is one quantity.

A unit counts only where both sides have one, unless the policy says otherwise; ``50%`` is ``0.5`` and answers ``50``.
"""

from __future__ import annotations

from collections.abc import Callable

from mammoth_eval.graders.equal import ladder
from mammoth_eval.graders.parse import dimensions
from mammoth_eval.graders.parse.lexicon import MONEY
from mammoth_eval.graders.parse.nodes import Node, mul, num, symbols
from mammoth_eval.types import Policy, Verdict

_AMOUNTS = frozenset(MONEY.values()) | {"cent"}
_TEMPERATURES = ({"C", "celsius"}, {"F", "fahrenheit"})
"""Letters that may stand for a scale where a degree sign is left out."""
Same = Callable[[Node, Node, Policy], Verdict]
"""How what a quantity holds is compared: by `structure.compare`."""


def compare(gold: Node, answer: Node, policy: Policy, same: Same) -> Verdict:
    """Numbers with their units, percents and degrees, then as expressions."""
    gold, answer = _tagged(total(gold) or gold), _tagged(total(answer) or answer)
    tags = {gold.kind, answer.kind} & {"percent", "degree", "quantity", "compound"}
    if not tags:
        return ladder.compare(bare(gold), bare(answer), policy)
    if "compound" in tags:
        if gold.kind != answer.kind or len(gold.args) != len(answer.args):
            return _differ("one quantity against several")
        verdicts = (same(right, own, policy) for right, own in zip(gold.args, answer.args, strict=True))
        return next((verdict for verdict in verdicts if not verdict.equal), Verdict(True, "structure", "equal part by part"))
    if tags == {"percent", "degree"} or ("percent" in tags and {gold.value, answer.value} & _AMOUNTS):
        return _differ("a percentage against an angle or an amount")
    if "quantity" in tags:
        return _units(gold, answer, policy, same)
    if gold.kind == answer.kind:
        return ladder.compare(gold.args[0], answer.args[0], policy)
    verdict = ladder.compare(gold, answer, policy)
    if verdict.equal or verdict.fault or (policy.percent == "strict" and "percent" in tags):
        return verdict
    return ladder.compare(_untagged(gold), _untagged(answer), policy)


def _tagged(node: Node) -> Node:
    """The tree with a unit, percent or degree of one of its factors brought to the top."""
    if node.kind == "mul":
        tagged = [part for part in node.args if part.kind in ("percent", "degree", "quantity")]
        if len(tagged) == 1:
            inner = mul(*(part.args[0] if part is tagged[0] else part for part in node.args))
            return tagged[0]._replace(args=(inner,))
    return node


def _untagged(node: Node) -> Node:
    return node.args[0] if node.kind in ("percent", "degree", "quantity") else node


def bare(node: Node) -> Node:
    """The tree without units anywhere in it."""
    if not node.args:
        return node
    if node.kind == "quantity":
        return bare(node.args[0])
    return node._replace(args=tuple(bare(part) for part in node.args))


def _units(gold: Node, answer: Node, policy: Policy, same: Same) -> Verdict:
    """Quantities: units of one dimension are converted, those of two conflict; one on one side only counts for nothing."""
    right, own = (dimensions.worth(side.value) if side.kind == "quantity" else None for side in (gold, answer))
    if gold.kind == answer.kind:
        if (
            gold.value == answer.value
            or {gold.value, answer.value} in _TEMPERATURES
            or not (dimensions.known_phrase(gold.value) and dimensions.known_phrase(answer.value))
        ):
            return same(gold.args[0], answer.args[0], policy)
        if right is None or own is None or right[0] != own[0]:
            return _differ("units that conflict")
        return ladder.compare(mul(num(right[1]), gold.args[0]), mul(num(own[1]), answer.args[0]), policy)
    side, other = (gold, answer) if gold.kind == "quantity" else (answer, gold)
    if side.value == "rad" and other.kind == "degree":
        return _sided(side.args[0], other, policy, first=side is gold)
    letter = Node("sym", "Omega" if side.value == "ohm" else side.value)
    if (len(side.value) == 1 or side.value == "ohm") and letter.value in symbols(other):
        return _sided(mul(side.args[0], letter), other, policy, first=side is gold)
    if policy.units == "strict":
        return _differ("a unit on one side only")
    verdict = same(_untagged(gold) if side is gold else gold, answer if side is gold else _untagged(answer), policy)
    if verdict.equal or side.value != "cent":
        return verdict
    return _sided(mul(_CENT, side.args[0]), other, policy, first=side is gold)


def _sided(one: Node, other: Node, policy: Policy, *, first: bool) -> Verdict:
    """The two as expressions, `one` being the gold where it is the first."""
    return ladder.compare(*((one, other) if first else (other, one)), policy)


_CENT = Node("num", dimensions.worth("cent")[1])  # type: ignore[index]


def total(node: Node) -> Node | None:
    """Quantities of one dimension in a row as one: ``1 hour 30 minutes``; None where the tree is no such row."""
    if node.kind not in ("compound", "seq") or (node.kind == "seq" and node.value != "") or len(node.args) < 2:
        return None
    if any(part.kind != "quantity" for part in node.args):
        return None
    worths = [dimensions.worth(part.value) for part in node.args]
    known = [worth for worth in worths if worth is not None]
    if (
        len(known) != len(worths)
        or len({worth[0] for worth in known}) != 1
        or len({part.value for part in node.args}) != len(worths)
    ):
        return None
    scaled = [mul(num(worth[1] / known[-1][1]), part.args[0]) for worth, part in zip(known, node.args, strict=True)]
    return Node("quantity", node.args[-1].value, (Node("add", None, tuple(scaled)),))


def _differ(reason: str) -> Verdict:
    return Verdict(False, "structure", reason)
