r"""Two answers, shape by shape: relations, collections, real sets, matrices, quantities; the rest are expressions.

The rules in short (issue and README name the policies): bare lists and braces without order, bracketed tuples in order,
duplicates count; ``x = 5`` is ``5`` but not ``y = 5``; equations up to a factor; ``\pm`` is two answers; intervals are
inequalities; a unit counts only where both have one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mammoth_eval.graders.compare import equations, matrices, piecewise, quantities, ranges, readings, real_sets, texts
from mammoth_eval.graders.equal import ladder
from mammoth_eval.graders.parse.lexicon import number_in_words
from mammoth_eval.graders.parse.nodes import (
    Based,
    Collection,
    Congruence,
    Constant,
    Matrix,
    Node,
    Pair,
    Piecewise,
    PlusMinus,
    Quantity,
    Ratio,
    Relation,
    Text,
    Unreadable,
    add,
    call,
    mul,
    num,
    rebuilt,
)
from mammoth_eval.graders.parse.tables import nested
from mammoth_eval.types import Policy, Verdict

MAX_ITEMS = 300
"""Longer lists are unreadable."""
_EMPTY = Constant("empty")


def compare(gold: Node, answer: Node, policy: Policy) -> Verdict:
    """Whether the two trees are the same answer."""
    if gold == answer:
        return Verdict(True, "structure", "the same tree")
    gold, answer = settled(matrices.folded(gold)), settled(matrices.folded(answer))
    if policy.parts == "first":
        answer = readings.first(answer, gold)
    gold, answer = readings.beside(gold, answer), readings.beside(answer, gold)
    if _either(gold, answer, Congruence):
        return _congruences(gold, answer, policy)
    gold, answer = _member(gold, answer), _member(answer, gold)
    if policy.order == "list":
        gold, answer = readings.row(gold, answer), readings.row(answer, gold)
    for rule in _RULES:
        verdict = rule(gold, answer, policy)
        if verdict is not None:
            return verdict
    return quantities.compare(gold, answer, policy, compare)


def _either(gold: Node, answer: Node, *kinds: type[Node]) -> bool:
    return isinstance(gold, kinds) or isinstance(answer, kinds)


def _member(node: Node, other: Node) -> Node:
    r"""The set of ``x \in \{-6, 1\}`` where the other side is a list and names no variable."""
    if not isinstance(node, Relation) or node.signs != ("in",) or not isinstance(other, Collection):
        return node
    return settled(node.args[1]) if isinstance(node.args[1], Collection) and node.args[1].brackets == "{}" else node


def _congruences(gold: Node, answer: Node, policy: Policy) -> Verdict:
    """Residue classes: one modulus, and values that differ by a multiple of it; a bare number is the least residue."""
    moduli = [side.args[1] for side in (gold, answer) if isinstance(side, Congruence)]
    if len(moduli) == 2 and not ladder.compare(moduli[0], moduli[1], policy).equal:
        return _differ("moduli that differ")
    (name, right), (other, own) = _named_residue(gold), _named_residue(answer)
    if name is not None and other is not None and name != other:
        return _differ("not the same names")
    if _either(right, own, Collection):
        return compare(right, own, policy)
    if isinstance(gold, Congruence):
        right = call("mod", right, moduli[0])
    if isinstance(answer, Congruence):
        own = call("mod", own, moduli[0])
    return ladder.compare(right, own, policy)


def _named_residue(node: Node) -> tuple[Node | None, Node]:
    """What ``x = 5``, modulo something or not, names, and its value; no name in a bare ``5``."""
    inner = node.args[0] if isinstance(node, Congruence) else node
    return (inner.args[0], inner.args[-1]) if isinstance(inner, Relation) else (None, inner)


def settled(node: Node) -> Node:
    """The tree in one shape: ``±`` spelled out, dicts as equations, nested lists as matrices, wrappers of one off."""
    if isinstance(node, Collection):
        node = _reshaped(node)
    if isinstance(node, Matrix):
        return settled(node.args[0]) if node.shape == (1, 1) else node
    if isinstance(node, Collection) and node.brackets in ("", "{}", "[]"):
        return _settled_list(node)
    if isinstance(node, Collection) and node.brackets != "()":
        return node
    spread = _signs(node)
    return Collection("", tuple(spread)) if len(spread) > 1 else node


def _reshaped(node: Collection) -> Node:
    r"""A dict as equations, a nested list as a matrix, ``x \neq 2, 3`` as two relations; other lists as they are."""
    if node.brackets == "{}" and node.args and all(isinstance(part, Pair) for part in node.args):
        return Collection("", tuple(Relation(("=",), part.args) for part in node.args))
    if node.brackets == "[]":
        return nested(node)
    return _unequal(node) if node.brackets == "" and node.args else node


def _settled_list(node: Collection) -> Node:
    """A list or set with each ``±`` as two parts; the only part of one as itself."""
    parts = tuple(spread for part in node.args for spread in _signs(part))
    if len(parts) > MAX_ITEMS:
        raise Unreadable(f"a list of more than {MAX_ITEMS} parts")
    node = rebuilt(node, parts)
    if len(parts) != 1 or parts[0] == _EMPTY:
        return node
    match node.brackets:
        case "[]":
            return node if isinstance(parts[0], Collection) else settled(parts[0])
        case "{}":
            return settled(piecewise.of_matrix(parts[0]))
        case _:
            return settled(parts[0])


def _unequal(node: Node) -> Node:
    r"""``x \neq 2, 3`` as two relations; other lists as they are."""
    first, rest = node.args[0], node.args[1:]
    if (
        not isinstance(first, Relation)
        or first.signs != ("!=",)
        or any(isinstance(part, Relation | Text | Collection) for part in rest)
    ):
        return node
    return rebuilt(node, (first, *(rebuilt(first, (first.args[0], part)) for part in rest)))


def _signs(node: Node) -> list[Node]:
    r"""The answers that ``±`` stands for: all signs up, all signs down."""
    if not _has_sign(node):
        return [node]
    return [_signed(node, up) for up in (True, False)]


def _has_sign(node: Node) -> bool:
    return isinstance(node, PlusMinus) or any(_has_sign(part) for part in node.args)


def _signed(node: Node, up: bool) -> Node:
    if isinstance(node, PlusMinus):
        inner = _signed(node.args[0], up)
        return inner if (node.sign == "+") == up else mul(num(-1), inner)
    return rebuilt(node, tuple(_signed(part, up) for part in node.args)) if node.args else node


def _ranges(gold: Node, answer: Node, policy: Policy) -> Verdict | None:
    """Ranges, and ratios in words; None where neither is one."""
    return ranges.compare(gold, answer, policy, compare)


def _relations(gold: Node, answer: Node, policy: Policy) -> Verdict | None:
    """Equations and inequalities; None where there are none, or they are compared as sets of numbers."""
    if not (equations.is_one(gold) or equations.is_one(answer)):
        return None
    return equations.compare(gold, answer, policy, compare)


def _pieces(gold: Node, answer: Node, policy: Policy) -> Verdict | None:
    """Functions by cases; None where neither is one."""
    return piecewise.compare(gold, answer, policy, compare) if _either(gold, answer, Piecewise) else None


def _reals(gold: Node, answer: Node, policy: Policy) -> Verdict | None:
    """What the two say as sets of real numbers; None where neither is one by its shape."""
    if not (real_sets.describes(gold) or real_sets.describes(answer)):
        return None
    right, own = real_sets.read(gold), real_sets.read(answer)
    if right is None or own is None:
        both = isinstance(gold, Collection) and isinstance(answer, Collection)
        return None if both else Verdict(False, "structure", "not the same set")
    same = real_sets.equal(right, own, lambda a, b: ladder.compare(a, b, policy).equal)
    return Verdict(same, "structure", "" if same else "not the same set of numbers")


def _list_with_unit(gold: Node, answer: Node, policy: Policy) -> Verdict | None:
    """A list as a whole with a unit (``(1, 2) cm``) against a list without; None for anything else."""
    if policy.units == "strict":
        return None
    if isinstance(gold, Quantity) and isinstance(answer, Collection):
        return compare(gold.args[0], answer, policy)
    if isinstance(gold, Collection) and isinstance(answer, Quantity):
        return compare(gold, answer.args[0], policy)
    return None


def _sequences(gold: Node, answer: Node, policy: Policy) -> Verdict | None:
    """Lists, tuples and sets; None where neither is one."""
    if isinstance(gold, Collection):
        if isinstance(answer, Collection):
            return _collections(gold, answer, policy)
        return _listed(gold, answer, policy, lambda right, own: compare(right, own, policy))
    if isinstance(answer, Collection):
        return _listed(answer, gold, policy, lambda own, right: compare(right, own, policy))
    return None


def _listed(listed: Collection, other: Node, policy: Policy, same: Callable[[Node, Node], Verdict]) -> Verdict:
    """A collection against what is none; `same` compares a part or the whole of it with the other side."""
    if isinstance(other, Matrix) and 1 in other.shape:
        in_order = listed.brackets in ("()", "[]", "<>")
        return _each(other.args, listed.args, policy) if in_order else _differ("a list against a matrix")
    if len(listed.args) == 1 and listed.brackets in ("[]", "{}", "()"):
        return same(listed.args[0], other)
    total = quantities.total(listed)
    return _differ("a list against one answer") if total is None else same(total, other)


def _collections(gold: Collection, answer: Collection, policy: Policy) -> Verdict:
    if len(gold.args) != len(answer.args):
        if len(answer.args) == 1 and answer.brackets in ("[]", "{}"):
            return compare(gold, answer.args[0], policy)
        if len(gold.args) == 1 and gold.brackets in ("[]", "{}"):
            return compare(gold.args[0], answer, policy)
        return _differ(f"{len(gold.args)} parts against {len(answer.args)}")
    kinds = {gold.brackets, answer.brackets}
    interval = gold.brackets == "[]" and answer.brackets == "{}" and real_sets.read(gold) is not None
    if interval or not _comparable(kinds, len(gold.args)):
        return _differ("brackets that differ")
    bare_in_order = policy.order == "list" and "" in kinds and "{}" not in kinds
    if bare_in_order or kinds & {"()", "<>", "(]", "[)"} or kinds == {"[]"}:
        return _each(gold.args, answer.args, policy)
    return equations.matched(gold.args, answer.args, policy, compare)


def _comparable(kinds: set[str], count: int) -> bool:
    """Whether brackets of these kinds may hold the same answer."""
    if len(kinds) == 1:
        return True
    if kinds & {"(]", "[)"}:
        return False
    if kinds == {"()", "[]"}:
        return count != 2
    return kinds != {"()", "{}"} and kinds != {"<>", "{}"}


def _each(gold: Sequence[Node], answer: Sequence[Node], policy: Policy) -> Verdict:
    """The parts in order."""
    if len(gold) != len(answer):
        return _differ(f"{len(gold)} parts against {len(answer)}")
    for right, own in zip(gold, answer, strict=True):
        verdict = compare(right, own, policy)
        if not verdict.equal:
            return verdict
    return Verdict(True, "structure", "equal part by part")


def _matrices(gold: Node, answer: Node, policy: Policy) -> Verdict | None:
    """Matrices entry by entry; None where neither is one."""
    shapes = [side.shape for side in (gold, answer) if isinstance(side, Matrix)]
    if not shapes:
        return None
    if len(shapes) == 2 and shapes[0] == shapes[1]:
        return _each(gold.args, answer.args, policy)
    if 1 in shapes[0] and len(gold.args) == len(answer.args) == 1:
        return compare(gold.args[0], answer.args[0], policy)
    return _differ("not the same shape")


def _ratios(gold: Node, answer: Node, policy: Policy) -> Verdict | None:
    """Ratios of more than two parts: as many parts, in proportion. None where neither is one."""
    if not any(isinstance(side, Ratio) and len(side.args) > 2 for side in (gold, answer)):
        return None
    if type(gold) is not type(answer) or len(gold.args) != len(answer.args):
        return _differ("ratios of other parts")
    totals = add(*gold.args), add(*answer.args)
    scaled = [tuple(mul(part, total) for part in side.args) for side, total in ((gold, totals[1]), (answer, totals[0]))]
    return _each(scaled[0], scaled[1], policy)


def _words(gold: Node, answer: Node, policy: Policy) -> Verdict | None:
    """Words, and digits with their base; None where neither is either."""
    if not _either(gold, answer, Text, Based):
        return None
    numbers = _in_figures(gold), _in_figures(answer)
    if numbers != (gold, answer):
        return compare(*numbers, policy)
    if isinstance(gold, Text) and isinstance(answer, Text):
        return texts.texts(gold.words, answer.words, policy)
    if isinstance(gold, Based) and isinstance(answer, Based):
        equal = gold.digits == answer.digits
        return Verdict(equal, "structure", "" if equal else "digits or bases differ")
    if not _either(gold, answer, Text):
        decimals = _decimal(gold), _decimal(answer)
        if decimals != (gold, answer):
            return compare(*decimals, policy)
    return _differ("a word against an expression")


def _in_figures(node: Node) -> Node:
    """A number in words as the number; other trees as they are."""
    number = number_in_words(node.words) if isinstance(node, Text) else None
    return node if number is None else num(number)


def _decimal(node: Node) -> Node:
    """Digits with the base 10 as their number; other trees as they are."""
    digits = node.digits.removesuffix("_10") if isinstance(node, Based) else ""
    return num(int(digits)) if digits.isdigit() else node


def _differ(reason: str) -> Verdict:
    return Verdict(False, "structure", reason)


_RULES: tuple[Callable[[Node, Node, Policy], Verdict | None], ...] = (
    _ranges,
    _relations,
    _pieces,
    _reals,
    _list_with_unit,
    _sequences,
    _matrices,
    _ratios,
    _words,
)
"""What is said of each shape, the first that says something deciding; what is of no shape is an expression."""
