r"""Golds in prose, of which the parser makes no tree: words with formulas between them (``up on $(0, \infty)$``).

Two phrases are equal where their words are and each formula equals its partner. A sentence that holds one value
answers to that value alone as well. Phrases of a few words can be told apart; a long text whose words differ cannot
be judged here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from mammoth_eval.graders.parse.characters import folded
from mammoth_eval.types import Verdict

_FORMULA = re.compile(
    r"\$\$?([^$]+)\$\$?|\\\(((?:[^\\]|\\(?![()]))+)\\\)|((?<![\w.,])-?\d[\d,]*(?:\.\d+)?(?:\\?%)?(?![\w.]\w))"
)
_LABEL = re.compile(r"^[^=]*[a-zA-Z)}\]]\s*=(?!=)")
_APPROXIMATION = re.compile(r"\\(?:approx|simeq|thickapprox)(?![a-zA-Z])|≈")
_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*")
_FEW_WORDS = 12
Same = Callable[[str, str], bool]


class Phrase(NamedTuple):
    """The words of a text, folded, with a mark for each formula, and the formulas in order."""

    words: tuple[str, ...]
    formulas: tuple[str, ...]


def read(text: str) -> Phrase:
    """The phrase that the text is; dollars or brackets set formulas off, plain numbers count as formulas."""
    words: list[str] = []
    formulas: list[str] = []
    start = 0
    text = text.replace("\\$", "")
    for match in _FORMULA.finditer(text):
        words += [*folded(text[start : match.start()]).split(), "#"]
        formulas.append(next(filter(None, match.groups())).strip(" ,.;"))
        start = match.end()
    words += folded(text[start:]).split()
    kept = tuple(stripped for word in words if (stripped := word.strip(",.;:()[]")))
    return Phrase(kept, tuple(formulas))


def compare(gold: str, answer: str, same: Same, *, value: bool = False) -> Verdict | None:
    """Whether an answer is the gold's phrase, or, as a `value`, the one value in it; None where neither can be said."""
    right, own = read(gold), read(answer)
    plain = [word for word in right.words if word != "#"]
    if not plain or not all(map(_WORD.fullmatch, plain)):
        return None
    if right.words == own.words and len(right.formulas) == len(own.formulas):
        equal = all(map(same, right.formulas, own.formulas))
        return Verdict(equal, "text", "the same words" + ("" if equal else ", other values"))
    if value and len(right.formulas) == 1 and ("$" in gold or len(plain) > 2):
        equal = any(same(part, answer) for part in _values(right.formulas[0]))
        return Verdict(
            equal, "text", "the value in the gold's sentence" if equal else "not the value in the gold's sentence"
        )
    return Verdict(False, "text", "not the same words") if len(plain) <= _FEW_WORDS else None


def _values(formula: str) -> list[str]:
    """A formula, what it names, and the parts of an approximation."""
    parts = [part.strip() for part in _APPROXIMATION.split(formula)]
    return [formula, *parts, *(_LABEL.sub("", part) for part in parts)]
