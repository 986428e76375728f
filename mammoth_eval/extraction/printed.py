"""The answer in what a program printed, by rules in this order:

1. Lines that say nothing are left out: rules of signs, ``Done.``; at the end also remarks, where something else was
   said: times, checks (``Check: True``), notes, a remark in parentheses, the None of a function that prints itself.
2. The last line that is labelled as the answer (``Answer:``, ``Final answer``, ``The answer is``), else as the result;
   what follows a label that stands alone.
3. Several results, where the program prints them side by side (`results`): ``x = 4`` and ``y = 3``, ``x = 1`` and
   ``x = 4``, numbers one under the other.
4. The last line, with the lines before it that its brackets belong to.

`objects` says what the value is where it was printed as one of Python's objects.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mammoth_eval.extraction import objects, results
from mammoth_eval.extraction.unmarked import last_line

MAX_CHARS = 400_000
"""Of a longer output the end is read."""
_MAX_LINES = 2_000
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\u200b-\u200d\u2060\ufeff]")
_EMPTY = re.compile(
    r"[^\w\[\](){}$√∞∅]{2,}+|[^\w\[\](){}]{2,}+ ?(?:end|done|finished) ?[^\w\[\](){}]{2,}+"
    r"|(?:all )?(?:done|finished|completed?|success)[.! ]*",
    re.IGNORECASE,
)
"""A line that says nothing, whatever stands beside it."""
_REMARK = re.compile(
    r"(?:all )?(?:tests?|checks?|assertions?)(?: have)? (?:passed|succeeded|ok)\b.*"
    r"|(?:the )?(?:program|calculation|computation|execution|script) (?:is |has )?"
    r"(?:finished|completed?|ended|done)\b.*"
    r"|(?:execution time|elapsed(?: time)?|run(?:ning)? ?time)\b.*"
    r"|(?:note|remark|hint|explanation)\b[^:]{0,20}:.*"
    r"|\([^()]*[A-Za-z]{2,} [^()]*[A-Za-z]{2,}[^()]*\)"
    r"|(?:check(?:ing|ed|s)?|verif(?:y|ying|ied|ication)|sanity check|double[- ]check|proof)\b[^:=]{0,60}[:=].*"
    r"|(?:verified|checked|correct|passed|ok)[.! ]*"
    r"|(?:thanks?|thank you|good ?bye|press)\b.*",
    re.IGNORECASE,
)
"""A line that says nothing where another line says something."""
_TIME = re.compile(r"[^\d]*\btime\b[^\d]*[\d.e-]+ ?(?:s|ms|µs|us|sec|secs|seconds?|milliseconds?)?\W*", re.IGNORECASE)
_ANSWER = re.compile(
    r"\W*(?:(?:so|thus|therefore|hence),? )?(?:the |my |our )?(?:final |correct )?(?:answer|ans)"
    r"(?:\W{0,4}(?:is\b[ :]*|[:=])\s*(?P<value>.*)| is\s+(?P<said>.*))",
    re.IGNORECASE,
)
_RESULT = re.compile(r"\W*(?:the )?(?:final )?result(?:\W{0,4}(?:is\b[ :]*|[:=])\s*(?P<value>.*))", re.IGNORECASE)
_HEADING = re.compile(r"[^\d=]{0,80}:")
_NAMED = re.compile(r"(?P<name>[A-Za-z\u03b1-\u03c9](?:_?\d{1,2}|_[a-z])?)\s*[:=]\s*(?P<value>[^=:]+)")
_NUMBERED = re.compile(
    r"(?:solution|root|answer|zero|value)[ _#]*(?P<number>\d{1,2})\s*[:=.)]\s*(?P<value>\S.*)", re.IGNORECASE
)
_VALUE = re.compile(r"[-+(]*(?:\d|sqrt|pi|I\b|oo|\()[\d.,\s+\-*/()Ijpieoqrst^]*")
_MOST = 20
"""Results side by side; more lines are a table."""


def said(stdout: str, *, several: bool = True, program: str = "") -> str:
    """The part of an output that says the answer, empty where none does.

    `several`: whether the answer may be several values. `program`: what printed it; without it no lines are several
    results.
    """
    text = _ESCAPE.sub("", stdout[-MAX_CHARS:])
    lines = [line.rstrip("\r").rpartition("\r")[2].rstrip() for line in text.split("\n")]
    lines = [line for line in lines if line.strip() and not _EMPTY.fullmatch(line.strip())]
    lines = _without_remarks(lines, program)
    found = _labelled(lines[-_MAX_LINES:]) or (_several(lines, program) if several else None)
    if found is None:
        found = objects.table(lines) or last_line("\n".join(lines))
    return found


def _without_remarks(lines: list[str], program: str) -> list[str]:
    """The lines up to the last one that is no remark; all of them where every one is."""
    kept = len(lines)
    timed = results.times_itself(program)
    while kept and (_REMARK.fullmatch(lines[kept - 1].strip()) or (timed and _TIME.fullmatch(lines[kept - 1].strip()))):
        kept -= 1
    kept = kept or len(lines)
    if kept > 1 and lines[kept - 1].strip() == "None" and results.shows_own(program):
        kept -= 1
    return lines[:kept]


def _labelled(lines: Sequence[str]) -> str | None:
    """The last line that is labelled as the answer, else as the result, where it is not the last of all."""
    for label in (_ANSWER, _RESULT):
        for number in range(len(lines) - 1, -1, -1):
            match = label.fullmatch(lines[number].strip())
            if match is None:
                continue
            alone = not match["value"] and (label is _RESULT or not match["said"])
            if alone and number + 1 == len(lines):
                continue
            return _whole(lines, number + alone)
    return None


def _whole(lines: Sequence[str], first: int) -> str:
    """A line with the lines behind it up to where its brackets close."""
    depth = 0
    for last in range(first, min(first + 200, len(lines))):
        depth += sum(lines[last].count(char) for char in "[({") - sum(lines[last].count(char) for char in "])}")
        if depth <= 0:
            return "\n".join(lines[first : last + 1]).strip()
    return lines[first].strip()


def _several(lines: Sequence[str], program: str) -> str | None:
    """Several results as one list; None where the lines are none, or are steps to the last one."""
    shown = [line.strip() for line in lines if not _HEADING.fullmatch(line.strip())]
    if not 2 <= len(shown) <= _MOST:
        return None
    values = _values(shown)
    return ", ".join(values) if values and results.side_by_side(program) else None


def _values(shown: Sequence[str]) -> list[str] | None:
    """What the lines say if they are results side by side: assignments, numbered solutions, or bare values."""
    numbered = [match for match in map(_NUMBERED.fullmatch, shown) if match]
    if [int(match["number"]) for match in numbered] == [*range(1, len(shown) + 1)]:
        shown = [match["value"] for match in numbered]
    named = [match for match in map(_NAMED.fullmatch, shown) if match]
    if len(named) == len(shown):
        return _assigned([(match["name"], match["value"].strip()) for match in named])
    return list(shown) if numbered or all(map(_VALUE.fullmatch, shown)) else None


def _assigned(pairs: Sequence[tuple[str, str]]) -> list[str] | None:
    """Assignments to different names as they are, to one name as its values; None where some names repeat."""
    different = len({name for name, _ in pairs})
    if different == len(pairs):
        return [f"{name} = {value}" for name, value in pairs]
    return [value for _, value in pairs] if different == 1 else None
