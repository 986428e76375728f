"""The value that a closing sentence states, where it is more than a plain number: ``the domain is -2 ≤ x ≤ 2``.

A sentence is read from its end: remarks and units, before them the last run of mathematics, before that the word that
states it (``is``, ``gives``, ``factors as``). A clause of condition or reason behind a stated value (``when x = 2``,
``where C is a constant``) is no part of it. What is not stated beyond doubt is left to the caller, as is a plain
number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from mammoth_eval.extraction.closing import formula, patterns
from mammoth_eval.extraction.closing.phrases import in_words
from mammoth_eval.extraction.closing.quantities import quantity
from mammoth_eval.extraction.closing.tokens import Token, bounds, is_plain, tokens

_MAX_CHARS = 600
"""Of a longer sentence the end is read."""
_MAX_CUTS = 8
_MAX_TAIL = 8
_NEAR = 5
"""Words that may stand between a statement's verb and its value (``is equal to the set of points (1, 2)``)."""

_BOLD = re.compile(
    r"(?<![\w)\]}*])\*\*(?![\s*])([^*\n]{1,300})(?<!\s)\*\*(?!\*)"
    r"|(?<![\w)*\]}])\*(?![\s*])([^*\n]{1,300})(?<!\s)\*(?![\w*(])"
)
_NOISE = re.compile(r"[`\"“”✓✔✅☑]")
_LEAD = re.compile(r"^(?:[-*•–]\s+|\d{1,2}[.)]\s+(?=[A-Z])|#{1,6}\s+)")
_END = re.compile(r"(?:\s|(?<!\.\.)\.|[,;:]|(?<![\w)\]}])!|(?<=[a-z]{2})!)+$")
_ASIDE = re.compile(
    r"\s\((?!mod\b|base\b|in base\b)(?:[^()]{0,200}(?<![A-Za-z\\])(?!sin|cos|tan|log|sqrt|inf)[a-z]{3,}"
    r"|[≈~])[^()]{0,200}\)$"
    r"|(?<=[a-z])\s\([^()]{0,60}[=<>≤≥][^()]{0,60}\)$"
)
"""A remark in brackets at the end."""
_DISPLAYED = re.compile(r"(?:\\\]|\$\$)\s?(?=[A-Z(][a-z])")

_PROSE = frozenset({"word", "unit", "stop", "arrow"})


class _Reading(NamedTuple):
    """A value, whether a word before it states it, whether its unit has digits, whether the sentence starts with it."""

    value: str
    announced: bool
    digits_behind: bool
    leads: bool


def stated(sentence: str) -> str | None:
    """The value that a sentence states.

    None where that is in doubt, or is a plain number that its last number is as well.
    """
    text = _cleaned(_DISPLAYED.split(sentence[-_MAX_CHARS:])[-1])
    found = in_words(text)
    if found is not None:
        return found
    text = _END.sub("", _ASIDE.sub("", text))
    fronted = _fronted(text)
    if fronted is not None:
        return fronted
    counted = patterns.COUNTED.search(text)
    if counted and not patterns.MORE.search(text, counted.end()):
        return counted[1]
    result = patterns.RESULT.search(text)
    found = quantity(text) or (result[1] if result else None) or _exact(text) or _before_clause(text)
    return _at_end(text) if found is None else found


def _fronted(text: str) -> str | None:
    """The value that a sentence starts with, before what it is the value of (``x = 3y is the equation of``)."""
    front = patterns.FRONTED.search(text)
    if not front or not front.start():
        return None
    head = _reading(text[: front.start()], equated="equation" in front[0])
    return head.value if head and head.leads and not is_plain(head.value) else None


def _at_end(text: str) -> str | None:
    """The value that a sentence ends with; a plain number only where its unit has digits, too."""
    reading = _reading(text)
    if reading is None:
        return None
    if reading.digits_behind:
        return reading.value
    return reading.value if reading.announced and not is_plain(reading.value) else None


def _cleaned(sentence: str) -> str:
    sentence = sentence.replace("i.e.,", "namely").replace("i.e.", "namely")
    sentence = _BOLD.sub(lambda match: match[1] or match[2], _NOISE.sub("", sentence))
    return _LEAD.sub("", _END.sub("", sentence.strip()))


def _exact(text: str) -> str | None:
    """The exact value that stands before its approximation (``2^(1/3), which is roughly 1.26``)."""
    for place, hedge in enumerate(patterns.HEDGED.finditer(text)):
        reading = _reading(text[: hedge.start()]) if place < _MAX_CUTS else None
        if reading and reading.announced and not is_plain(reading.value):
            return reading.value
    return None


def _before_clause(text: str) -> str | None:
    """The value stated before a clause of condition or reason.

    A plain number only where it is a maximum, or the like.
    """
    for place, cut in enumerate(patterns.CLAUSE.finditer(text)):
        if place >= _MAX_CUTS:
            break
        before, rest = text[: cut.start()], text[cut.end() :]
        head = _reading(before)
        if head is None or not head.announced or patterns.MORE.search(rest):
            continue
        condition = bool(patterns.CONDITION.fullmatch(rest))
        if is_plain(head.value):
            if condition and cut[2] and (patterns.EXTREME.search(before) or patterns.GIVEN.search(before)):
                return head.value
        elif _is_aside(cut, rest, condition=condition):
            return head.value
    return None


def _is_aside(cut: re.Match[str], rest: str, *, condition: bool) -> bool:
    """Whether a clause leaves the value before it as it is."""
    if cut[1] and not patterns.GOES_ON.search(rest):
        return True
    if condition and not cut[0].endswith("which"):
        return True
    return not patterns.SAYS_MORE.search(rest)


def _reading(text: str, *, equated: bool = False) -> _Reading | None:
    """What the last run of mathematics in a text says; None where something is stated behind it, or it is no value."""
    found = tokens(text)
    place = bounds(found)
    if place is None or not _is_tail(found[place[1] :]):
        return None
    start, end = place
    before = _words(found[:start])
    run: Sequence[Token] = found[start:end]
    if before and before[-1] in patterns.OPENS and not _ends_up(before):
        run = _after_comma(run)
        if not run:
            return None
        before = ["so"]
    context = text[: run[0].start]
    plural = bool(patterns.PLURAL.search(context)) and not patterns.THERE.search(context)
    value = formula.value(run, text, plural=plural, equated=equated or bool(patterns.EQUATED.search(context)))
    if value is None:
        return None
    relation = len(run) > 2 and any(token.text in "=<>≤≥≠" for token in run)
    announced = _is_announced(before, relation=relation)
    return _Reading(value, announced, is_plain(value) and _has_digits(found[end:]), _lead(before))


def _words(before: Sequence[Token]) -> list[str]:
    """The words before a value in small letters, with ``#`` for other mathematics."""
    return [
        token.text.lower() if token.kind in _PROSE or token.text in "=:" else "#"
        for token in before
        if token.kind != "joint"
    ]


def _lead(before: Sequence[str]) -> bool:
    """Whether the words before a value only link it to what was said, so that the sentence starts with it."""
    return all(word in patterns.LINKS or not word.isalpha() for word in before) and "#" not in before


def _has_digits(behind: Sequence[Token]) -> bool:
    """Whether a unit behind a value has digits."""
    return any(char.isdigit() for token in behind if token.kind == "unit" for char in token.text)


def _is_tail(tail: Sequence[Token]) -> bool:
    """Whether what stands behind a value states nothing: a unit, a few words, a remark after a comma."""
    words: list[str] = []
    if tail and (tail[0].kind == "sign" and tail[0].text not in "/-–:&$\"'~"):
        return False
    for token in tail:
        if token.kind == "joint" and token.text in ",;":
            break
        words += [token.text.lower()] if token.kind in ("word", "unit", "name") else []
    to_come = any(token.text in patterns.RESULTS for token in tail)
    return len(words) <= _MAX_TAIL and not to_come and not patterns.VERBS.intersection(words)


def _after_comma(run: Sequence[Token]) -> Sequence[Token]:
    """What follows the last comma of a run that a conjunction opens (``Since n = 4, 2n = 8``)."""
    commas = [place for place, token in enumerate(run) if token.text == ","]
    return run[commas[-1] + 1 :] if commas else ()


def _ends_up(before: Sequence[str]) -> bool:
    """Whether words end with ``end up with``, ``are left with``."""
    return before[-1] == "with" and len(before) > 1 and before[-2] in ("up", "left")


def _is_announced(before: Sequence[str], *, relation: bool) -> bool:
    """Whether the words before a value state it; an equation states itself where no word forbids it."""
    if not before:
        return relation
    if relation and (before[-1] not in patterns.FORBIDS or (before[-1] in patterns.RANGES and "#" not in before)):
        return True
    for place in range(len(before) - 1, max(len(before) - 1 - _NEAR, -1), -1):
        word, previous = before[place], before[place - 1] if place else ""
        if _parts(word, previous):
            return False
        if _states(before, place):
            return True
        if word in patterns.FORBIDS and not (word == "of" and previous in patterns.MEASURES):
            return False
    return False


def _parts(word: str, previous: str) -> bool:
    """Whether a word ends what can state a value behind it: other mathematics, ``close to``, a sign of equality."""
    if word == "to":
        return previous in patterns.APART
    return word == "#" or (word == "=" and not previous.isalpha())


def _states(before: Sequence[str], place: int) -> bool:
    """Whether the word at a place states what follows: a verb, ``left with``, ``given by``."""
    word, previous = before[place], before[place - 1] if place else ""
    if word in patterns.STATES and (word not in patterns.LINKS or place >= len(before) - 2):
        return True
    if word == "with":
        return _ends_up(before[: place + 1])
    return word == "by" and previous in ("given", "described", "represented")
