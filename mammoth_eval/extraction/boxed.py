r"""The answer in a box: ``\boxed{...}``, ``\fbox{...}``, ``\framebox{...}``.

Boxes that stand side by side, or behind the labels of a problem's parts, are one list; an approximation behind an exact
value, and a box that the text denies (``not \boxed{8}``), are no answers of their own.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Marked(NamedTuple):
    """A marker's content and where the marker stands in the text (characters)."""

    start: int
    end: int
    text: str
    weak: bool = False
    """The content may as well be said of an answer (``a multiple of 3``): it does not outrank other markers."""


_BOX = re.compile(r"\\(?:f?boxed|fbox)\b\s*|\\framebox\b\s*(?:\[[^\[\]\n]{0,20}\]\s*){0,2}")
_BEFORE_BOX = ("\\", "\\f", "\\frame")
"""What a command has before its ``box``."""
_MAX_BOXES = 40
_BESIDE = re.compile(
    r"(?:[\s$.,;&]|\\[()\[\],;:! \\]|\\q?quad|\\(?:text|textbf|mathrm)\s*\{\s*(?:,|and|or)?\s*\}|(?:and|or)\b"
    r"|[A-Za-z]\w{0,2}(?:_\{?\w{1,3}\}?)?\s*=)*+"
)
"""What may stand between boxes that are one list: signs, ``and``, the name of the next value."""
_COUNTED = re.compile(r"\$?[ ][a-z]{3,14}\s+and\s+\$?")
"""``\\boxed{3} apples and \\boxed{4} pears``: words between, and one after the last."""
_UNIT = re.compile(r"\$?[ ][a-z]{3,}")
_ABOUT = re.compile(r"[\s$]*(?:≈|\\approx|\\simeq)[\s$]*")
_EQUAL = re.compile(r"[\s$]*=[\s$]*")
_DECIMAL = re.compile(r"-?\d*\.\d+")
_DENIED = re.compile(r"\b(?:not|nor|rather than|instead of)[\s$*]*$")
_PART = re.compile(
    r"[\s*#>-]*(?:(?:Part|Question|Problem|Subpart)\s*\(?(?P<named>[a-hA-H]|\d{1,2}|[ivIV]{1,4})\)?[.:)]?(?=[\s*:]"
    r"|$)[^\n]*"
    r"|\((?P<lettered>[a-h]|[iv]{1,4})\)[^\n]*"
    r"|\(?(?P<bare>[a-h]|\d{1,2}|[iv]{1,4})[.)][\s$*\\(\[]*)"
)
"""The line before a box that answers one part of a problem; behind a bare label the box follows at once."""
_BARE = re.compile(r"\S[^$\n,;]*")
_NOTHING = re.compile(r"(?:[\s?.…_-]|\\(?:text|[lc]?dots|ldots)\b|[{}])*")
"""What a box holds in the place of an answer."""


def last_box(text: str, *, truncated: bool = False) -> Marked | None:
    """The last box with something in it, with those that belong to it; None where there is none.

    `truncated`: the text was cut off, so that a box that is not closed holds a part of an answer.
    """
    outer: list[Marked] = []
    for match in _boxes(text):
        box = _content(text, match, truncated=truncated)
        within = bool(outer) and box.start < outer[-1].end
        if not within and not _NOTHING.fullmatch(box.text):
            outer.append(box)
    said = [box for box in outer if not _DENIED.search(text, max(box.start - 40, 0), box.start)] or outer
    return (_parts(text, said) or _group(text, said)) if said else None


def is_open(text: str) -> bool:
    """Whether a box opens in a text that it does not close in."""
    return any(text.startswith("{", box.end()) and not _closed(text, box.end()) for box in _boxes(text))


def _group(text: str, boxes: list[Marked]) -> Marked:
    """The last box and those right before it."""
    group = [boxes[-1]]
    for box in reversed(boxes[:-1]):
        between = (text, box.end, group[0].start)
        if _ABOUT.fullmatch(*between) or (_EQUAL.fullmatch(*between) and _DECIMAL.fullmatch(group[0].text.strip())):
            group[0] = box._replace(end=group[0].end)
        elif _BESIDE.fullmatch(*between) or (_COUNTED.fullmatch(*between) and _UNIT.match(text, group[0].end)):
            group.insert(0, box)
        else:
            break
    return _list(group)


def _parts(text: str, boxes: list[Marked]) -> Marked | None:
    """The boxes that stand each in the line of a labelled part of the problem; None where they do not."""
    labels: list[str] = []
    for box in boxes[-_MAX_PARTS:]:
        line = text.rfind("\n", max(box.start - _MAX_LINE, 0), box.start) + 1
        match = _PART.fullmatch(text, line, box.start)
        labels += [match["named"] or match["lettered"] or match["bare"]] if match else []
    distinct = len(set(labels)) == len(labels) == len(boxes)
    return _list(boxes) if distinct and len(boxes) > 1 and labels[0].lower() in ("a", "i", "1") else None


_MAX_PARTS, _MAX_LINE = 12, 1_000


def _list(boxes: list[Marked]) -> Marked:
    parts = list(dict.fromkeys(box.text.strip() for box in boxes))
    return Marked(boxes[0].start, boxes[-1].end, ", ".join(parts))


def _boxes(text: str) -> list[re.Match[str]]:
    """The last places where a box opens, in order."""
    found: list[re.Match[str]] = []
    place = len(text)
    while len(found) < _MAX_BOXES and (place := text.rfind("box", 0, place)) > 0:
        starts = (place - len(before) for before in _BEFORE_BOX if text.endswith(before, 0, place))
        match = next(filter(None, (_BOX.match(text, start) for start in starts)), None)
        if match:
            found.append(match)
    return found[::-1]


def _closed(text: str, start: int) -> int:
    """Behind the brace that closes the one at `start`; 0 where none does."""
    depth = 0
    for brace in _BRACE.finditer(text, start):
        depth += 1 if brace[0] == "{" else -1 if brace[0] == "}" else 0
        if depth == 0:
            return brace.end()
    return 0


def _content(text: str, match: re.Match[str], *, truncated: bool) -> Marked:
    start = match.end()
    if not text.startswith("{", start):
        bare = _BARE.match(text, start)
        end = bare.end() if bare else start
        return Marked(match.start(), end, text[start:end])
    end = _closed(text, start)
    if end:
        return Marked(match.start(), end, text[start + 1 : end - 1])
    return Marked(match.start(), len(text), "" if truncated else _first_line(text[start + 1 :]))


_BRACE = re.compile(r"\\[\\{}]|[{}]")


def _first_line(text: str) -> str:
    return text.split("\n", 1)[0].strip().rstrip("$")
