"""Values of numbers and words at the end of a sentence.

``2 hours and 30 minutes``, ``7 remainder 3``, ``1011 in base 2``.
"""

from __future__ import annotations

import re

_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_LONG = (
    r"years?|months?|weeks?|days?|hours?|hrs?|minutes?|mins?|feet|foot|ft|yards?|pounds?|lbs?|dollars?|meters?|metres?"
)
_SHORT = (
    r"months?|weeks?|days?|hours?|minutes?|mins?|seconds?|secs?|inch(?:es)?|feet|ounces?|oz|cents?|centimet(?:er|re)s?"
    r"|cm"
)
_COMPOUND = (
    rf"(?<![\w.,:/$])(?<![a-z], )(\$?\d{{1,9}} ?(?:{_LONG})(?: and|,)? \d{{1,9}}(?:\.\d{{1,6}})? ?(?:{_SHORT})"
    rf"(?: and \d{{1,4}} ?(?:{_SHORT}))?)\b"
)
_DATE = (
    rf"(?<!by )(?<!until )\b({_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:, ?\d{{4}})?|(?<![\w.,])\d{{1,2}} {_MONTH}(?: "
    rf"\d{{4}})?)\b(?! \d)"
)
_FORMS = tuple(
    re.compile(rf"{pattern}(?:\s(?!{_MONTH}|ago\b)[a-z]+){{0,4}}$")
    for pattern in (
        _COMPOUND,
        _DATE,
        r"(?<![\w.,])(\d{1,12},? (?:with (?:a )?)?(?:remainder|R)(?: of)? \d{1,12})\b",
        r"\b(?:ratio|odds)\b[^.;]{0,120}?(?<![\w.])(\d{1,9} to \d{1,9})\b",
        r"(⟨[^⟨⟩]{1,80}⟩|<[^<>=≤≥]{1,60},[^<>=≤≥]{1,60}>)",
        r"(?<!from )(?<!to )(?<!by )(?<!until )(?<![\w:.])(\d{1,2}:\d{2} ?[AaPp]\.?[Mm]\b\.?)",
    )
)
"""Each with a few words behind it at most."""
_BASES = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "sixteen": 16,
}
_IN_BASE = re.compile(rf"(?<![\w.])(-?[\dA-F]{{1,40}}) ?(?:\(base|in base|base) ?(\d{{1,2}}|{'|'.join(_BASES)})\)?$")


def quantity(text: str) -> str | None:
    """The value that a text ends with; None where it is no such value. A number in a base is written ``1011_2``."""
    based = _IN_BASE.search(text)
    if based:
        return f"{based[1]}_{_BASES.get(based[2], based[2])}"
    matches = (form.search(text) for form in _FORMS)
    return next((match[1] for match in matches if match), None)
