r"""Sets of integers, said in any way: ``n \equiv 2 \pmod 5``, ``n = 5k + 2``, ``all odd integers``, ``\mathbb{Z}^+``.

Two of them are equal where they have the same members from -120 to 120: no set of these kinds with moduli up to 60
repeats later than that, and what has members beyond is not read.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import pairwise

from mammoth_eval.graders.compare import integer_words
from mammoth_eval.graders.equal import rational
from mammoth_eval.graders.parse import clauses
from mammoth_eval.graders.parse.characters import unstyled
from mammoth_eval.graders.parse.nodes import Node, Relation, Unreadable, num, put, symbols
from mammoth_eval.types import Verdict

Members = frozenset[int]
Tree = Callable[[str], Node]
LARGEST = 120
WINDOW = range(-LARGEST, LARGEST + 1)
_MAX_CHARS = 160
_HINTS = (
    "mathbb", "equiv", "mod", "integer", "natural", "whole", "multiple", "divisible", "prime", "even", "odd",
    "composite", "dots", "...", "\\mid", "\\in",
)  # fmt: skip
"""One of these is in one of two sets of integers that are not written alike."""
_SET = re.compile(r"\\(?:mathbb|mathbf|Bbb)\s?\{?\s?([ZN])\s?\}?")
_NAMED = re.compile(r"(?:[a-z]\\in ?)?([ZN])(?:[\^_]?\{?([+*0]|>0|>=0|\\geq?0)\}?)?")
_LINEAR = re.compile(r"(?:[a-z]=(-?\d{0,3})\*?[a-z]|(-?\d{0,3})\*?[jklmt])([+-]\d{1,4})?")
"""Without a name before it, in a letter that counts: ``2n`` is an expression."""
_CONGRUENCE = re.compile(r"[a-z](\\not)?\\equiv(-?\d+(?:,-?\d+){0,9})(?:\\pmod|\(?\\?b?mod)\{?(\d{1,2})\}?\)?")
_DIVIDES = re.compile(r"(\d{1,3})\\mid ?[a-z]")
_DOTS = re.compile(r"\\[lc]?dots|\.\.\.")
_SEQUENCE = re.compile(r"\\\{(\.\.\.,)?(-?\d{1,3}(?:,-?\d{1,3}){2,})(,\.\.\.)?,?\\\}")
_BUILDER = re.compile(r"\\\{(.+?)(?:\\mid|\||:) ?(.+)\\\}")
_SPACE = re.compile(r"(?:\\[,;:! ]|\\q?quad(?![a-z])|\s)+")
_LOOSE = re.compile(r"(?<![a-zA-Z]) | (?![a-zA-Z])")
"""Spaces that part no letters."""
_IN = re.compile(r"([a-z])\\in(?![a-z]) ?(.+)")
_VALUES = re.compile(r"([a-z])=(-?\d+(?:,-?\d+)+)")
_OR = re.compile(r"\\(?:text|mathrm)\{\s*(?:or|and)\s*\}|(?<=\W)(?:or|and)(?=\W)|;")


def compare(gold: str, answer: str, tree: Tree) -> Verdict | None:
    """Whether two texts are one set of integers; None where one of them is none, or neither is said to be."""
    if max(len(gold), len(answer)) > _MAX_CHARS or not any(hint in gold or hint in answer for hint in _HINTS):
        return None
    if _linear(gold) and _linear(answer):  # families of numbers, which may be ordered or half open
        return None
    right = read(gold, tree)
    own = read(answer, tree) if right else ()
    if not own:
        return None
    equal = any(one == other for one in right for other in own)
    return Verdict(equal, "structure", "the same integers" if equal else "other integers")


def read(text: str, tree: Tree) -> tuple[Members, ...]:
    """The members of the set that the text may be; none where it is no set of integers, two where 0 is in doubt."""
    text = re.sub(r"\\(?:left|right)(?![a-z])|\$", "", text).strip()
    text = _SPACE.sub(" ", text)
    compact = _LOOSE.sub("", _SET.sub(lambda match: f"{match[1]}", text))
    for form in (_named, _congruences, _progression, _built):
        found = form(compact, tree)
        if found:
            return found
    found_words = integer_words.members(unstyled(text).replace("}", " "), WINDOW)
    if found_words is not None:
        return (found_words,)
    return _linear(text) or _finite(compact) or _bounded(compact)


def _named(compact: str, _: Tree) -> tuple[Members, ...]:
    r"""``\mathbb{Z}^+``; the natural numbers begin with 0 or with 1."""
    match = _NAMED.fullmatch(compact)
    if match is None:
        return ()
    letter, sign = match[1], match[2] or ""
    if letter == "Z" and not sign:
        return (_from(-LARGEST),)
    if letter == "N" and not sign:
        return _from(1), _from(0)
    return (_from(0 if sign in ("0", ">=0") or sign.startswith("\\ge") else 1),)


def _from(start: int) -> Members:
    return frozenset(range(start, LARGEST + 1))


def _congruences(compact: str, _: Tree) -> tuple[Members, ...]:
    r"""``n \equiv 0, 1 \pmod 3``, ``3 \mid n``, and several of these joined by ``or``."""
    found: set[int] = set()
    for part in _OR.split(compact):
        part = part.strip(",")
        match, divides = _CONGRUENCE.fullmatch(part), _DIVIDES.fullmatch(part)
        if divides and int(divides[1]):
            found |= {n for n in WINDOW if n % int(divides[1]) == 0}
        elif match and 0 < int(match[3]) <= LARGEST // 2:
            modulus = int(match[3])
            residues = {int(one) % modulus for one in match[2].split(",")}
            found |= {n for n in WINDOW if (n % modulus in residues) is not bool(match[1])}
        else:
            return ()
    return (frozenset(found),)


def _progression(compact: str, _: Tree) -> tuple[Members, ...]:
    r"""``\{2, 4, 6, \ldots\}`` and ``\{\ldots, -2, 0, 2, \ldots\}``."""
    match = _SEQUENCE.fullmatch(_DOTS.sub("...", compact))
    if match is None or not (match[1] or match[3]):
        return ()
    numbers = [int(part) for part in match[2].split(",")]
    start, step = numbers[0], numbers[1] - numbers[0]
    if not step or any(two - one != step for one, two in pairwise(numbers)):
        return ()
    back, onward = bool(match[1]), bool(match[3])
    return (frozenset(n for n in WINDOW if (n - start) % step == 0 and _reached(n, start, step, onward, back)),)


def _reached(n: int, start: int, step: int, onward: bool, back: bool) -> bool:
    return (onward and (n - start) * step >= 0) or (back and (n - start) * step <= 0)


def _built(compact: str, tree: Tree) -> tuple[Members, ...]:
    r"""``\{n \in \mathbb{Z} : n^2 \le 1\}``, ``\{2k : k \in \{1, 2, 3\}\}``, ``\{k^2 \mid k = 1, 2, 3\}``."""
    match = _BUILDER.fullmatch(compact)
    if match is None:
        return ()
    head, condition = match.groups()
    among, over = _IN.fullmatch(head), _IN.fullmatch(condition)
    try:
        if among:
            return tuple(_where(tree(condition), among[1], domain) for domain in _domain(among[2], tree))
        if over:
            return tuple(_image(tree(head), over[1], domain) for domain in _domain(over[2], tree))
        values = _VALUES.fullmatch(condition)
        return (_image(tree(head), values[1], map(int, values[2].split(","))),) if values else ()
    except (Unreadable, rational.Refused, ValueError):
        return ()


def _domain(text: str, tree: Tree) -> tuple[Members, ...]:
    return _named(text, tree) or _finite(text)


def _where(condition: Node, name: str, domain: Members) -> Members:
    """The members of the domain for which a relation holds. Raises `ValueError` where it is none in the one letter."""
    if not isinstance(condition, Relation) or symbols(condition) != {name} or not set(condition.signs) <= set(_HOLDS):
        raise ValueError("no condition on the letter alone")
    return frozenset(n for n in domain if _holds(condition, name, n))


_HOLDS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "!=": operator.ne,
}  # fmt: skip


def _holds(condition: Relation, name: str, n: int) -> bool:
    values = [rational.value(put(side, name, num(n))) for side in condition.args]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        raise ValueError("a side without a value")
    return all(_HOLDS[sign](a, b) for sign, (a, b) in zip(condition.signs, pairwise(known), strict=True))


def _image(value: Node, name: str, domain: Iterable[int]) -> Members:
    """What an expression is over the domain, as far as it is looked at. Raises `ValueError` where it is no integer."""
    if symbols(value) != {name}:
        raise ValueError("not an expression in the letter alone")
    made = [rational.value(put(value, name, num(n))) for n in domain]
    whole = [int(one) for one in made if one is not None and one.denominator == 1]
    if len(whole) < len(made):
        raise ValueError("values that are no integers")
    return frozenset(n for n in whole if abs(n) <= LARGEST)


def _linear(text: str) -> tuple[Members, ...]:
    """``n = 5k + 2``, ``4k + 1``, and several of these joined by ``or``; a clause may say what the letter runs over."""
    clause = clauses.read(text)
    found: set[int] = set()
    if clause.domain.startswith("R"):
        return ()
    low = {"N+": 1, "N0": 0, "N": 1}.get(clause.domain, -LARGEST * 3)
    for part in _OR.split(clause.body):
        match = _LINEAR.fullmatch(re.sub(r"\s", "", part).strip(","))
        factor = (match[1] or match[2] or "") if match else ""
        slope = int(f"{factor}1" if factor in ("", "-") else factor)
        if match is None or abs(slope) < 2 or abs(slope) > LARGEST // 2:
            return ()
        found |= {slope * k + int(match[3] or 0) for k in range(low, LARGEST * 3)}
    return (frozenset(n for n in found if abs(n) <= LARGEST),)


def _finite(compact: str) -> tuple[Members, ...]:
    r"""``\{-1, 0, 1\}``."""
    match = re.fullmatch(r"\\\{(-?\d{1,3}(?:,-?\d{1,3}){0,40})\\\}", compact)
    members = frozenset(int(one) for one in match[1].split(",")) if match else frozenset()
    return (members,) if members and max(map(abs, members)) <= LARGEST else ()


def _bounded(compact: str) -> tuple[Members, ...]:
    r"""``n \ge 1``, where the letter is one for integers."""
    match = re.fullmatch(r"[kmn](>=|>|\\geq?|\\gt)(-?\d{1,2})", compact)
    return (_from(int(match[2]) + (match[1] in (">", "\\gt"))),) if match else ()
