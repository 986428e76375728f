"""The value that a run of mathematics in a sentence is (``x = 5 and x = −1``, ``[3, ∞)``, ``y = 2x + 1``)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from mammoth_eval.extraction.closing.tokens import LAST, Token, is_plain

_OPENING, _CLOSING = "([{", ")]}"
_NOT_FIRST = frozenset("+×*/÷^·!)]}%≤≥<>∪∩,;°&_")
_PARTS = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒"
_CONSTANTS = re.compile(r"π|∞|∅|[ℝℤℕℚℂ]|pi|inf(?:ty|inity)?|\\(?:pi|infty|emptyset|varnothing)")
_DECIMAL = re.compile(r"\d*\.\d+")
_PROPER = re.compile(r"(\d+)/(\d+)")
_EXACT = re.compile(r"[√∛^πe⁰²³½⅓¼]|sqrt|cbrt|log|ln|pi|sin|cos|tan|\\(?:sqrt|pi|log|ln|frac|dfrac)")
_IRRATIONAL = re.compile(r"[√∛π]|sqrt|cbrt|log|ln|pi\b|\^\(1/")
_EQUAL = re.compile(r"(?<![<>!:=\\])=(?![=>])|≡|\\equiv\b")
_RELATION = re.compile(r"[<>≤≥≠∈∉]|\\(?:le|ge|lt|gt|ne|neq|leq|geq|in|notin)\b|!=")
_MEMBER = re.compile(r"[∈∉]|\\(?:not)?in\b")
_ABOUT = re.compile(r"≈|\\approx\b")
_OPERATION = re.compile(r"[-+−*/·×^:√⁰²³ⁿ]|\\(?:sqrt|d?frac|cdot|times|text|mathrm|mbox|textbf|begin|pm|log|ln)\b")
_LETTERS = re.compile(r"(?<!\\)(?<![A-Za-z])[A-Za-z](?![A-Za-z])")
_LONE = re.compile(r"[A-Za-zα-ω](?:_\{?\w{1,5}\}?|[₀-₉ₙ]+)?|\\[a-z]+")
_MAX_NAMES, _MAX_TOKENS = 4, 120
_LATER = re.compile(r"[A-Za-z]_\{?(?!1\b)\d")
_MODULUS = re.compile(r"\s*(?:\\pmod\s?\{?\w{1,6}\}?|\(?mod \w{1,6}\)?)$")
_NAMED = re.compile(
    r"[A-Za-zα-ω](?:_\{?\w{1,5}\}?|[₀-₉ₙ]+)?['′’]{0,2}(?:\^\{?-1\}?|⁻¹)?(?:\([^()=]{1,30}\))?"
    r"|\(\s?[a-z](?:\s?,\s?[a-z]){1,3}\s?\)"
)
"""What has a value given to it: ``x``, ``a_1``, ``f'(x)``, ``P(A)``, ``(x, y)``."""


def is_relation(value: str) -> bool:
    """Whether a value is an inequality or a membership."""
    return bool(_RELATION.search(value)) and not value.startswith(("{", "\\{"))


def value(run: Sequence[Token], source: str, *, plural: bool, equated: bool) -> str | None:
    """The value of a run: an expression, the side of an equation that says it, a list; None where it is none for
    certain.

    `plural`: plain numbers beside each other are a list. `equated`: the sentence is about an equation, which is then
    the value.
    """
    items, joints = _items(run)
    if items is None:
        return None
    texts = [_text(item, source) for item in items]
    if len(run) > _MAX_TOKENS:
        return None
    if len(items) == 1:
        return _single(items[0], texts[0], equated=equated)
    whole = _text(run, source)
    named = [_assignment(text) for text in texts]
    if (
        all(named)
        and len(items) <= _MAX_NAMES
        and not _LATER.match(texts[0])
        and all(_LONE.fullmatch(_sides(text)[0]) for text in texts)
    ):
        if len({_sides(text)[0] for text in texts}) == 1 and all(joint == "," for joint in joints):
            return _sides(texts[-1])[-1]  # the same name again: worked out further
        return ", ".join(map(str, named)) if any(len(_sides(text)) > 2 for text in texts) else whole
    values = [_single(item, text, equated=equated) for item, text in zip(items, texts, strict=True)]
    if None in values or any(len(_sides(text)) > 1 for text in texts[1:]):
        return values[-1]
    return _listed([str(one) for one in values], joints, whole, plural=plural or bool(named[0]))


def _listed(values: list[str], joints: list[str], whole: str, *, plural: bool) -> str | None:
    """A list of values.

    The one value of two that say the same; None where plain numbers only stand beside each other.
    """
    plain, related = ([check(one) for one in values] for check in (is_plain, is_relation))
    if all(related) and _MEMBER.search(values[-1]) and not _MEMBER.search(values[0]):
        return values[-1]
    again = any(related) or not plural or (joints[0] != "or" and "=" in values[0]) or joints[0] == ", or"
    if len(values) == 2 and joints[0].endswith("or") and not all(related) and again:
        return values[0] if _EXACT.search(values[0]) and _DECIMAL.fullmatch(values[1]) else values[1]
    part = _PROPER.fullmatch(values[1])
    if (
        len(values) == 2
        and joints[0] == "and"
        and values[0].isdigit()
        and part
        and int(part[1]) < int(part[2])
        and not plural
    ):
        return f"{values[0]} {values[1]}"
    return whole if plural or not any(plain) else None


def _items(run: Sequence[Token]) -> tuple[list[list[Token]] | None, list[str]]:
    """The parts of a run between the commas and words outside of brackets, and what stands between them."""
    items: list[list[Token]] = [[]]
    joints: list[str] = []
    depth = 0
    for token in run:
        if token.kind == "sign":
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
            if depth < 0:
                return None, []
        if token.kind == "joint" and not depth:
            if items[-1]:
                items.append([])
                joints.append(token.text)
            elif joints:
                joints[-1] += f" {token.text}"
        else:
            items[-1].append(token)
    return (items if items[-1] and not depth else None), joints


def _text(run: Sequence[Token], source: str) -> str:
    pieces = []
    for before, token in zip([None, *run[:-1]], run, strict=True):
        pieces.append((source[before.end : token.start] if before else "") + token.text)
    return "".join(pieces).strip()


def _single(item: Sequence[Token], text: str, *, equated: bool) -> str | None:
    """The value of one expression, equation or inequality."""
    if not _well_formed(item):
        return None
    text = _MODULUS.sub("", text)
    about = _ABOUT.split(text)
    if len(about) > 1:
        text = about[0].strip()
        if not _IRRATIONAL.search(_sides(text)[-1]):
            return None
    sides = _sides(text)
    if is_relation(text):
        return text if len(sides) == 1 and _LETTERS.search(text) else None
    if len(sides) == 1:
        return text if _says(text) else None
    left, right = sides[-2], sides[-1]
    if len(sides) == 2 and _LETTERS.search(left) and not _NAMED.fullmatch(left):
        return text if equated else right if _says(right) else None
    if len(sides) == 2 and _LONE.fullmatch(left) and left in "xyz" and (equated or _LETTERS.search(right)):
        return text
    return right if _says(right) else None


def _says(text: str) -> bool:
    """Whether an expression is more than a lone name or sign."""
    if "$" in text and not is_plain(text):
        return False
    if _CONSTANTS.fullmatch(text.strip(" +-−±")):
        return True
    if text[:1] not in _NOT_FIRST and any(char.isdigit() or char in _PARTS for char in text):
        return True
    return len(text) > 2 and bool(_OPERATION.search(text)) and text[0] not in _NOT_FIRST


def _sides(text: str) -> list[str]:
    """What stands between the equality signs outside of brackets."""
    if sum((char in _OPENING) - (char in _CLOSING) for char in text):
        return [part.strip() for part in _EQUAL.split(text)]
    parts, start, place, depth = [], 0, 0, 0
    for match in _EQUAL.finditer(text):
        depth += sum((char in _OPENING) - (char in _CLOSING) for char in text[place : match.start()])
        place = match.start()
        if not depth:
            parts.append(text[start : match.start()].strip())
            start = match.end()
    return [*parts, text[start:].strip()]


def _assignment(text: str) -> str | None:
    """``x = 3`` of ``x = 3``, and of ``x = 6/2 = 3``."""
    sides = _sides(text)
    named = (
        len(sides) > 1
        and _NAMED.fullmatch(sides[0])
        and _says(sides[-1])
        and not (_RELATION.search(text) or "," in text)
    )
    return f"{sides[0]} = {sides[-1]}" if named else None


def _well_formed(item: Sequence[Token]) -> bool:
    """Whether tokens can be one expression.

    None beside another that it cannot stand beside, no sign where none can be.
    """
    if (item[0].text in _NOT_FIRST and not (item[0].text == "+" and len(item) == 2)) or (
        item[-1].kind == "sign" and item[-1].text not in LAST
    ):
        return False
    if any(token.text in ("&", "~", "\\begin", "\\end", "\\pmod") for token in item):
        return False
    for place, (one, other) in enumerate(pairwise(item)):
        kinds, apart = (one.kind, other.kind), one.end < other.start
        if "formula" in kinds and "sign" not in kinds:
            return False
        if kinds == ("number", "number") and not (apart and one.text.isdigit() and _over(item, place + 1)):
            return False
        if kinds == ("name", "number") and apart and not (len(one.text) > 1 or (one.text in "xX" and place)):
            return False
        if (
            kinds == ("name", "name")
            and apart
            and all(len(part.text) == 1 and part.text.isascii() for part in (one, other))
        ):
            return False
    return True


def _over(item: Sequence[Token], place: int) -> bool:
    """Whether a fraction of two numbers starts at a place (the second part of ``3 1/2``)."""
    return len(item) > place + 2 and item[place + 1].text == "/" and item[place + 2].kind == "number"
