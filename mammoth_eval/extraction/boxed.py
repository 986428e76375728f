r"""The answer in a box: ``\boxed{...}``, ``\fbox{...}``, and boxes that stand side by side as one list."""

from __future__ import annotations

import re
from typing import NamedTuple


class Marked(NamedTuple):
    """A marker's content and where the marker stands in the text (characters)."""

    start: int
    end: int
    text: str


_BOX = re.compile(r"\\f?boxed\b\s*|\\fbox\b\s*")
_MAX_BOXES = 40
_BESIDE = re.compile(
    r"(?:[\s$.,;&]|\\[()\[\],;:! \\]|\\q?quad|\\(?:text|textbf|mathrm)\s*\{\s*(?:,|and|or)?\s*\}|(?:and|or)\b"
    r"|[A-Za-z]\w{0,2}(?:_\{?\w{1,3}\}?)?\s*=)*+"
)
"""What may stand between boxes that are one list: signs, ``and``, the name of the next value."""
_COUNTED = re.compile(r"\$?[ ][a-z]{3,14}\s+and\s+\$?")
"""``\\boxed{3} apples and \\boxed{4} pears``: words between, and one after the last."""
_BARE = re.compile(r"\S[^$\n,;]*")


def last_box(text: str) -> Marked | None:
    """The last box that is not empty, with those that stand right before it; None where there is none."""
    boxes = [box for match in _boxes(text) if (box := _content(text, match)).text.strip()]
    outer: list[Marked] = []
    for box in boxes:  # a box in a box counts once
        if not outer or box.start >= outer[-1].end:
            outer.append(box)
    if not outer:
        return None
    group = [outer[-1]]
    for box in reversed(outer[:-1]):
        if not (_BESIDE.fullmatch(text, box.end, group[0].start) or _are_counts(text, box.end, group[0])):
            break
        group.insert(0, box)
    parts = list(dict.fromkeys(box.text.strip() for box in group))
    return Marked(group[0].start, group[-1].end, ", ".join(parts))


def _are_counts(text: str, end: int, following: Marked) -> bool:
    return bool(
        _COUNTED.fullmatch(text, end, following.start) and re.compile(r"\$?[ ][a-z]{3,}").match(text, following.end)
    )


def _boxes(text: str) -> list[re.Match[str]]:
    """The last places where a box opens, in order."""
    found: list[re.Match[str]] = []
    place = len(text)
    while len(found) < _MAX_BOXES and (place := text.rfind("box", 0, place)) > 0:
        match = _BOX.match(text, place - 1) or _BOX.match(text, max(place - 2, 0))
        if match:
            found.insert(0, match)
    return found


def _content(text: str, match: re.Match[str]) -> Marked:
    start = match.end()
    if not text.startswith("{", start):
        bare = _BARE.match(text, start)
        end = bare.end() if bare else start
        return Marked(match.start(), end, text[start:end])
    depth = 0
    for brace in _BRACE.finditer(text, start):
        depth += 1 if brace[0] == "{" else -1 if brace[0] == "}" else 0
        if depth == 0:
            return Marked(match.start(), brace.end(), text[start + 1 : brace.start()])
    return Marked(match.start(), len(text), _first_line(text[start + 1 :]))


_BRACE = re.compile(r"\\[\\{}]|[{}]")


def _first_line(text: str) -> str:
    return text.split("\n", 1)[0].strip().rstrip("$")
