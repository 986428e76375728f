"""Answers in words that a closing sentence states: that there is none, a number, a truth, a day, a name."""

from __future__ import annotations

import re

_THING = (
    r"(?:solutions?|roots?|zeros?|zeroes|answers?|values?|numbers?|integers?|points?|intersections?|pairs?|triples?"
    r"|triangles?"
    r"|inverse|limit)"
)
_KIND = (
    r"(?:(?:real|integer|integral|rational|positive|negative|complex|whole|such|valid|possible|finite|common"
    r"|real-valued) ){0,3}"
)
_REST = (
    r"(?:,? (?!is\b|are\b|so\b|then\b|thus\b|hence\b|therefore\b|which\b|when\b|if\b|unless\b|but\b)[A-Za-z'’-]+){0,9}$"
)
"""Words to the end of the sentence that state nothing more."""
_NONE = re.compile(rf"\bno {_KIND}(?:solutions?|roots?){_REST}", re.IGNORECASE)
_NONE_SUCH = re.compile(
    rf"\bno (?:such |real |integer |positive ){{0,3}}{_THING}(?: of [a-z])?(?: [a-z])?"
    rf" (?:that |which )?(?:exists?|satisf(?:y|ies)|works?|makes?|can)\b{_REST}",
    re.IGNORECASE,
)
_HEADED = re.compile(rf"no {_KIND}(?:solutions?|roots?)", re.IGNORECASE)
_THEN = r"(?:therefore |thus |also )?"
_SAYINGS = {
    "infinitely many solutions": rf"\b(?:infinitely many|infinite|an infinite number of) (?:{_KIND})solutions?{_REST}",
    "infinitely many": r"\b(?:are|is|has|have) infinitely many(?: [a-z]+){0,4}$",
    "does not exist": rf"\b(?:(?:does|do) not|(?:does|do)n['’]t) exist{_REST}",
    "undefined": rf"\b(?:is|are|remains) {_THEN}(?:undefined|not defined){_REST}",
    "diverges": rf"\b(?:series|integral|sequence|sum|limit|it) {_THEN}(?:diverges|is divergent)$",
    "converges": rf"\b(?:series|integral|sequence|sum|it) {_THEN}(?:converges|is convergent)$",
    "cannot be determined": rf"\b(?:cannot|can not|can['’]t) be determined{_REST}|\bnot enough information{_REST}",
    "empty set": rf"\b(?:is|are|=) {_THEN}(?:the )?(?:empty|null) set$|\bset is {_THEN}empty$",
}
_SAYING = tuple((said, re.compile(pattern, re.IGNORECASE)) for said, pattern in _SAYINGS.items())
_REALS = re.compile(
    r"(?:\b(?:is|are|be|contains|includes|equals)|:|\b(?:true|holds?|valid|defined|satisfied|solution) for)"
    r" ((?:all|any|every) (?:real |positive |negative |non-?negative |rational ){1,3}(?:numbers?|integers?)"
    r"|all (?:reals|integers|real values)|all real [a-z])(?: [a-z])?"
    r"((?:,? except|,? other than)(?: for)?(?: [a-z] =)? -?[\d/.]+(?: and -?[\d/.]+)?)?$"
)
_ONES = "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_TEENS = "thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion"
_PARTS = "half|halves|third|thirds|quarters?|fourths?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?"
_NUMBER = (
    rf"(?:(?:minus|negative) )?(?:{_ONES}|{_TEENS}|{_TENS})(?:[- ](?:and )?(?:{_ONES}|{_TEENS}|{_TENS}"
    rf"|{_PARTS})){{0,8}}"
)
_COUNT = re.compile(
    r"\b(?:is|are|was|were|equals?|gives|leaves|has|have|had|needs?|makes|get|gets|obtain|becomes|remain|costs?)"
    r" (?:(?:therefore|thus|then|hence|exactly|simply|just|only|equal to|now|a total of) ){0,2}"
    rf"({_NUMBER})((?: [a-z-]+){{0,2}})$",
    re.IGNORECASE,
)
_NO_COUNT = re.compile(
    r"\b(?:times|cases?|steps?|options|possibilities|equations?|unknowns|of|more|less|than|as|at|the|methods?|parts"
    r"|approaches|choices"
    r"|conditions?|numbers?|values?|variables?|digits?|solutions?|roots?)\b"
)
_CONCLUDES = re.compile(
    r"(?:So|Thus|Hence|Therefore|Consequently|It follows that|In conclusion|This means(?: that)?|We conclude that"
    r"|∴)\b,?"
)
_ASIDE = re.compile(
    r"(?:since|because|as|if|when|where|for|which|unless|whether|although|while|though|otherwise|or else)\b",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"\b(?:which|such that|values? (?:of [a-z$]+ )?that|when|whenever|\d+)\b.{0,80}\b(?:undefined|defined|exist|no"
    r"|infinitely)\b"
)
_REASON = re.compile(r",? (?:because|since) ")
_DAY = re.compile(
    r"\b(?:is|on|was|be) (?:therefore |thus |then |also )?(?:a )?((?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)$"
)
_TRUTH = re.compile(
    r"\b(?:statement|claim|assertion|proposition|conjecture)\b[^\d=]{0,80} is (?:therefore |thus |indeed |always "
    r")?(true|false)$"
)
_NAME = re.compile(
    r"(?:is|was) (?!(?:The|This|That|It|He|She|We|They|You|In|If|Step|Case)\b)([A-Z][a-z]{1,20}(?: [A-Z][a-z]{1,20})?)$"
)
_YES = re.compile(r"(?:(?:So|Thus|Hence|Therefore),? )?(yes|no), (.{0,200})$", re.IGNORECASE)
_PREDICATE = re.compile(
    r"\b(?:divisible|prime|multiple|factor|even|odd|possible|true|correct|solution|root|rational|irrational|parallel"
    r"|perpendicular"
    r"|continuous|differentiable|equal|equivalent|congruent|similar|square|enough|can|cannot|can['’]t|does|will"
    r"|won['’]t)\b"
)


_VALUED = re.compile(r"\b(?:is|are|equals)\s+(?:[$\\(]{0,3}[-−]?\d)(?![^.]*\b(?:divisible|prime|multiple|factor)\b)")
"""A value that is stated behind the word: ``yes, the largest possible area is 42``."""


def in_words(sentence: str) -> str | None:
    """The answer that a sentence gives in words; None where it gives none. `sentence` has no full stop at its end."""
    sentence = _REASON.split(sentence, maxsplit=1)[0]
    clause = re.split(r"[,;:] (?:and |so |but |hence |thus |then )*+|\b(?:so|hence|thus|therefore) ", sentence)[
        -1
    ].strip()
    if not _ASIDE.match(clause):
        said = _impossible(clause)
        if said:
            return said
        reals = _REALS.search(sentence)
        if reals:
            return re.sub(r"^(?:any|every) ", "all ", reals[1]).replace("all real number", "all real numbers").replace(
                "ss", "s"
            ) + (reals[2] or "")
    return _counted(sentence) or _named(sentence)


def _impossible(clause: str) -> str | None:
    """``no solution``, ``does not exist`` and their like, where the clause ends with them and has no number before."""
    none = _NONE.search(clause)
    if _RELATIVE.search(clause):
        return None
    if none:
        headed = _HEADED.match(clause, none.start())
        return headed[0].lower() if headed else None
    if _NONE_SUCH.search(clause):
        return "no solution"
    return next((said for said, pattern in _SAYING if pattern.search(clause)), None)


def _counted(sentence: str) -> str | None:
    """A number in words that the sentence ends with, with a unit behind it at most."""
    match = None if any(char.isdigit() for char in sentence) else _COUNT.search(sentence)
    if match is None or (match[2] and (match[1].lower() == "one" or _NO_COUNT.search(match[2]))):
        return None
    return match[1].lower()


def _named(sentence: str) -> str | None:
    """A day, a truth, yes or no, the name that a conclusion without numbers ends with."""
    numbered = any(char.isdigit() for char in sentence)
    match = _TRUTH.search(sentence) or (None if numbered else _DAY.search(sentence))
    if match:
        return match[1]
    affirmed = _YES.match(sentence)
    if affirmed and _PREDICATE.search(affirmed[2]) and not _VALUED.search(affirmed[2]):
        return affirmed[1].capitalize()
    if _CONCLUDES.match(sentence) and not numbered:
        match = _NAME.search(sentence)
        return match[1] if match else None
    return None
