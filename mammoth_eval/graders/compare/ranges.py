r"""Ranges and ratios in words: ``10 to 20``, ``58 \sim 66``; a range is none of its ends.

``3 to 2`` is the ratio 3:2 beside a ratio or a fraction, and ``10-20`` is a range beside one.
"""

from __future__ import annotations

from collections.abc import Callable

from mammoth_eval.graders.parse.nodes import (
    Collection,
    Degree,
    Node,
    Number,
    Percent,
    Quantity,
    Ratio,
    Relation,
    Sum,
    neg,
    rebuilt,
)
from mammoth_eval.types import Policy, Verdict

Same = Callable[[Node, Node, Policy], Verdict]
Ends = tuple[Node, Node]


def compare(gold: Node, answer: Node, policy: Policy, same: Same) -> Verdict | None:
    """What ranges say of the two; None where neither is one."""
    right, own = _ends(gold), _ends(answer)
    if right and own:
        return _in_order(right, own, policy, same)
    if right:
        return _against(right, answer, lambda other: same(Ratio(right), other, policy), policy, same)
    return _against(own, gold, lambda other: same(other, Ratio(own), policy), policy, same) if own else None


def _against(ends: Ends, other: Node, as_ratio: Callable[[Node], Verdict], policy: Policy, same: Same) -> Verdict:
    """What a range is beside anything else: another range, a ratio, or no answer at all."""
    if isinstance(other, Relation) and other.signs[-1] == "=":
        other = other.args[-1]
    difference = _difference(other) or _ends(other)
    if difference:
        return _in_order(ends, difference, policy, same)
    if isinstance(other, Ratio) or (isinstance(other, Number) and other.value.denominator > 1):
        return as_ratio(other)
    return Verdict(False, "structure", "a range against one value")


def _in_order(right: Ends, own: Ends, policy: Policy, same: Same) -> Verdict:
    verdicts = [same(one, other, policy) for one, other in zip(right, own, strict=True)]
    return next((verdict for verdict in verdicts if not verdict.equal), verdicts[-1])


def _ends(node: Node) -> Ends | None:
    is_range = isinstance(node, Collection) and node.brackets == "to"
    return (node.args[0], node.args[1]) if is_range else None


def _bare(node: Node) -> Node:
    return node.args[0] if isinstance(node, Quantity | Percent | Degree) else node


def _difference(node: Node) -> Ends | None:
    """``10-20`` as a range: a difference of two numbers, the larger one last."""
    whole = _bare(node)
    match whole:
        case Sum(args=(Number() as low, Number() as high)) if 0 <= low.value < -high.value:
            return low, neg(high) if node is whole else rebuilt(node, (neg(high),))
        case _:
            return None
