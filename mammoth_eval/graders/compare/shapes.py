r"""Two answers, shape by shape: relations, sequences, sets of reals, matrices, quantities; what is left are expressions.

The rules in short (issue and README name the policies): bare lists and braces without order, bracketed tuples in order,
duplicates count; ``x = 5`` is ``5`` but not ``y = 5``; equations up to a factor; ``\pm`` is two answers; intervals are
inequalities; a unit counts only where both have one.
"""

from __future__ import annotations

from collections.abc import Sequence

from mammoth_eval.graders.compare import equations, matrices, piecewise, quantities, readings, real_sets, texts
from mammoth_eval.graders.equal import ladder
from mammoth_eval.graders.parse.lexicon import number_in_words
from mammoth_eval.graders.parse.nodes import Node, Unreadable, add, call, mul, num
from mammoth_eval.graders.parse.tables import nested
from mammoth_eval.types import Policy, Verdict

MAX_ITEMS = 300
"""Longer lists are unreadable."""
_EMPTY = Node("const", "empty")
_ORDERED = frozenset({"()", "<>", "[]", "(]", "[)"})


def compare(gold: Node, answer: Node, policy: Policy) -> Verdict:
    """Whether the two trees are the same answer."""
    if gold == answer:
        return Verdict(True, "structure", "the same tree")
    gold, answer = settled(matrices.folded(gold)), settled(matrices.folded(answer))
    gold, answer = readings.beside(gold, answer), readings.beside(answer, gold)
    if "congruence" in (gold.kind, answer.kind):
        return _congruences(gold, answer, policy)
    gold, answer = _member(gold, answer), _member(answer, gold)
    if equations.is_one(gold) or equations.is_one(answer):
        found = equations.compare(gold, answer, policy, compare)
        if found is not None:
            return found
    if "piecewise" in (gold.kind, answer.kind):
        return piecewise.compare(gold, answer, policy, compare)
    found = _reals(gold, answer, policy)
    if found is not None:
        return found
    if {gold.kind, answer.kind} == {"quantity", "seq"} and policy.units != "strict":
        gold, answer = (side.args[0] if side.kind == "quantity" else side for side in (gold, answer))
        return compare(gold, answer, policy)
    if "seq" in (gold.kind, answer.kind):
        return _sequences(gold, answer, policy)
    if "matrix" in (gold.kind, answer.kind):
        return _matrices(gold, answer, policy)
    if any(side.kind == "ratio" and len(side.args) > 2 for side in (gold, answer)):
        return _ratios(gold, answer, policy)
    if "text" in (gold.kind, answer.kind) or "based" in (gold.kind, answer.kind):
        return _words(gold, answer, policy)
    return quantities.compare(gold, answer, policy, compare)


def _member(node: Node, other: Node) -> Node:
    r"""The set of ``x \in \{-6, 1\}`` where the other side is a list and names no variable."""
    if node.kind != "rel" or node.value != ("in",) or other.kind != "seq":
        return node
    return settled(node.args[1]) if node.args[1].kind == "seq" and node.args[1].value == "{}" else node


def _congruences(gold: Node, answer: Node, policy: Policy) -> Verdict:
    """Residue classes: one modulus, and values that differ by a multiple of it; a bare number is the least residue."""
    sides = [side if side.kind == "congruence" else None for side in (gold, answer)]
    modulus = next(side for side in sides if side).args[1]
    if all(sides) and not ladder.compare(gold.args[1], answer.args[1], policy).equal:
        return _differ("moduli that differ")
    inner = [side.args[0] if side else plain for side, plain in zip(sides, (gold, answer), strict=True)]
    names = [side.args[0] for side in inner if side.kind == "rel"]
    if len(names) == 2 and names[0] != names[1]:
        return _differ("not the same names")
    values = [side.args[-1] if side.kind == "rel" else side for side in inner]
    if any(side.kind == "seq" for side in values):
        return compare(values[0], values[1], policy)
    residues = [call("mod", side, modulus) if known else side for side, known in zip(values, sides, strict=True)]
    return ladder.compare(residues[0], residues[1], policy)


def settled(node: Node) -> Node:
    """The tree in one shape: ``±`` spelled out, printed dicts as equations, nested lists as matrices, wrappers of one off."""
    if node.kind == "seq" and node.value == "{}" and node.args and all(part.kind == "pair" for part in node.args):
        node = Node("seq", "", tuple(Node("rel", ("=",), part.args) for part in node.args))
    if node.kind == "seq" and node.value == "[]":
        node = nested(node)
    if node.kind == "seq" and node.value == "" and node.args:
        node = _unequal(node)
    if node.kind == "matrix" and node.value == (1, 1):
        return settled(node.args[0])
    if node.kind == "seq" and node.value in ("", "{}", "[]"):
        parts = tuple(spread for part in node.args for spread in _signs(part))
        if len(parts) > MAX_ITEMS:
            raise Unreadable(f"a list of more than {MAX_ITEMS} parts")
        node = node._replace(args=parts)
        if parts == (_EMPTY,):
            return node
        if len(parts) == 1 and node.value != "[]":
            return settled(piecewise.of_matrix(parts[0]) if node.value == "{}" else parts[0])
        return settled(parts[0]) if len(parts) == 1 and parts[0].kind != "seq" else node
    if node.kind == "matrix" or (node.kind == "seq" and node.value != "()"):
        return node
    spread = _signs(node)
    return Node("seq", "", tuple(spread)) if len(spread) > 1 else node


def _unequal(node: Node) -> Node:
    r"""``x \neq 2, 3`` as two relations; other lists as they are."""
    first, rest = node.args[0], node.args[1:]
    if first.kind != "rel" or first.value != ("!=",) or any(part.kind in ("rel", "text", "seq") for part in rest):
        return node
    return node._replace(args=(first, *(first._replace(args=(first.args[0], part)) for part in rest)))


def _signs(node: Node) -> list[Node]:
    r"""The answers that ``±`` stands for: all signs up, all signs down."""
    if not _has_sign(node):
        return [node]
    return [_signed(node, up) for up in (True, False)]


def _has_sign(node: Node) -> bool:
    return node.kind == "pm" or any(_has_sign(part) for part in node.args)


def _signed(node: Node, up: bool) -> Node:
    if node.kind == "pm":
        inner = _signed(node.args[0], up)
        return inner if (node.value == "+") == up else mul(num(-1), inner)
    return node._replace(args=tuple(_signed(part, up) for part in node.args)) if node.args else node


def _reals(gold: Node, answer: Node, policy: Policy) -> Verdict | None:
    """What the two say as sets of real numbers; None where neither is one by its shape."""
    if not (real_sets.describes(gold) or real_sets.describes(answer)):
        return None
    right, own = real_sets.read(gold), real_sets.read(answer)
    if right is None or own is None:
        return None if gold.kind == answer.kind == "seq" else Verdict(False, "structure", "not the same set")
    same = real_sets.equal(right, own, lambda a, b: ladder.compare(a, b, policy).equal)
    return Verdict(same, "structure", "" if same else "not the same set of numbers")


def _sequences(gold: Node, answer: Node, policy: Policy) -> Verdict:
    if gold.kind != "seq" or answer.kind != "seq":
        other, listed = (answer, gold) if gold.kind == "seq" else (gold, answer)
        if other.kind == "matrix" and 1 in other.value:
            return (
                _each(other.args, listed.args, policy) if listed.value in ("()", "[]", "<>") else _differ("a list against a matrix")
            )
        if len(listed.args) == 1 and listed.value in ("[]", "{}", "()"):
            return compare(listed.args[0], answer, policy) if listed is gold else compare(gold, listed.args[0], policy)
        one = quantities.total(listed)
        if one is not None and one != listed:
            return compare(one, answer, policy) if listed is gold else compare(gold, one, policy)
        return _differ("a list against one answer")
    if len(gold.args) != len(answer.args):
        if len(answer.args) == 1 and answer.value in ("[]", "{}"):
            return compare(gold, answer.args[0], policy)
        if len(gold.args) == 1 and gold.value in ("[]", "{}"):
            return compare(gold.args[0], answer, policy)
        return _differ(f"{len(gold.args)} parts against {len(answer.args)}")
    kinds = {gold.value, answer.value}
    interval = gold.value == "[]" and answer.value == "{}" and real_sets.read(gold) is not None
    if interval or not _comparable(kinds, len(gold.args)):
        return _differ("brackets that differ")
    ordered = bool(kinds & {"()", "<>", "(]", "[)"}) or kinds == {"[]"} or (policy.order == "list" and kinds == {""})
    if ordered:
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
    if gold.kind != answer.kind or gold.value != answer.value:
        if 1 in (gold.value if gold.kind == "matrix" else answer.value) and len(gold.args) == len(answer.args) == 1:
            return compare(gold.args[0], answer.args[0], policy)
        return _differ("not the same shape")
    return _each(gold.args, answer.args, policy)


def _ratios(gold: Node, answer: Node, policy: Policy) -> Verdict:
    """Ratios of more than two parts: as many parts, in proportion."""
    if gold.kind != answer.kind or len(gold.args) != len(answer.args):
        return _differ("ratios of other parts")
    totals = add(*gold.args), add(*answer.args)
    scaled = [tuple(mul(part, total) for part in side.args) for side, total in ((gold, totals[1]), (answer, totals[0]))]
    return _each(scaled[0], scaled[1], policy)


def _words(gold: Node, answer: Node, policy: Policy) -> Verdict:
    counted = [number_in_words(side.value) if side.kind == "text" else None for side in (gold, answer)]
    if any(number is not None for number in counted):
        pair = [side if number is None else num(number) for side, number in zip((gold, answer), counted, strict=True)]
        return compare(pair[0], pair[1], policy)
    if gold.kind != answer.kind:
        bases = [side.value.removesuffix("_10") for side in (gold, answer) if side.kind == "based"]
        if bases and bases[0].isdigit() and "text" not in (gold.kind, answer.kind):
            plain = num(int(bases[0]))
            return compare(plain if gold.kind == "based" else gold, plain if answer.kind == "based" else answer, policy)
        return _differ("a word against an expression")
    if gold.kind == "based":
        return Verdict(gold.value == answer.value, "structure", "" if gold.value == answer.value else "digits or bases differ")
    return texts.texts(gold.value, answer.value, policy)


def _differ(reason: str) -> Verdict:
    return Verdict(False, "structure", reason)
