r"""Functions by cases (``\begin{cases} x^2 & x \ge 0 \\ -x & x < 0 \end{cases}``, ``Piecewise((x, x > 0))``).

Pieces whose conditions exclude one another have no order. ``otherwise`` stands for what the others leave.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations

from mammoth_eval.graders.compare import real_sets
from mammoth_eval.graders.compare.real_sets import Piece, RealSet
from mammoth_eval.graders.parse import tables
from mammoth_eval.graders.parse.nodes import (
    Call,
    Matrix,
    Node,
    Number,
    Piecewise,
    Power,
    Product,
    Quantity,
    Sum,
    Symbol,
    num,
    put,
    symbols,
)
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
    if not isinstance(gold, Piecewise) or not isinstance(answer, Piecewise):
        function, other = (gold, answer) if isinstance(gold, Piecewise) else (answer, gold)
        equal = _pointwise(function, other, policy, same)
        return Verdict(equal, "symbolic" if equal else "structure", "" if equal else "not the same function")
    if len(gold.args) != len(answer.args):
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


_STEPS = tuple(Fraction(step) for step in ("0", "1/3", "1", "19/7", "11"))
"""How far from an end, or from zero, a function by cases and an expression are compared."""
_INTEGERS = range(-5, 9)


def _pointwise(function: Node, other: Node, policy: Policy, same: Same) -> bool:
    """Whether an expression in the one letter has the function's value at places in each of its pieces."""
    names = symbols(function)
    if len(names) != 1 or symbols(other) != names or not isinstance(other, _EXPRESSIONS):
        return False
    name = next(iter(names))
    wheres = [piece.args[1] for piece in function.args]
    places = [_places(where, wheres[:index], name) for index, where in enumerate(wheres)]
    return all(
        place and all(same(put(piece.args[0], name, num(at)), put(other, name, num(at)), policy).equal for at in place)
        for piece, place in zip(function.args, places, strict=True)
    )


_EXPRESSIONS = (Sum, Product, Power, Call, Symbol)


def _places(where: Node, before: Sequence[Node], name: str) -> list[Fraction]:
    """Places where a condition holds and none of those before it; none where the condition cannot be worked out."""
    if isinstance(where, Quantity):
        parity = {"even": 0, "odd": 1}.get(where.unit)
        plain = where.args[0] == Symbol(name) and parity is not None
        return [Fraction(n) for n in _INTEGERS if plain and n % 2 == parity]
    sets = [real_sets.read(one) for one in before]
    known = [one for one in sets if one is not None]
    if len(known) < len(sets):
        return []
    outside = real_sets.complement(known)
    own = outside if is_rest(where) else real_sets.read(where)
    pieces = () if own is None else own.pieces if not known else real_sets.both(own, outside).pieces
    return [at for piece in pieces for at in _in_piece(piece)]


def _in_piece(piece: Piece) -> list[Fraction]:
    """Some places of an interval whose ends are rational."""
    ends = [end.node.value for end in piece if isinstance(end.node, Number)]
    starts = ends or [Fraction(0)]
    found = {start + sign * step for start in starts for step in _STEPS for sign in (1, -1)}
    return sorted(at for at in found if _holds(piece, at))


def _holds(piece: Piece, at: Fraction) -> bool:
    low, high = piece
    above = float(at) > low.place or (low.closed and float(at) == low.place)
    return above and (float(at) < high.place or (high.closed and float(at) == high.place))


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
