"""What a sentence says where it may be a plain number: a value that it states, sets in bold or writes as its last
formula, else the number that was computed last.
"""

from __future__ import annotations

import re

from mammoth_eval.extraction.closing.equations import side
from mammoth_eval.extraction.closing.sentence import stated

_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.\u00c0-\u03ff])[-−]?[ ]?[$£€]?[-−]?(?:\d{1,4}[ ](?=\d{1,3}/\d))?(?:\d{1,3}(?:,\d{3})+"
    r"|\d+)?(?:\.\d+)?(?<=\d)"
    r"(?:[eE][-+]?\d+(?!\w))?(?:\s?/\s?\d+(?![\d/.]\d))?(?:\s?\\?%|\s(?:thousand|million|billion)(?!\w))?"
)
WORD = re.compile(r"[A-Za-z]{2,}")
MATH = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_LATEX = re.compile(r"\\[a-zA-Z]+|[_^={]")


def last_value(sentence: str, before: str = "") -> str | None:
    """The value that a sentence states, sets in bold, writes as its last formula; else its last number.

    Of several numbers that which was computed last counts, in the sentence or in the text `before`.
    """
    value = stated(sentence)
    if value is not None:
        return value
    bold = _BOLD.search(sentence)
    if bold and sentence.count("**") == 2:
        return last_value(bold[1])
    formula = _last_formula(sentence)
    if formula is not None:
        return _stated_behind(sentence) or formula
    equations = _EQUATIONS.search(sentence)
    if equations:
        return equations[1]
    rounded = _ROUNDED_END.search(sentence)
    if rounded:
        return rounded[1]
    aside = _main_clause(_ASIDE_END.sub("", sentence))
    return _computed(aside, before) or last_number(aside) or last_number(sentence)


def _stated_behind(sentence: str) -> str | None:
    """The plain number that the sentence ends with, stated of the formula before: ``the last digit of $3^4$ is 1``."""
    said = _STATED_BEHIND.search(sentence)
    return said[1] if said else None


def _last_formula(sentence: str) -> str | None:
    """The value of the last formula between dollars, or the like, that has one and is no piece of prose."""
    segments: list[str] = [next(filter(None, match.groups())) for match in MATH.finditer(sentence)]
    for segment in reversed(segments):
        value = side(segment)
        if value and not value.endswith(_UNFINISHED) and _is_mathematics(segment):
            return value
    return None


def _is_mathematics(segment: str) -> bool:
    """Whether what stands between two dollars has LaTeX in it, or a digit and no word."""
    if _LATEX.search(segment):
        return True
    return any(char.isdigit() for char in segment) and not WORD.search(segment)


def _main_clause(sentence: str) -> str:
    """The sentence without an end that has a number of its own and does not state the answer, if a number is left."""
    for end in (_CONTRAST_END, _KNOWN_END, *([_TIME_END] if _NUMBER_LEADS.match(sentence) else [])):
        rest = end.sub("", sentence)
        sentence = rest if last_number(rest) else sentence
    return sentence


def _computed(sentence: str, before: str) -> str | None:
    """The number of a sentence that the last equation gave.

    None where there is none, or the sentence goes on from it.
    """
    if _CONDITIONAL.match(sentence):
        return None
    said, reason, _ = sentence.partition(" because ")
    own = list(_RESULT.finditer(sentence))
    if own and (not reason or _amount(own[-1][1]) in map(_amount, _numbers(said))):
        return None if _GOES_ON.search(sentence, own[-1].end()) else own[-1][1]
    if _STATED_END.search(sentence):
        return None
    earlier, numbers = list(_RESULT.finditer(before[-_MAX_BEFORE:])), _numbers(said)
    return next((number for number in numbers if earlier and _amount(number) == _amount(earlier[-1][1])), None)


def _amount(number: str) -> str:
    """The digits of a number without currency, thousands and final zeros."""
    digits = re.sub(r"[^\d./−-]", "", number).replace("−", "-")
    return re.sub(r"\.?0+$", "", digits) if "." in digits else digits


_MAX_BEFORE = 1_000
_RESULT = re.compile(
    r"=\s*((?:\\?\$|[£€])?\s?[-−]?(?:\d{1,4} (?=\d{1,3}/\d))?(?:\d{1,3}(?:,\d{3})++(?!\d)|\d++)?(?:\.\d++)?(?<=\d)"
    r"(?:[eE][-+]?\d++(?!\w))?(?:\s?/\s?\d++)?%?)"
    r"(?![\d.]*\s*(?:[-+*/×÷x–−^(:]\s*[$(\d]|=|≈|~|remainder|with (?:a )?remainder|R\s?\d))"
)
"""What an equation gives: a number with nothing computed from it behind."""
_CONDITIONAL = re.compile(r"(?:If|Since|As|Because|When)\b")
_STATED_END = re.compile(
    r"\b(?:is|are|was|were|equals?|gives?(?: us)?|gets?|yields?|leaves?|leaving|makes?|making|be|or|earn(?:s|ed)"
    r"|total(?:s|ing)"
    r"|comes to|hold|total of|left with)\b(?: (?:a|an|about|total|of|only|exactly|just)){0,4}"
    r" \\?[$£€]?[-−]?[\d.,/]{0,20}\d%?(?: [a-z-]++){0,2}\.?$"
)
"""A number that the end of a sentence states itself, whatever was computed before."""
_STATED_BEHIND = re.compile(
    r"[$)\]][^$()\[\]]{0,80}?\b(?:is|are|equals)(?: (?:equal to|exactly|simply|therefore|thus|just))? "
    r"([-−]?\d[\d,]*(?:\.\d+)?(?:/\d+)?%?)(?: [a-z-]++){0,2}[.!]?$"
)
"""A number stated at the end of a sentence, with a formula somewhere before its verb and none behind."""
_GOES_ON = re.compile(
    r"\b(?:is|are|was|were|has|have|had|gives?|giving|gets?|so|or|i\.e|meaning|means|then|thus|therefore|leaves?"
    r"|leaving"
    r"|makes?|which|left|remain|lasts?|equals|rounds?|needs?|needed|total|totaling|bringing)\b[^.]*\d"
    r"|, (?:and )?[$£€]?\d[^.,]{0,40}\b(?:in all|in total|altogether|needed|a (?:week|month|year))\b"
)
_ROUNDED_END = re.compile(
    r"(?:=|\b(?:is|are|equals))\s*(?=[^=≈]{0,30}\d)([-−]?[\d./*()√π +−-]{1,30}?\s?≈\s?[-−]?\d[\d,]*\.\d+)\.?$"
)
"""An exact value and what it is about (``= -7/3 ≈ -2.33``), of which the exact one counts unless the gold is a decimal.
"""
_UNFINISHED = ("+", "-", "–", "−", "*", "/", "×", "÷", ":", "(")
"""What stands between two amounts of money ends so (``$5 + $7``)."""
_EQUATIONS = re.compile(r"\b((?:[A-Za-z] ?= ?-?[\d./]*\d(?:,? (?:or|and) |, )){1,6}[A-Za-z] ?= ?-?[\d./]*\d)\.?$")
"""``x = 1 or x = 2`` at the end of a sentence."""
_BOLD = re.compile(
    r"(?<![\w)\]}*])\*\*(?=[-$\\]{0,3}\d)([^*\n=:]{1,120})(?<!\s)\*\*"
    r"(?=(?: [a-z]+)?(?: (?:in|for|after|per|from|over|at|during|on|with|to|this|each|every|altogether|total|left)\b"
    r"(?:(?!\b(?:is|are|was|were|gives?|gets?|equals?|makes?|or|and)\b)[^=:*\n])*)?[.!]?$)"
)
"""A number in bold, after which the sentence ends or only says where, when or for what."""
_ASIDE_END = re.compile(r"\s\([^()]*\)\.?$")
_KNOWN_END = re.compile(
    r",? (?:in|for|over|during|within|after|from|of|on|with|by|at)"
    r" (?:those|these|the|all(?: the| of the| those| these)?|his|her|their) \$?\d[\d,]*(?:\.\d+)?(?: "
    r"[a-z-]++){1,3}[.!]?$"
)
"""An amount that was known before, at the end of what is said of it: ``in those 7 days``."""
_CONTRAST_END = re.compile(
    r", (?:(?:and )?not|unlike|whereas|rather than|instead of|as opposed to)\b[^.]*[.!]?$"
    r"|, with (?:only )?\$?\d[\d,.]*(?: [a-z-]++){0,3} (?:left(?: over)?|remaining|to spare)[.!]?$"
)
_NUMBER_LEADS = re.compile(r"(?:(?:So|Thus|Hence|Therefore|Then|In total|Altogether|Finally),? )?\\?\$?\d")
_TIME_END = re.compile(
    r" (?:after|in|within|over|during) \d[\d,.]*+ (?:second|minute|hour|day|week|month|year)s?[.!]?$"
)


def last_number(body: str) -> str | None:
    """The last number of a text; None where there is none."""
    numbers = _numbers(body[-20_000:])
    return numbers[-1] if numbers else None


def _numbers(text: str) -> list[str]:
    found = [match for match in _NUMBER.finditer(text) if any(char.isdigit() for char in match[0])]
    amounts = [match for match in found if not text.endswith("#", 0, match.start())]  # ``door #4`` is a name
    return [match[0].strip() for match in amounts or found]
