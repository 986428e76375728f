r"""Functions by cases (``\begin{cases} x^2 & x \ge 0 \\ -x & x < 0 \end{cases}``, ``Piecewise((x, x > 0))``).

Pieces whose conditions exclude one another have no order. ``otherwise`` stands for what the others leave.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

from mammoth_eval.graders.compare import real_sets
from mammoth_eval.graders.compare.real_sets import RealSet
from mammoth_eval.graders.parse import tables
from mammoth_eval.graders.parse.nodes import Matrix, Node, Quantity
from mammoth_eval.graders.parse.tables import is_rest
from mammoth_eval.types import Policy, Verdict

_OPPOSITE = ({"even", "odd"}, {"rational", "irrational"})
Same = Callable[[Node, Node, Policy], Verdict]


def of_matrix(node: Node) -> Node:
    """A table of two columns between a brace and nothing as the function that it is; other trees as they are."""
    if not isinstance(node, Matrix) or node.shape[1] != 2:
        return node
    return tables.piecewise(list(zip(node.args[::2], node.args[1::2], strict=True))) or node


def compare(gold: Node, answer: Node, policy: Policy, same: Same) -> Verdict:
    """Whether each piece has its partner: the same value where the same condition holds."""
    if type(gold) is not type(answer) or len(gold.args) != len(answer.args):
        return Verdict(False, "structure", "not the same number of pieces")
    left = list(answer.args)
    for right in gold.args:
        fits = [
            own
            for own in left
            if _where(right, own, gold, answer, policy, same) and same(right.args[0], own.args[0], policy).equal
        ]
        if not fits or (fits[0] is not left[0] and (_overlap(gold) or _overlap(answer))):
            return Verdict(False, "structure", "a piece has no equal")
        left.remove(fits[0])
    return Verdict(True, "structure", "equal pieces")


def _where(right: Node, own: Node, gold: Node, answer: Node, policy: Policy, same: Same) -> bool:
    """Whether two pieces hold at the same places."""
    one, other = right.args[1], own.args[1]
    if is_rest(one) or is_rest(other):
        return (is_rest(one) and is_rest(other)) or (_is_left(other, gold) if is_rest(one) else _is_left(one, answer))
    if isinstance(one, Quantity) and isinstance(other, Quantity):
        return one.unit == other.unit and same(one.args[0], other.args[0], policy).equal
    if isinstance(one, Quantity) or isinstance(other, Quantity):
        return False
    return same(one, other, policy).equal


def _is_left(where: Node, function: Node) -> bool:
    """Whether a condition holds where none of the conditions of the other function does."""
    others = [piece.args[1] for piece in function.args[:-1]]
    if isinstance(where, Quantity):
        return len(others) == 1 and isinstance(others[0], Quantity) and {where.unit, others[0].unit} in _OPPOSITE
    sets = [real_sets.read(one) for one in (where, *others)]
    known = [one for one in sets if one is not None]
    if len(known) < len(sets):
        return False
    rest = real_sets.complement(known[1:])
    return real_sets.equal(known[0], RealSet(rest.pieces), lambda one, other: one == other)


def _overlap(function: Node) -> bool:
    """Whether two conditions may hold at once, so that the order of the pieces counts."""
    sets = [real_sets.read(piece.args[1]) for piece in function.args if not is_rest(piece.args[1])]
    return any(one and other and real_sets.common(one, other) for one, other in combinations(sets, 2))
