"""The value that a run of mathematics in a sentence is (``x = 5 and x = −1``, ``[3, ∞)``, ``y = 2x + 1``)."""

from __future__ import annotations

import re
from collections.abc import Sequence

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
_NEVER = frozenset({"&", "~", "\\begin", "\\end", "\\pmod"})
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
    if items is None or len(run) > _MAX_TOKENS:
        return None
    texts = [_text(item, source) for item in items]
    if len(items) == 1:
        return _single(items[0], texts[0], equated=equated)
    whole = _text(run, source)
    named = [_assignment(text) for text in texts]
    if all(named) and _name_values(texts):
        return _assigned(texts, joints, whole)
    values = [_single(item, text, equated=equated) for item, text in zip(items, texts, strict=True)]
    if None in values or any(len(_sides(text)) > 1 for text in texts[1:]):
        return values[-1]
    return _listed([str(one) for one in values], joints, whole, plural=plural or bool(named[0]))


def _name_values(texts: Sequence[str]) -> bool:
    """Whether equations beside each other give values to a few names, and do not go on with a sequence (``a_2``)."""
    if len(texts) > _MAX_NAMES or _LATER.match(texts[0]):
        return False
    return all(_LONE.fullmatch(_sides(text)[0]) for text in texts)


def _assigned(texts: Sequence[str], joints: Sequence[str], whole: str) -> str:
    """Names with their values, each chain of equations without its middle; of one name that is worked out, the last."""
    chains = [_sides(text) for text in texts]
    if len({chain[0] for chain in chains}) == 1 and all(joint == "," for joint in joints):
        return chains[-1][-1]
    return ", ".join(f"{chain[0]} = {chain[-1]}" for chain in chains) if max(map(len, chains)) > 2 else whole


def _listed(values: list[str], joints: list[str], whole: str, *, plural: bool) -> str | None:
    """A list of values.

    The one value of two that say the same; None where plain numbers only stand beside each other.
    """
    if all(map(is_relation, values)) and _MEMBER.search(values[-1]) and not _MEMBER.search(values[0]):
        return values[-1]
    if len(values) == 2 and _is_said_again(values, joints[0], plural=plural):
        return values[0] if _EXACT.search(values[0]) and _DECIMAL.fullmatch(values[1]) else values[1]
    if len(values) == 2 and joints[0] == "and" and not plural and _is_mixed_number(*values):
        return f"{values[0]} {values[1]}"
    return whole if plural or not any(map(is_plain, values)) else None


def _is_said_again(values: Sequence[str], joint: str, *, plural: bool) -> bool:
    """Whether the second of two values says the first in another way (``1/2, or 0.5``), and is no other answer."""
    related = [is_relation(value) for value in values]
    if not joint.endswith("or") or all(related):
        return False
    return any(related) or not plural or joint == ", or" or (joint != "or" and "=" in values[0])


def _is_mixed_number(whole: str, part: str) -> bool:
    """Whether two numbers are one: ``3 and 1/2``."""
    fraction = _PROPER.fullmatch(part)
    return whole.isdigit() and fraction is not None and int(fraction[1]) < int(fraction[2])


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
    exact = _exact(_MODULUS.sub("", text)) if _well_formed(item) else None
    if exact is None:
        return None
    sides = _sides(exact)
    if is_relation(exact):
        return exact if len(sides) == 1 and _LETTERS.search(exact) else None
    if len(sides) == 1:
        return exact if _says(exact) else None
    if len(sides) == 2 and _is_equation(*sides, equated=equated):
        return exact
    return sides[-1] if _says(sides[-1]) else None


def _exact(text: str) -> str | None:
    """What stands before an approximation, or all where there is none; None where that needed no approximation."""
    exact, *about = _ABOUT.split(text)
    if not about:
        return text
    exact = exact.strip()
    return exact if _IRRATIONAL.search(_sides(exact)[-1]) else None


def _is_equation(left: str, right: str, *, equated: bool) -> bool:
    """Whether an equation as a whole is the value: where one is asked for, and of a line or curve (``y = 2x``)."""
    if _LETTERS.search(left) and not _NAMED.fullmatch(left):
        return equated
    is_coordinate = bool(_LONE.fullmatch(left)) and left in "xyz"
    return is_coordinate and (equated or bool(_LETTERS.search(right)))


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
    first, last = item[0], item[-1]
    if first.text in _NOT_FIRST and not (first.text == "+" and len(item) == 2):
        return False
    if last.kind == "sign" and last.text not in LAST:
        return False
    if any(token.text in _NEVER for token in item):
        return False
    return all(_may_follow(item, place) for place in range(1, len(item)))


def _may_follow(item: Sequence[Token], place: int) -> bool:
    """Whether the token at a place can stand behind the one before it."""
    before, token = item[place - 1], item[place]
    apart = before.end < token.start
    match before.kind, token.kind:
        case "number", "number":
            return apart and before.text.isdigit() and _over(item, place)
        case "name", "number":
            return not apart or len(before.text) > 1 or (before.text in "xX" and place > 1)
        case "name", "name":
            return not apart or not (_is_ascii_letter(before) and _is_ascii_letter(token))
        case kinds:
            return "formula" not in kinds or "sign" in kinds


def _is_ascii_letter(token: Token) -> bool:
    return len(token.text) == 1 and token.text.isascii()


def _over(item: Sequence[Token], place: int) -> bool:
    """Whether a fraction of two numbers starts at a place (the second part of ``3 1/2``)."""
    return len(item) > place + 2 and item[place + 1].text == "/" and item[place + 2].kind == "number"
