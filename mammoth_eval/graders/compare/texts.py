"""Answers that are no mathematics: words, yes and no, clock times, dates."""

from __future__ import annotations

import re

from mammoth_eval.graders.parse.characters import folded, unstyled
from mammoth_eval.graders.parse.lexicon import words
from mammoth_eval.types import Policy, Verdict

_TRUE, _FALSE = frozenset({"true", "yes"}), frozenset({"false", "no"})
_PRINTED = re.compile(r"^\s*(?:np\.|numpy\.)(?:bool_?\()?(True|False)(?:_|\))\s*$")
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?\s*(?:([ap])\.?\s?m\.?)?", re.IGNORECASE)
_HOUR = re.compile(r"(\d{1,2})\s*([ap])\.?m\.?", re.IGNORECASE)
_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_MONTHS = words("january february march april may june july august september october november december")
_MONTH_NAMES = frozenset(_MONTHS) | {month[:3] for month in _MONTHS}
_WORD_OR_NUMBER = re.compile(r"[^\W\d_]+|\d+")
_ORDINALS = words("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth")
_NTH = re.compile(rf"([1-9]\d{{0,5}})(?:st|nd|rd|th)|({'|'.join(_ORDINALS)})")
_DATE_FILL = frozenset({"of", "the", "st", "nd", "rd", "th", "on"})


def compare(gold: str, answer: str) -> Verdict | None:
    """What times, dates and words of truth say; None where the two are not both of one such kind."""
    gold, answer = (_plain(text) for text in (gold, answer))
    for kind in (_truth, _clock, _date, _ordinal):
        right, own = kind(gold), kind(answer)
        if right is not None and own is not None:
            if kind is _clock:
                return _clocks(right, own)
            return Verdict(right == own, "text", "" if right == own else f"not the same {kind.__name__.strip('_')}")
    return None


def known(text: str) -> bool:
    """Whether the text is a time, a date or a word of truth."""
    plain = _plain(text)
    return any(kind(plain) is not None for kind in (_truth, _clock, _date))


def _plain(text: str) -> str:
    return unstyled(text).replace("}", " ").strip()


def _truth(text: str) -> tuple[str, ...] | None:
    word = folded(_PRINTED.sub(r"\1", text))
    return ("true",) if word in _TRUE else ("false",) if word in _FALSE else None


def _clock(text: str) -> tuple[str, ...] | None:
    """Hour, minute, second, half of the day (empty where not said)."""
    match = _CLOCK.fullmatch(text)
    if match:
        return (str(int(match[1])), match[2], match[3] or "00", (match[4] or "").lower())
    match = _HOUR.fullmatch(text)
    return (str(int(match[1])), "00", "00", match[2].lower()) if match else None


def _clocks(gold: tuple[str, ...], answer: tuple[str, ...]) -> Verdict | None:
    if not gold[3] and not answer[3] and "00" not in (gold[1], answer[1]):  # a ratio, which has no zero
        return None
    hours = [_hours(gold), _hours(answer)]
    equal = gold[1:3] == answer[1:3] and bool(hours[0] & hours[1])
    return Verdict(equal, "text", "" if equal else "not the same time")


def _hours(time: tuple[str, ...]) -> frozenset[int]:
    """The hours of the day that the time may mean."""
    hour, half = int(time[0]), time[3]
    if half:
        return frozenset({hour % 12 + (12 if half == "p" else 0)})
    return frozenset({hour, hour + 12}) if 1 <= hour < 12 else frozenset({12, 0}) if hour == 12 else frozenset({hour})


def _date(text: str) -> tuple[str, ...] | None:
    """The month's first letters, then the other numbers in order; an ISO date has day and year there."""
    if _ISO.fullmatch(text):
        year, month, day = (int(part) for part in text.split("-"))
        return (_MONTHS[month - 1][:3], str(day), str(year)) if 1 <= month <= 12 else None
    words = [word.lower() for word in _WORD_OR_NUMBER.findall(text) if word.lower() not in _DATE_FILL]
    months = [word for word in words if word in _MONTH_NAMES]
    if len(months) != 1 or not 2 <= len(words) <= 3:
        return None
    rest = [word for word in words if word != months[0]]
    if not all(word.isdigit() for word in rest):
        return None
    return (months[0][:3], *(str(int(word)) for word in rest))


def _ordinal(text: str) -> tuple[str, ...] | None:
    """The number of ``2nd`` and ``second``."""
    match = _NTH.fullmatch(text.lower())
    if match is None:
        return None
    return (match[1] or str(_ORDINALS.index(match[2]) + 1),)


def texts(gold: str, answer: str, policy: Policy) -> Verdict:
    """The two as words."""
    if policy.text == "exact":
        return Verdict(gold.strip() == answer.strip(), "text", "compared as they are written")
    right, own = folded(gold), folded(answer)
    return Verdict(right == own and bool(right), "text", "" if right == own and right else "not the same words")
