"""Texts that are read by what stands beside them: points by name, ``5 and 1/4``, a value at the end of a sentence."""

from __future__ import annotations

import re

_MIXED = re.compile(r"^(-?\d{1,9}) and (\d{1,9}/\d{1,9})$")
_HOUR = re.compile(r"^(\d{1,2}):00\s?[ap]\.?m\.?$", re.IGNORECASE)
_DOZENS = re.compile(r"^(\d[\d,.]*) dozen ([a-z][a-z ]*)$")
_CLAUSE = re.compile(  # 35 metres between the first and the second tree
    r"^(\\?\$?\s?-?\d[\d,.]*(?: [a-z]+)?)(?:/[a-z]+| per [a-z]+)? (?:from|between|after|before|during|because|since) "
    r"(?!.*\b(?:two|three|four|five|six|seven|eight|nine|ten|half|dozen)\b)[^\d=]{1,80}$"
)
_A_POINT = re.compile(r"([A-Z]'?(?:_\d)?) ?\(([^()=]*,[^()=]*)\)")
_POINTS = re.compile(rf"{_A_POINT.pattern}(?: ?(?:,|;|and|,and) ?{_A_POINT.pattern})++")
_POINT_ALONE = re.compile(r"(?:[A-Z]'?(?:_\d)? ?= ?)?\(")
_TEXT = re.compile(r"\\(?:text(?:bf|rm)?|mbox|mathrm)\s*\{([^{}]*)\}")
_SENTENCE = re.compile(
    r"[A-Z]\((?:[A-Za-z][\w'-]*+ ?){1,8}\) ?= ?([^=]{1,80})"
    r"|(?:[A-Za-z][\w'-]*,? ){1,20}?(?:is|are|equals|be) (?![^\d]*\b(?:is|are)\b)([^ ].{0,80})"
)


def number(text: str) -> str:
    """``5 and 1/4`` as the mixed number, ``3:00 pm`` as the hour that it is beside one number, no last clause."""
    if " " not in text:
        return _HOUR.sub(r"\1", text) if ":" in text else text
    return _CLAUSE.sub(r"\1", _HOUR.sub(r"\1", _MIXED.sub(r"\1 \2", text)))


def by_dozens(text: str) -> str | None:
    """``9 dozen rolls`` with the dozens counted, as a question may ask; None for anything else."""
    match = _DOZENS.match(text) if "dozen" in text else None
    return f"{match[1]} {match[2]}" if match else None


def points(text: str, other: str) -> str:
    """``A(1,2), B(3,4)`` as ``A=(1,2), B=(3,4)``, and one point where the other side is one."""
    single = _POINT_ALONE.match(other) and _A_POINT.fullmatch(text)
    return _A_POINT.sub(r"\1=(\2)", text) if single or _POINTS.fullmatch(text) else text


def value_said(text: str) -> str | None:
    """The value that a sentence ends in (``The area is 0.25``), or of a function of words (``P(even) = 1/2``)."""
    sentence = _SENTENCE.fullmatch(" ".join(_TEXT.sub(r"\1", text).split()))
    return (sentence[1] or sentence[2]) if sentence else None
