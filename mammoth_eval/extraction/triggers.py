r"""Phrases that announce an answer: ``The answer is``, ``Answer:``, ``####``, ``<answer>``."""

from __future__ import annotations

import re

from mammoth_eval.extraction.boxed import Marked

_TAG = re.compile(r"<answer>(.*?)(?:</answer>|\Z)", re.DOTALL | re.IGNORECASE)
_KEY = re.compile(
    r"####(?!#)|\banswers?\b|\b(?:correct|right|best)[ \t]{1,4}(?:choice|option)\b|答案|故选", re.IGNORECASE
)
_VERB = r"(?:is|are|was|would be|will be|must be|should be|equals)\b[ \t]*:?"
_ANNOUNCES = re.compile(
    rf"\**(?:[ \t]+(?:choice|option))?(?:[ \t]+to [^.\n:]{{1,60}}?)?(?:[ \t]+{_VERB}|\**[ \t]*[:=：]|[是为]|(?<=故选))",
    re.IGNORECASE,
)
_AFTER_HASHES = re.compile(r"[ \t]*(?:(?:The )?(?:final )?answer(?: is)?:?)?", re.IGNORECASE)
_MAX_KEYS = 60
"""Of the places where a phrase may stand, the last ones are looked at."""
_STOP = re.compile(
    r"。|(?<!\d)(?<!\bRs)(?<!\bsq)(?<!\bcu)(?<!\bapprox)\.(?=\s|$|\*|\")|(?<=\d)\.(?=\s*$|\s+[A-Z])|(?<=\d)\.(?=\s)|\n"
    r"|!(?=\s|$)(?!\s*[=×*·/])|(?<=\S)\*\*(?=\s|$)"
    r"|\s+(?:because|since|as we|so that|which (?:is|means)|where|I hope)\b"
    r"|[.,;] (?:(?:so|and the|since|because|which|we|not)\b|i\.e\.)"
)
_FILLER = re.compile(
    r"^(?:\s|\*\*|:|therefore|thus|hence|simply|just|indeed|about|approximately|roughly|exactly|equal to|given by"
    r"|actually"
    r"|then|now|is|that|,)+(?![a-zA-Z])",
    re.IGNORECASE,
)
_SURELY = re.compile(
    r"^(?:definitely|clearly|obviously|certainly|surely|for sure|(?:most )?(?:likely|probably)|therefore|thus|simply"
    r"|indeed)[, ]+"
    r"(?=\(?[A-J]\b(?!')|[-−$\\]?\$?\d)"
)
_TOWARD = re.compile(r"^(?:(?:[A-Za-z'’\-]+|\$[^$\n]{1,80}\$) )+?(?:is|are|was|has|have|equals|=|be) (?=[-−$\\\d(])")


def last_phrase(text: str) -> Marked | None:
    """The last phrase that announces an answer and is followed by one; None where there is none."""
    tag = _TAG.search(text, max(text.lower().rfind("<answer>"), 0))
    if tag and tag[1].strip():
        return Marked(tag.start(), tag.end(), tag[1].strip())
    for key in reversed(list(_KEY.finditer(text))[-_MAX_KEYS:]):
        said = (_AFTER_HASHES if key[0] == "####" else _ANNOUNCES).match(text, key.end())
        content = _after(text, said.end()) if said else ""
        if said and content and not _opens_reasoning(content, text, said.end()):
            return Marked(key.start(), said.end(), content)
    return None


def _opens_reasoning(content: str, text: str, end: int) -> bool:
    """Whether the phrase heads the whole reply.

    Its first sentence sets out (``Answer: Let x be ...``) and more follow.
    """
    return bool(_SETS_OUT.match(content)) and len(text) - end > 2 * len(content) + 20


_SETS_OUT = re.compile(
    r"(?:Let(?: us|['’]s)?|We|First|To|Since|Given|If|Suppose|Assume|Consider|Note|According) [^=]*$"
)


def _after(text: str, start: int) -> str:
    """The answer that follows a phrase: to the end of its sentence, or of the formula that it opens with."""
    rest = _GLUED.sub(lambda match: match[1] or match[2], text[start : start + 2000]).lstrip(" \t:：*")
    if rest.startswith("}"):  # the phrase stood in a command: ``$\textbf{Answer: } 5$``
        rest = rest[1:].split("\n", 1)[0].rstrip(" .$")
    if rest.startswith("\n"):
        rest = rest.lstrip()
        rest = rest.split("\n\n", 1)[0] if not rest.startswith(("$$", "\\[")) else rest
    rest = _SURELY.sub("", _FILLER.sub("", rest))
    truth = _TRUTH.match(rest)
    if truth:
        return truth[1]
    formula = _formula(rest)
    if formula is not None:
        return formula
    sentence = _IN_BOLD.match(rest)
    if sentence and sentence[0].count("**") == 2:
        return sentence[1].strip()
    stop = _STOP.search(rest)
    content = _BOLD.sub(r"\1", rest[: stop.start()] if stop else rest).strip().strip("*").strip()
    content = _ADVERB_END.sub("", content)
    content = _FOR_WHAT.sub(r"\1", _only_number(number_first(_ASIDE.sub("", _TOWARD.sub("", content))))).rstrip(".,;: ")
    return content[1:-1].strip() if _WRAPPED.fullmatch(content) else content


_TRUTH = re.compile(r"(?:\*\*)?(Yes|No|True|False)(?:\*\*)?[,;:]\s(?!(?:True|False|Yes|No)\b)", re.IGNORECASE)
"""What a reason follows: ``No, 91 is not prime``."""


def number_first(content: str) -> str:
    """`content` from its number on, where only small words stand before it (``the number 8``).

    Names keep theirs (``Vendor 2``).
    """
    return _SMALL_WORDS.sub("", content)


def _only_number(content: str) -> str:
    """The number of a whole sentence that has only one (``Jane left 3 hours ago``); other content as it is."""
    numbers = _SENTENCE_NUMBER.findall(content) if _SENTENCE.match(content) else []
    return numbers[0] if len(numbers) == 1 else content


_SENTENCE = re.compile(r"[A-Z][a-z']*(?: [A-Za-z'-]+){3,}")
_SENTENCE_NUMBER = re.compile(r"(?<![\w.,^_])-?\$?\d[\d,]*(?:\.\d+)?%?(?![\w^])")
_ADVERB_END = re.compile(
    r"(?<=[^\s,]),? (?:obviously|of course|probably|as (?:required|expected|desired|claimed|needed|asked|wanted|well)"
    r"|clearly"
    r"|indeed|right|hopefully|naturally|surely|certainly|for sure|I (?:think|believe|guess|suppose)|presumably"
    r"|apparently"
    r"|respectively)[.!]?$"
)
_FOR_WHAT = re.compile(
    r"^((?:\\?[$£€]\d[\d,]*(?:\.\d+)?|\d[\d,]*(?:\.\d+)?(?: [a-z]+){1,3}?))"
    r" (?:for|in|over|after|during|within) (?:[a-z]+ ){0,2}\d[^=]*$"
)
"""An amount and what it is for, which has a number too: ``$108 for 36 feet of fence``."""
_SMALL_WORDS = re.compile(r"^(?:[a-z][a-z'’]* ){1,6}(?=[-−$\\]?\$?\.?\d)")
_ASIDE = re.compile(
    r"\s*\((?:or|i\.e\.|about|approximately|roughly|that is|in other words|since|because|as)\b[^()]*\)$", re.IGNORECASE
)
_BOLD = re.compile(r"(?<![\w)\]}*])\*\*(?![\s*])([^*\n]{1,400})(?<!\s)\*\*(?!\*)")
"""Bold text; a power has something to raise before its stars."""
_IN_BOLD = re.compile(r"[A-Z][a-z']*(?: [A-Za-z'-]+){1,12} \*\*(\\?\$?[-−]?\d[^*\n]{0,60})(?<!\s)\*\*[^*\n]*")
"""A sentence with its answer in bold: ``The shop sold **366 cakes** over the 3 months.``"""
_GLUED = re.compile(
    r"(?<=[=(/:])\*\*(?![\s*])([^*\n]{1,400})(?<!\s)\*\*(?!\*)"
    r"|(?<![\w)\]}*])\*\*(?![\s*])([^*\n]{1,400})(?<!\s)\*\*(?=[^\s*.,;!?])"
)
"""The same with more of the answer right before or behind it (``**5**/**7**``)."""
_WRAPPED = re.compile(r"\$[^$]+\$")
_DISPLAY = re.compile(r"\$\$(.+?)\$\$|\\\[(.+?)\\\]|\\\((.+?)\\\)(?=\W|$)|\$([^$\n]+)\$(?![\d.])", re.DOTALL)
_MORE = re.compile(r"\s*(?:and|or|,|\\%|%|[a-z]+)")
_PROSE = re.compile(r"(?<![\\a-zA-Z{])[A-Za-z]{3,} [A-Za-z]{2,}(?![^{]*\})")


def _formula(rest: str) -> str | None:
    """The formula that `rest` opens with, where nothing that belongs to the answer follows it."""
    match = _DISPLAY.match(rest)
    if match is None or _MORE.match(rest, match.end()):
        return None
    content = next(filter(None, match.groups()))
    return None if _PROSE.search(content) else content.strip()
