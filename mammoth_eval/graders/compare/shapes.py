r"""Two answers, shape by shape: relations, collections, real sets, matrices, quantities; the rest are expressions.

The rules in short (issue and README name the policies): bare lists and braces without order, bracketed tuples in order,
duplicates count; ``x = 5`` is ``5`` but not ``y = 5``; equations up to a factor; ``\pm`` is two answers; intervals are
inequalities; a unit counts only where both have one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mammoth_eval.graders.compare import equations, matrices, piecewise, quantities, readings, real_sets, texts
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
    gold, answer = readings.beside(gold, answer), readings.beside(answer, gold)
    if _either(gold, answer, Congruence):
        return _congruences(gold, answer, policy)
    gold, answer = _member(gold, answer), _member(answer, gold)
    if equations.is_one(gold) or equations.is_one(answer):
        found = equations.compare(gold, answer, policy, compare)
        if found is not None:
            return found
    if _either(gold, answer, Piecewise):
        return piecewise.compare(gold, answer, policy, compare)
    found = _reals(gold, answer, policy)
    if found is not None:
        return found
    if {type(gold), type(answer)} == {Quantity, Collection} and policy.units != "strict":
        gold, answer = (side.args[0] if isinstance(side, Quantity) else side for side in (gold, answer))
        return compare(gold, answer, policy)
    if _either(gold, answer, Collection):
        return _sequences(gold, answer, policy)
    if _either(gold, answer, Matrix):
        return _matrices(gold, answer, policy)
    if any(isinstance(side, Ratio) and len(side.args) > 2 for side in (gold, answer)):
        return _ratios(gold, answer, policy)
    if _either(gold, answer, Text, Based):
        return _words(gold, answer, policy)
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
    sides = [side if isinstance(side, Congruence) else None for side in (gold, answer)]
    modulus = next(side for side in sides if side).args[1]
    if all(sides) and not ladder.compare(gold.args[1], answer.args[1], policy).equal:
        return _differ("moduli that differ")
    inner = [side.args[0] if side else plain for side, plain in zip(sides, (gold, answer), strict=True)]
    names = [side.args[0] for side in inner if isinstance(side, Relation)]
    if len(names) == 2 and names[0] != names[1]:
        return _differ("not the same names")
    values = [side.args[-1] if isinstance(side, Relation) else side for side in inner]
    if any(isinstance(side, Collection) for side in values):
        return compare(values[0], values[1], policy)
    residues = [call("mod", side, modulus) if known else side for side, known in zip(values, sides, strict=True)]
    return ladder.compare(residues[0], residues[1], policy)


def settled(node: Node) -> Node:
    """The tree in one shape: ``±`` spelled out, dicts as equations, nested lists as matrices, wrappers of one off."""
    if (
        isinstance(node, Collection)
        and node.brackets == "{}"
        and node.args
        and all(isinstance(part, Pair) for part in node.args)
    ):
        node = Collection("", tuple(Relation(("=",), part.args) for part in node.args))
    if isinstance(node, Collection) and node.brackets == "[]":
        node = nested(node)
    if isinstance(node, Collection) and node.brackets == "" and node.args:
        node = _unequal(node)
    if isinstance(node, Matrix) and node.shape == (1, 1):
        return settled(node.args[0])
    if isinstance(node, Collection) and node.brackets in ("", "{}", "[]"):
        parts = tuple(spread for part in node.args for spread in _signs(part))
        if len(parts) > MAX_ITEMS:
            raise Unreadable(f"a list of more than {MAX_ITEMS} parts")
        node = rebuilt(node, parts)
        if parts == (_EMPTY,):
            return node
        if len(parts) == 1 and node.brackets != "[]":
            return settled(piecewise.of_matrix(parts[0]) if node.brackets == "{}" else parts[0])
        return settled(parts[0]) if len(parts) == 1 and not isinstance(parts[0], Collection) else node
    if isinstance(node, Matrix) or (isinstance(node, Collection) and node.brackets != "()"):
        return node
    spread = _signs(node)
    return Collection("", tuple(spread)) if len(spread) > 1 else node


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


def _sequences(gold: Node, answer: Node, policy: Policy) -> Verdict:
    if isinstance(gold, Collection):
        if isinstance(answer, Collection):
            return _collections(gold, answer, policy)
        return _listed(gold, answer, policy, lambda right, own: compare(right, own, policy))
    assert isinstance(answer, Collection)
    return _listed(answer, gold, policy, lambda own, right: compare(right, own, policy))


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
    if kinds & {"()", "<>", "(]", "[)"} or kinds == {"[]"} or (policy.order == "list" and kinds == {""}):
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


def _matrices(gold: Node, answer: Node, policy: Policy) -> Verdict:
    if isinstance(gold, Matrix) and isinstance(answer, Matrix) and gold.shape == answer.shape:
        return _each(gold.args, answer.args, policy)
    shape = next(side.shape for side in (gold, answer) if isinstance(side, Matrix))
    if 1 in shape and len(gold.args) == len(answer.args) == 1:
        return compare(gold.args[0], answer.args[0], policy)
    return _differ("not the same shape")


def _ratios(gold: Node, answer: Node, policy: Policy) -> Verdict:
    """Ratios of more than two parts: as many parts, in proportion."""
    if type(gold) is not type(answer) or len(gold.args) != len(answer.args):
        return _differ("ratios of other parts")
    totals = add(*gold.args), add(*answer.args)
    scaled = [tuple(mul(part, total) for part in side.args) for side, total in ((gold, totals[1]), (answer, totals[0]))]
    return _each(scaled[0], scaled[1], policy)


def _words(gold: Node, answer: Node, policy: Policy) -> Verdict:
    counted = [number_in_words(side.words) if isinstance(side, Text) else None for side in (gold, answer)]
    if any(number is not None for number in counted):
        pair = [side if number is None else num(number) for side, number in zip((gold, answer), counted, strict=True)]
        return compare(pair[0], pair[1], policy)
    if isinstance(gold, Text) and isinstance(answer, Text):
        return texts.texts(gold.words, answer.words, policy)
    if isinstance(gold, Based) and isinstance(answer, Based):
        equal = gold.digits == answer.digits
        return Verdict(equal, "structure", "" if equal else "digits or bases differ")
    if not _either(gold, answer, Text):
        right, own = _decimal(gold), _decimal(answer)
        if (right, own) != (gold, answer):
            return compare(right, own, policy)
    return _differ("a word against an expression")


def _decimal(node: Node) -> Node:
    """Digits with the base 10 as their number; other trees as they are."""
    digits = node.digits.removesuffix("_10") if isinstance(node, Based) else ""
    return num(int(digits)) if digits.isdigit() else node


def _differ(reason: str) -> Verdict:
    return Verdict(False, "structure", reason)
