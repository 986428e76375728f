r"""Functions by cases (``\begin{cases} x^2 & x \ge 0 \\ -x & x < 0 \end{cases}``, ``Piecewise((x, x > 0), (0, True))``).

The pieces have no order. ``otherwise`` stands for whatever the others leave.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from mammoth_eval.graders.tree import Node
from mammoth_eval.types import Policy, Verdict

_REST = frozenset({"otherwise", "else", "true"})
_CONDITIONS = frozenset({"rel", "setop", "setof", "congruence", "quantity"})
"""A relation, or words behind a name (``n`` even)."""
Same = Callable[[Node, Node, Policy], Verdict]


class Piece(NamedTuple):
    """A value, and where it holds; None for the rest."""

    value: Node
    where: Node | None


def read(node: Node) -> list[Piece] | None:
    """The pieces of a table of values and conditions; None for any other tree."""
    if node.kind != "matrix" or node.value[1] != 2:
        return None
    pieces: list[Piece] = []
    for value, where in zip(node.args[::2], node.args[1::2], strict=True):
        rest = where.kind == "text" and where.value.lower() in _REST
        if value.kind == "rel" or not (rest or where.kind in _CONDITIONS):
            return None
        pieces.append(Piece(value, None if rest else where))
    return pieces


def compare(gold: list[Piece], answer: list[Piece], policy: Policy, same: Same) -> Verdict:
    """Whether each piece has its partner: the same value where the same condition holds."""
    if len(gold) != len(answer):
        return Verdict(False, "structure", f"{len(gold)} pieces against {len(answer)}")
    left = sorted(answer, key=lambda piece: piece.where is None)
    for right in sorted(gold, key=lambda piece: piece.where is None):
        partner = next((own for own in left if _alike(right, own, policy, same)), None)
        if partner is None:
            return Verdict(False, "structure", "a piece has no equal")
        left.remove(partner)
    return Verdict(True, "structure", "equal pieces")


def _alike(gold: Piece, answer: Piece, policy: Policy, same: Same) -> bool:
    where = gold.where is None or answer.where is None or same(gold.where, answer.where, policy).equal
    return where and same(gold.value, answer.value, policy).equal
