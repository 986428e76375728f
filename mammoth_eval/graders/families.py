r"""Answers with a free parameter: general solutions (``\frac{\pi}{6} + 2k\pi``, k an integer), lines, constants of integration.

What a parameter is called says nothing, and an integer one may be counted from anywhere and backwards. Which letters are
parameters is said by a clause at the end (``k \in \mathbb{Z}``, ``where n is an integer``); without one, only letters that
are used for little else are taken for parameters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from typing import NamedTuple

from mammoth_eval.graders import numeric, rational, relations, structure
from mammoth_eval.graders.tree import Node, has, neg, num, put, subtract, symbols, walk
from mammoth_eval.types import Policy, Verdict


class Family(NamedTuple):
    """The text of an answer without the clause on its parameters, their names, and what they run over (Z, N or R)."""

    body: str
    names: frozenset[str] = frozenset()
    domain: str = ""


_HINT = re.compile(r"\\in(?![a-z])|integer|constant|natural number|real number|\bin \\?(?:mathbb|[ZNR]\b)|\\ldots|\\dots|\.\.\.")
_WORDS = re.compile(r"\\(?:text(?:rm|normal)?|mathrm|mbox|hbox)\s?\{([^{}]*)\}")
_SPACE = re.compile(r"\\[,;:! ]|\\q?quad(?![a-z])|~|\$")
_SET = re.compile(r"\\(?:mathbb|mathbf|Bbb|rm|bf)\s?\{?\s?([ZNR])\s?\}?|\\(?:mathbb|mathbf)\s([ZNR])")
_NAME = r"(?:[a-zA-Z](?:_\{?\d\}?)?|\\(?:lambda|mu|alpha|beta)(?![a-z]))"
_LIST = rf"{_NAME}(?:\s*(?:,|and|\\text\{{and\}})\s*{_NAME}){{0,3}}"
_LEAD = (
    r"(?:[\s,;:.(|]|\\mid(?![a-z])|\\forall(?![a-z])"
    r"|\b(?:where|for|with|and|when|all|any|every|each|some|an?|arbitrary|both|here)\b)++"
)
_KIND = (
    r"(?:an?\s|any\s|all\s|the\s|both\s)?\s*(?:arbitrary\s|some\s)?\s*"
    r"(?:(?:positive\s|non-?negative\s)?integers?|natural numbers?|real numbers?|reals?|(?:real\s)?(?:constants?|parameters?))"
)
_END = r"[\s.,;)]*+(?:\\right\s*+)?(?P<brace>\\\})?[\s.]*+"
_CLAUSES = (
    rf"{_LEAD}(?P<names>{_LIST})\s*(?:\\in(?![a-z])|\bin\b)\s*(?P<kind>[ZNR](?:\s*[\^_]\s*\{{?[+*>\d]*\}}?|[+*])?){_END}",
    rf"{_LEAD}(?P<names>{_LIST})\s*(?:is|are|being|:)?\s*(?P<kind>{_KIND}){_END}",
    rf"{_LEAD}(?P<kind>integers?|constants?|real numbers?|reals?|parameters?)\s+(?P<names>{_LIST}){_END}",
    rf"{_LEAD}(?P<names>{_NAME})\s*=\s*(?P<kind>0\s*,\s*\\pm\s*1\s*,(?:\s*\\pm\s*\d\s*,)*\s*(?:\\[lc]?dots|\.\.\.)){_END}",
)
_PATTERNS = tuple(re.compile(rf"(?P<body>.*{lazy}\S){clause}", re.DOTALL) for clause in _CLAUSES for lazy in ("?", ""))
"""Each clause behind the shortest body first, so that it has all its names, then behind the longest (``1 - t, t \\in R``)."""
_BUILDER = re.compile(
    r"^\s*(?:([a-zA-Z])\s*\\in\s*)?(?:\\left\s*)?\\\{\s*(?:([a-zA-Z])\s*(?:\\mid(?![a-z])|\\vert(?![a-z])|\||:)\s*)?"
)
_MAX_CHARS = 400


def read(text: str) -> Family:
    """The family that a cleaned answer is; all of the text and no names where it has no clause on parameters."""
    if len(text) > _MAX_CHARS or not _HINT.search(text):
        return Family(text)
    plain = _SPACE.sub(" ", _WORDS.sub(r" \1 ", _SET.sub(lambda m: f" {m[1] or m[2]} ", text)))
    for pattern in _PATTERNS:
        match = pattern.fullmatch(plain)
        names = _names(match["names"]) if match else []
        if match and len(set(names)) == len(names) and match["body"][-1] not in "+-*/^=":
            body = _BUILDER.sub("", match["body"], count=1) if match["brace"] else match["body"]
            return Family(body.rstrip(" ,;:(|"), frozenset(names), _domain(match["kind"]))
    return Family(text)


def _names(listed: str) -> list[str]:
    found = re.findall(_NAME, listed.replace("and", ","))
    return [name.lstrip("\\").replace("{", "").replace("}", "") for name in found]


_NATURAL = re.compile(r"positive|natural|non|N|Z\s*\S")


def _domain(kind: str) -> str:
    if _NATURAL.match(kind.removeprefix("an ").removeprefix("a ")):
        return "N"
    return "Z" if kind.startswith(("Z", "0")) or "integer" in kind else "R"


def compare(gold: Family, answer: Family, policy: Policy, tree: Callable[[str], Node]) -> Verdict:
    """Whether two families are one, at least one of them with a clause on its parameters. `tree` may raise `Unreadable`."""
    right, own = tree(gold.body), tree(answer.body)
    if gold.domain and answer.domain and gold.domain != answer.domain:
        return Verdict(False, "structure", "parameters of other sets")
    domain = gold.domain or answer.domain
    if "congruence" in (right.kind, own.kind) and domain == "Z":
        return structure.compare(_class(right, gold.names), _class(own, answer.names), policy)
    first, second = _free(right), _free(own)
    names = gold.names & first if gold.names else first - (second - answer.names)
    others = answer.names & second if answer.names else second - (first - names)
    if len(names) != len(others) or not names:
        return structure.compare(right, own, policy)
    return _compared(right, own, sorted(names), sorted(others), domain, policy)


def _free(node: Node) -> frozenset[str]:
    """The variables of the tree without the names of its values (``x`` of ``x = 2k + 1``)."""
    if node.kind == "rel" and node.value == ("=",) and node.args[0].kind == "sym":
        return symbols(node.args[1])
    return frozenset().union(*map(_free, node.args)) if node.kind == "seq" else symbols(node)


def _class(node: Node, names: frozenset[str]) -> Node:
    """``x = 12k + 5`` as a residue class; other trees as they are."""
    value = node.args[1] if node.kind == "rel" and node.value == ("=",) else node
    if node.kind == "congruence" or len(names) != 1 or symbols(value) != names:
        return node
    name = next(iter(names))
    try:
        start, following = (rational.value(put(value, name, num(k))) for k in (0, 1))
    except rational.Refused:
        return node
    if start is None or following is None or start.denominator != 1 or following.denominator != 1 or start == following:
        return node
    held = num(start) if value is node else node._replace(args=(node.args[0], num(start)))
    return Node("congruence", None, (held, num(abs(following - start))))


def _compared(gold: Node, answer: Node, names: Sequence[str], others: Sequence[str], domain: str, policy: Policy) -> Verdict:
    for order in permutations(others) if len(others) <= 3 else ():
        verdict = structure.compare(gold, _renamed(answer, order, names), policy)
        if verdict.equal:
            return verdict
    if len(names) == 1 and domain == "Z" and _covered(gold, answer, names[0], others[0], policy):
        return Verdict(True, "structure", "the same values, counted otherwise")
    return Verdict(False, "structure", "not the same family")


def _renamed(node: Node, old: Sequence[str], new: Sequence[str]) -> Node:
    for index, name in enumerate(old):
        node = put(node, name, Node("sym", f"parameter {index}"))
    for index, name in enumerate(new):
        node = put(node, f"parameter {index}", Node("sym", name))
    return node


_SAMPLES = range(-2, 10)
"""Where integer families are compared: more places than there are steps in a full turn that school problems use."""
_SHIFTS = (0, 1, -1, 2, -2)


def _covered(gold: Node, answer: Node, name: str, other: str, policy: Policy) -> bool:
    """Whether the two integer families have the same members."""
    right, own = _values(gold, name), _values(answer, other)
    if right and own:
        return _within(right, name, own, other, policy) and _within(own, other, right, name, policy)
    return any(
        all(structure.compare(put(gold, name, num(k)), put(answer, other, num(sign * k + shift)), policy).equal for k in range(3))
        for sign in (1, -1)
        for shift in _SHIFTS
    )


def _values(node: Node, name: str) -> list[Node]:
    """The expressions in the one parameter that a list of values or of ``x = ...`` holds; empty where it holds anything else."""
    node = structure.settled(node)
    parts = node.args if node.kind == "seq" and node.value in ("", "{}") else (node,)
    values = [
        part.args[1] if part.kind == "rel" and part.value == ("=",) and part.args[0].kind == "sym" else part for part in parts
    ]
    labels = {part.args[0] for part in parts if part.kind == "rel"}
    plain = all(symbols(value) <= {name} and not has(value, "rel", "seq", "text", "pm", "matrix") for value in values)
    return values if plain and len(labels) <= 1 else []


def _within(some: list[Node], name: str, every: list[Node], other: str, policy: Policy) -> bool:
    """Whether each value of the first families is one of the others."""
    lines = [(value, line) for value in every if (line := _line(value, other))]
    return len(lines) == len(every) and all(
        any(structure.compare(one, put(value, other, num(k)), policy).equal for value, k in _candidates(one, lines))
        for sample in _SAMPLES
        for one in (put(value, name, num(sample)) for value in some)
    )


def _candidates(one: Node, lines: list[tuple[Node, tuple[float, float]]]) -> Iterator[tuple[Node, int]]:
    """The families that may hold the value, and at which place."""
    place = numeric.real(one)
    for value, (start, step) in lines:
        count = None if place is None else (place - start) / step
        if count is not None and abs(count - round(count)) < 1e-9 * max(1.0, abs(count)):
            yield value, round(count)


def _line(node: Node, name: str) -> tuple[float, float] | None:
    """Start and step of a family whose members are evenly spaced, in floating point."""
    places = [numeric.real(put(node, name, num(k))) for k in range(3)]
    start, following, third = places
    if start is None or following is None or third is None or start == following:
        return None
    return (start, following - start) if abs(third - 2 * following + start) < 1e-9 * (1 + abs(third)) else None


_COUNTERS = frozenset("klmn")
_PARAMETERS = frozenset({"k", "l", "j", "t", "s", "r", "u", "lambda", "mu"})
_CONSTANT = re.compile(r"[CcK](?:_\d)?")
_ONE_CONSTANT = re.compile(r"[CcKk](?:_\d)?")
_ANY_CONSTANT = re.compile(r"[A-DKa-dk](?:_\d)?")


def undeclared(gold: Node, answer: Node, policy: Policy) -> Verdict | None:
    """Whether two trees are one family that has no clause; None where they are not."""
    found = (_undeclared(*pair, policy) for pair in ((gold, answer), (answer, gold)))
    return next((verdict for verdict in found if verdict and verdict.equal), None)


def _undeclared(gold: Node, answer: Node, policy: Policy) -> Verdict | None:
    """The same, where it is the first that shows what its letters are."""
    first, second = symbols(gold), symbols(answer)
    if not first or not second or len(second) > 4:
        return None
    constants = sorted(name for name in first if _CONSTANT.fullmatch(name))
    others = sorted(second - (first - set(constants)))
    usual = _ONE_CONSTANT if len(constants) == 1 else _ANY_CONSTANT
    if constants and len(constants) == len(others) <= 3 and all(map(usual.fullmatch, others)):
        return _integrated(gold, answer, constants, others, policy)
    if len(first) == len(second) == 1 and first | second <= _COUNTERS and _turns(gold) and _turns(answer):
        return _compared(gold, answer, sorted(first), sorted(second), "Z", policy)
    left, right = sorted(first - second), sorted(second - first)
    if (
        len(left) == len(right) == 1
        and left[0] in _PARAMETERS
        and right[0] in _PARAMETERS | _COUNTERS
        and _defines(gold, answer, left[0])
    ):
        return structure.compare(gold, put(answer, right[0], Node("sym", left[0])), policy)
    return None


def _turns(node: Node) -> bool:
    """Whether angles are meant: a multiple of pi or of a degree."""
    return any(part.kind == "degree" or part == Node("const", "pi") for part in walk(node))


def _defines(gold: Node, answer: Node, name: str) -> bool:
    """Whether the letter can only be a parameter: ``n = 6k + 1``, or a point that moves along a line."""
    if gold.kind == answer.kind == "rel":
        return gold.args[0] == answer.args[0] and gold.args[0].kind == "sym" and symbols(gold) == {gold.args[0].value, name}
    several = all(side.kind in ("seq", "matrix") and len(side.args) > 1 for side in (gold, answer))
    return several and symbols(gold) == {name}


def _integrated(gold: Node, answer: Node, names: Sequence[str], others: Sequence[str], policy: Policy) -> Verdict | None:
    """Functions with constants of integration: by any names of them; one that is added absorbs what is constant."""
    right, own = (relations.value(side, other) if side.kind == "rel" else side for side, other in ((gold, answer), (answer, gold)))
    if len(names) > 1 or right is not gold or _is_term(right, names[0]):
        verdict = _compared(gold, answer, names, others, "R", policy)
        if verdict.equal:
            return verdict
    variables = symbols(right) - set(names)
    if len(names) > 1 or len(variables) != 1 or not (_is_term(right, names[0]) and _is_term(own, others[0])):
        return None
    variable = next(iter(variables))
    bare = [put(side, name, num(0)) for side, name in ((right, names[0]), (own, others[0]))]
    for place in (1, 2):
        moved = [subtract(side, put(side, variable, num(place))) for side in bare]
        if structure.compare(moved[0], moved[1], policy).equal:
            return Verdict(True, "symbolic", "equal up to the constant")
    return None


def _is_term(node: Node, name: str) -> bool:
    """Whether the constant is added, and stands nowhere else."""
    terms = [term for term in node.args if name in symbols(term)] if node.kind == "add" else []
    return len(terms) == 1 and terms[0] in (Node("sym", name), neg(Node("sym", name)))
