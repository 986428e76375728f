"""The words of closing sentences.

Those that state a value, those that keep one from being stated, clauses behind a value.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STATES = _words(
    "is are was were be being equals equal give gives gave giving get gets got obtain obtains obtaining have has "
    "having become"
    " becomes yield yields yielding make makes making leave leaves leaving find finds measure measures cost costs "
    "lies lie shows"
    " show says totals at to into as so thus hence therefore then means namely reads remains need needs include "
    "includes contains"
    " conclude finally : = ∴ ⇒ ⟹ →"
)
LINKS = _words("to into at as so thus hence therefore then finally")
"""Of `STATES` those that state a value right behind them only, or one word behind."""
APART = _words("closest nearest close next relative prime compared belongs")
"""Before ``to``: it states nothing then."""
FORBIDS = _words(
    "of than per for from if when where because since with by every each until not times plus minus over step case "
    "between let"
    " suppose assume consider using all any without except unless while although though after before given satisfies "
    "satisfying"
    " satisfy example"
)
"""Between a verb and a value: the verb does not state that value."""
OPENS = _words(
    "if when where because since with let suppose assume consider using while although though given for after"
)
"""Before an equation: a condition, which ends with a comma."""
RANGES = _words("all for when if where every any each")
"""Before an inequality: what the sentence says holds there."""
MEASURES = _words(
    "area total ratio value volume perimeter circumference radius length slope rate probability distance height speed "
    "sum product"
    " difference root roots solution solutions limit mean median average angle width diameter maximum minimum range "
    "domain set"
    " equation measure form magnitude period amplitude cost profit time coordinates vertex center centre"
)
"""Before ``of``: ``an area of 16π``."""
VERBS = _words(
    "as is are was were has have had gives give equals makes can cannot must will would should does do did becomes"
)
"""Behind a value: the sentence says something of it (``x² + 1 is positive``)."""
RESULTS = _words("so thus hence therefore then")
"""Behind a value: the statement is still to come."""

CLAUSE = re.compile(
    r"(?:,\s|\s)(?:(because|since)|(when|whenever|if|unless|provided|assuming|given that|for|where|as long as|on the "
    r"interval|which"
    r"|at(?= \$?[a-z]\$? ?=)|as (?:required|expected|desired|needed|claimed|stated)))\b|,\s(?:with|as|and (?:a|the"
    r"|this|that|it))\b"
)
"""Where a clause of reason (1), of condition (2) or a remark begins."""
MORE = re.compile(r"\b(?:so|thus|hence|therefore|then|we (?:get|have|find)|gives?|giving|total)\b|, (?:is|are)\b")
"""In such a clause: the statement is still to come."""
CONDITION = re.compile(
    r" (?:(?:it )?(?:occurs|is (?:attained|achieved|reached)|happens) (?:at|when|for) )?"
    r"(?:(?:all|any|every|each|some|real|positive|integers?) ){0,3}"
    r"\$?[A-Za-z]\$?\s?(?:[=≥≤<>≠]|>=|<=|!=|\\(?:geq?|leq?|neq?)\b)[^=<>≤≥,;]{1,30}"
)
"""What a clause of condition says: a name, a sign, a value, nothing behind."""
SAYS_MORE = re.compile(r"\d|\\text")
GOES_ON = re.compile(r"[.,;][ $]")
EXTREME = re.compile(
    r"\b(?:maximum|minimum|value|maximal|minimal|largest|smallest|greatest|least|max|min)\b", re.IGNORECASE
)
GIVEN = re.compile(r"(?<![+*/^−-] )(?<![\w+*/^−-])[A-Za-z](?:\([a-z]\))?\$?\s?=\s?\$?[-−\d.,/]{1,20}\$?$")
HEDGED = re.compile(
    r",?\s\(?(?:(?:or|which is|which equals|that is|namely)\s)?"
    r"(?:roughly|about|approximately|approx\.?|around|nearly|close to)\s"
    r"\$?[-−\d.,]{1,30}+[\s%°)$]*+(?:[a-z²³/]+(?: |$)){0,4}+$"
)
"""An approximation behind an exact value."""
RESULT = re.compile(
    r"[\d)%] ?[a-z]{0,12} ?= ?((?:\$ ?)?\d[\d,]*+(?:\.\d++)?%?)(?= )(?! ?[-+*/×÷=−(])"
    r"(?: [a-z]{2,15}){0,3} (?:for|in|from|after|during|to|with|by|at|over|on|out of|if)\b"
    r"(?!.*\b(?:is|are|was|were|has|have|gives?|so|then|leaves|makes|which|rounds?)\b)[^=]*$"
)
"""``$14 + $25 = $39 for the 35 liters``: the result, not a number behind it."""
FRONTED = re.compile(r" (?:is|are) (?:the|our|your) (?![^.]*\b(?:is|are)\b)[^\d=<>$≤≥]{1,80}$")
"""``[2, 5) is the solution set``: what stands before it is the value."""
COUNTED = re.compile(
    r"(?:^|[,:] |\b(?:[Ss]o|[Tt]hus|[Hh]ence|[Tt]herefore|[Tt]hen|that|total|all) )[Tt]here (?:are|is|were|will be)"
    r"(?: only| exactly)? \$?(\d{1,12})\$?(?= [a-z])[^.;:=]{1,120}?"
    r"(?:,? namely\b|\b(?:such that|for which|satisfying|congruent|that (?:are|satisfy|solve|yield|have)))"
)
"""``There are 3 solutions, namely``: the count is what is stated."""
EQUATED = re.compile(
    r"\b(?:equations?|formula|locus|relation|asymptotes?"
    r"|(?<!of )(?<!of the )(?<!of this )(?:circle|line|curve|plane|ellipse|parabola|hyperbola))"
    r"(?:\s|\s[^.,;=]{0,80}\b(?:is|are|as|by|becomes?|be)\s(?:therefore\s|then\s|thus\s|simply\s|the\s\w{1,12}\s)?"
    r"|:\s)$",
    re.IGNORECASE,
)
"""Before an equation: it is the value, not one of its sides."""
PLURAL = re.compile(r"\b(?:(?:are|were|include|contains)(?:(?! is\b)[ :]{1,2}[a-z]{2,}){0,4}|either|can be)[ :]{1,2}$")
THERE = re.compile(r"\bthere (?:are|were)\b", re.IGNORECASE)
