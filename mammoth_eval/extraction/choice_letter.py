"""The letter that a completion chooses; a value without a letter is mapped through the options where it plainly is one
of them.

The letter wins over a value beside it. The article "A" and the pronoun "I" are no letters: without a marker they count
only in brackets, or before ``)``, ``.`` or ``:``. Two letters (``A, B``) are no choice. Only texts and plain numbers
are compared here; the grader compares values in full.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from mammoth_eval.extraction.doubts import is_refusal
from mammoth_eval.types import LETTERS

_WRAP = r"(?:\\(?:text|textbf|mathbf|mathrm|mathit|boxed|bf|rm)|[\s$*\"'`({\[]|\\[(\[])*"
_ONLY = re.compile(rf"^{_WRAP}([A-Ja-j])[\s$*\"'`)}}\].:]*$")
_FIRST = re.compile(
    rf"^{_WRAP}([A-J])(?!\s*:\s*[A-Z]\b)(?:[)}}\].:*$]|\s*$|\s+(?![a-z])|\s*[-–—=]|\s*\(|,(?!\s*[A-J]\b)"
    r"|\s+is\b(?!\s+(?:wrong|incorrect|not|false|impossible))"
    r"|\s+(?:because|since|as|with|which|over|rather|instead)\b)"
)
_OPTION = re.compile(
    r"(?:option|choice|answer|choose|select|pick|answered)s?\s{0,3}(?:is|:|would be)?[\s:*$(\\{]{0,8}(?:text|mathbf"
    r"|mathrm|textbf)?"
    r"[{(\s]{0,4}([A-J])\b(?!')",
    re.IGNORECASE,
)
_HEAD, _TAIL = 200, 4_000
"""Characters at the start and at the end of a text that are searched for a letter."""
_SEVERAL = re.compile(r"^\W*\(?[A-J]\)?\s*(?:,|and|&|or|/)\s*\(?[A-J]\)?\W*$")
_BRACKETED = re.compile(r"(?<![A-Za-z])\(([A-J])\)|(?<![\w'])([A-J])[).:](?=\s|$)")
_ALONE = re.compile(r"(?<![\w'])([B-HJ])(?![\w'])")
_LABEL = re.compile(r"^\(?[A-J]\)?[).:]\s*")


_NEITHER = re.compile(r"\bneither\s+\(?[A-J]\)?\s+nor\s+\(?[A-J]\)?\W*$", re.IGNORECASE)
"""A text that ends with what the answer is not."""


def answer(
    marked: Sequence[str], body: str, choices: Sequence[str], value_of: Callable[[str], str | None]
) -> str | None:
    """The letter, else the value text, of what the markers say (`marked`, the deciding one first) or else of the whole
    `body`.

    None where there is neither. `value_of` finds the value that a text without a marker states.
    """
    letters = LETTERS[: len(choices)] if choices else LETTERS
    body = body[-_TAIL:]
    said = [text[:_TAIL] for text in marked if text.strip()]
    if said:
        found = next(filter(None, (_chosen(text, letters, choices) for text in said)), None)
        return found or said[0].strip()
    if not body.strip() or is_refusal(body.strip()) or _NEITHER.search(body[-_HEAD:]):
        return None
    return (
        _named(body, letters)
        or _option(body, choices)
        or _lower(body, letters)
        or _pointed(body, letters)
        or _alone(body, letters)
        or _mapped(value_of(body), choices)
    )


def _chosen(text: str, letters: str, choices: Sequence[str]) -> str | None:
    """The letter that a marker's content says."""
    return (
        _named(text, letters)
        or _option(text, choices)
        or _lower(text, letters)
        or _pointed(text, letters)
        or _concluded(text, letters)
    )


_CONCLUDED = re.compile(
    r"\b(?:is|it['’]s|so|hence|thus|therefore|leaves|leaving|be|choose|pick|with|then)\b:?[\s$*(\\]*"
    r"(?:text|mathbf|mathrm|textbf)?[{(\s]*([A-J])[)}\s.$*]*$"
)


def _concluded(text: str, letters: str) -> str | None:
    """The letter that a sentence ends with, right behind what states it (``I think it is C``)."""
    match = _CONCLUDED.search(text[-_HEAD:])
    return match[1] if match and match[1] in letters else None


def _named(text: str, letters: str) -> str | None:
    """The capital letter that `text` is or opens with."""
    if len(text) <= _HEAD and _SEVERAL.match(text):
        return None
    match = (_ONLY.match(text) if len(text) <= _HEAD else None) or _FIRST.match(text[:_HEAD])
    return match[1] if match and match[1] in letters else None


def _lower(text: str, letters: str) -> str | None:
    match = _ONLY.match(text) if len(text) <= _HEAD else None
    return match[1].upper() if match and match[1].upper() in letters else None


def _pointed(text: str, letters: str) -> str | None:
    """The letter that the last ``option B``, ``choose (B)`` names."""
    if len(text) <= _HEAD and _SEVERAL.match(text):
        return None
    found = [match[1] for match in _OPTION.finditer(text) if match[1].upper() in letters]
    found = [letter for letter in found if letter not in ("a", "i")]
    return found[-1].upper() if found else None


def _alone(text: str, letters: str) -> str | None:
    """The last letter that stands alone."""
    named = [match[1] or match[2] for match in _BRACKETED.finditer(text) if not _inside(match)]
    bracketed = [letter for letter in named if letter in letters]
    alone = [match[1] for match in _ALONE.finditer(text) if match[1] in letters]
    return (bracketed or alone or [None])[-1]


def _inside(match: re.Match[str]) -> bool:
    """Whether the bracket behind the letter was opened before it (``P(not A) = 2/5``)."""
    line = match.string[match.string.rfind("\n", 0, match.start()) + 1 : match.start()]
    return match[0].endswith(")") and match[2] is not None and line.count("(") > line.count(")")


def _option(text: str, choices: Sequence[str]) -> str | None:
    """The letter of the one option that `text` equals as a text or a plain number."""
    for key in (_key, str.lower):
        wanted = key(_key(text))
        equal = [index for index, choice in enumerate(choices) if key(_key(choice)) == wanted]
        if len(equal) == 1 and wanted:
            return LETTERS[equal[0]]
    number = _number(text)
    equal = [index for index, choice in enumerate(choices) if number is not None and _number(choice) == number]
    return LETTERS[equal[0]] if len(equal) == 1 else None


def _mapped(value: str | None, choices: Sequence[str]) -> str | None:
    """The letter of the option that `value` plainly is, else the value, to be compared with the options in full."""
    if value is None:
        return None
    letter = _option(value, choices)
    return letter or (value if len(value.split()) <= 3 or any(char.isdigit() for char in value) else None)


def _key(text: str) -> str:
    return re.sub(r"[\s$\\,]+|\.$", "", _LABEL.sub("", text.strip()))


def _number(text: str) -> Fraction | None:
    plain = _key(text)
    return Fraction(plain) if re.fullmatch(r"-?\d{1,40}(?:\.\d{1,40})?|-?\d{1,40}/0*[1-9]\d{0,40}", plain) else None
