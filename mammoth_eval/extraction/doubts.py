"""What is said of an answer, and what says that there is none: neither is an answer.

``The answer is correct``, ``a common wrong answer is 13``, ``the answer is a multiple of 3``, ``I don't know``.
"""

from __future__ import annotations

import re

_SENTENCE_START = re.compile(r".*(?:[.!?;:](?=[\s*])|\n)", re.DOTALL)
_MAX_LEAD = 160
_PEOPLE = r"(?:students?|people|persons?|someone|somebody|many|some|others|beginners|learners|solvers|pupils)"
_HOLDS = (
    r"(?:thinks?|thought|believes?|says?|saying|guess(?:es)?|claims?|concludes?|assumes?|assuming|argues?|answers?)"
)
_DOUBTED = re.compile(
    r"\b(?:wrong|incorrect|mistaken|erroneous|false|different|another|other|common|typical|alternative|naive|naïve"
    r"|previous|earlier|initial|intermediate|tempting|invalid)(?: wrong| incorrect| mistaken)?\s+(?:final\s+)?$"
    rf"|\b{_PEOPLE}\b(?: [a-z]+){{0,4}}? {_HOLDS}\b(?: that)?(?: (?:the|his|her|their|its))?(?: (?:final|correct))?\s*$"
    rf"|\b(?:mistakes?|errors?|tempt(?:ing|ed)|wrong|trap|misconception|(?:you|one) (?:may|might"
    rf"|could))\b[^.\n]{{0,40}}?"
    rf" (?:{_HOLDS}|is|be)\b(?: that)?(?: the)?(?: (?:final|correct))?\s*$"
    r"|\b(?:re-?|double[- ])?(?:check|verif|confirm|validat|test)\w*\b(?: (?:that|if|whether|our|the|this|my|your"
    r"|final)){0,3}\s*$"
    r"|\b(?:whether|if|unless|suppose|suppose that)(?: (?:the|this|our|your|my|final|correct)){0,3}\s*$",
    re.IGNORECASE,
)
"""The words before ``answer``, in its sentence, that make it another's, or one to be checked."""
_ADVERBS = (
    r"(?:\**(?:indeed|therefore|thus|also|now|clearly|definitely|certainly|already|fully|both|really|quite|very"
    r"|probably"
    r"|hence|then|just|in fact|exactly|simply|of course|always)\b[, ]*)*"
)
_PRAISE = (
    r"(?:correct|right|wrong|incorrect|reasonable|consistent|valid|verified|confirmed|checked|plausible|sensible"
    r"|complete"
    r"|clear|obvious|helpful|useful|unique|accurate|justified|unambiguous|well[- ]defined|self-consistent|fine|good"
    r"|proven"
    r"|proved|validated|double-checked|exact|final|available|unclear|important|interesting|surprising|easy|simple)"
    r"(?=\s*(?:$|[.,;:!)\n*✓✅])|\s(?:because|since|as|and|or|to|with|in|by|for|so|when|if|too|here|given|that|under"
    r"|up|from"
    r"|on|at|but)\b)"
)
_PROCESS = (
    r"(?:rounded|given|expressed|written|obtained|found|derived|calculated|computed|determined|shown|boxed|stated"
    r"|presented"
    r"|provided|reported|measured|required|asked|needed|left|based|supported|explained|represented|simplified|included"
    r"|displayed|highlighted|marked|checked|confirmed|verified|matching|as (?:above|before|stated|shown|given|expected"
    r"|required|desired|described|claimed|we|in)|above|below|the (?:same|one (?:above|we))|in (?:simplest|simplified"
    r"|lowest"
    r"|reduced|exact|decimal|fact|square|cubic|degrees|radians|meters|metres|dollars|cents|units|agreement|line"
    r"|accordance"
    r"|terms|its))\b(?!,? (?:to be|as|by)?[:\s]*[-−$\\(\d*])"
)
_UNKNOWN = (
    r"(?:\?+|tbd\b|n/?a\b|unknown\b|not (?:known|clear|given|provided|available|sure)\b"
    r"|(?:sorry,? )?I(?: am|['’]m)? (?:do not|don['’]t|cannot|can['’]t|can not|not|unable|could not|couldn['’]t)\b)"
)
_NOTHING = re.compile(rf"{_ADVERBS}(?:{_PRAISE}|{_PROCESS}|{_UNKNOWN})", re.IGNORECASE)
_PROPERTY = re.compile(
    rf"{_ADVERBS}(?:an? (?:[a-z-]+,? ){{0,4}}?(?:integers?|multiple|power|primes?|factor|divisor|number|square|cube"
    r"|fraction|decimal|percentage)\b|divisible|(?:strictly |much |slightly )?(?:less|greater|larger|smaller|bigger"
    r"|lower"
    r"|higher|fewer|more) than\b|between\b|within\b|(?:very )?close to\b|near(?:ly)?\b|above\b|below\b|at (?:least"
    r"|most)\b"
    r"|independent\b|congruent\b|not\b|of the form\b)",
    re.IGNORECASE,
)
_VALUE = re.compile(r"[\d\\=√π∞∅½⅓¼¾^±]|^\W*[A-Za-z]\W*$|[^\x00-\u024f\u2000-\u2fff]{1,}")
_ANSWER_WORDS = re.compile(
    r"\W*(?:yes|no|true|false|none|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z]+teen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|half|infinit\w+|undefined|impossible|does not exist|diverges"
    r"|converges|empty|all real|no (?:real |integer )?(?:solutions?|roots?|such)|never|always|neither|both"
    r"|cannot be)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"\W*[A-Z][^\W\d]*(?:[ ,]+(?:and |or )?[A-Za-z'’-]+){0,3}\W*$")


def is_doubted(text: str, start: int) -> bool:
    """Whether the words before a phrase that starts at `start` make it one that states no answer of the text's own."""
    lead = text[max(start - _MAX_LEAD, 0) : start]
    return bool(_DOUBTED.search(_SENTENCE_START.sub("", lead)))


def says_nothing(content: str) -> bool:
    """Whether what follows ``the answer is`` praises it, says how it was found, or that it is not known."""
    return bool(_NOTHING.match(content.lstrip(" *\t:")))


def is_weak(content: str) -> bool:
    """Whether it may be a property of the answer: words that are no name and no truth, ``a multiple of 3``."""
    content = content.lstrip(" *\t:")
    if _PROPERTY.match(content):
        return True
    return not (_VALUE.search(content) or _ANSWER_WORDS.match(content) or _NAME.match(content))


_CAN_NOT = (
    r"(?:cannot|can['’]t|can not|could not|couldn['’]t|am (?:not able|unable) to|['’]m (?:not able|unable) to|won['’]t)"
)
_REFUSAL = re.compile(
    r"\W{0,4}(?:(?:but|unfortunately|sorry|apologies|hmm?|well|honestly|I['’]m (?:really )?sorry|I am sorry"
    r"|as an? [^,.]{0,40}|since [^,.]{0,60})[,.]? (?:but )?)*"
    rf"(?:I(?: really)? (?:do not|don['’]t|did not|didn['’]t) (?:know|understand|have (?:enough|access|sufficient"
    rf"|the ability|any))"
    rf"|I ?{_CAN_NOT} (?:\w+ )?(?:answer|solve|help|provide|determine|see|view|find|access|complete|assist|give|do"
    rf"|compute"
    r"|calculate|figure|process|read|open|work|continue|say|tell)\b"
    r"|I (?:would )?need (?:more|additional|further) (?:information|details|context|data)|I give up|no answer|no idea"
    r"|there is no answer)"
    r"(?![^.\n]*(?:\b(?:but|so|however|hence|therefore|thus|other|another|any more|further)\b|=|: ?[-$\\\d]))",
    re.IGNORECASE,
)
_NOT_SURE = r"I(?: am|['’]m) (?:not|un)[ -]?(?:sure|certain)(?: (?:how|what|about|of|which|where|whether)\b[^\d=]*)?"
_NO_VALUE = re.compile(
    rf"\W*(?:n/?a|tbd|unknown(?: to me)?|\?+|no answer|not available|{_NOT_SURE}|\\f?boxed\{{[\s?.…_-]*\}})\W*",
    re.IGNORECASE,
)
_ANNOUNCED = re.compile(r"\W*(?:(?:so|the|my|final|correct) )*answer\b\**(?: is\b|:)[:* ]*", re.IGNORECASE)


def is_refusal(sentence: str) -> bool:
    """Whether a sentence says that its writer has no answer."""
    said = _ANNOUNCED.sub("", sentence, count=1) if _ANNOUNCED.match(sentence) else sentence
    return bool(_REFUSAL.match(said) or _NO_VALUE.fullmatch(said))
