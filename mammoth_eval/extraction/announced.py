"""The answer that follows an announcing phrase: a list's items, a formula, or what its sentence says up to its end."""

from __future__ import annotations

import re

from mammoth_eval.extraction import doubts

_STOP = re.compile(
    r"。|(?<!\d)(?<!\bRs)(?<!\bsq)(?<!\bcu)(?<!\bapprox)\.(?=\s|$|\*|\")|(?<=\d)\.(?=\s*$|\s+[A-Z])|(?<=\d)\.(?=\s)|\n"
    r"|!(?=\s|$)(?!\s*[=×*·/+−])(?!(?<=[\d)]!) (?:- ?\d|[a-z]))|(?<=\S)\*\*(?=\s|$)"
    r"|\s+(?:rather than|instead of)\b|\s+(?:because|since|as we|so that|which (?:is|means)|where|I hope)\b"
    r"|\s+for (?:all|any|every) (?=[$\\A-Za-z])"
    r"|[.,;] (?:(?:so|and the|since|because|as (?:there|it|this|the|each|all"
    r"|both|one|no|they|we)|which|we|not)\b|i\.e\.)"
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


def answer(rest: str) -> str:
    """The answer that `rest`, what follows a phrase, says.

    The items of a list; else to the end of the sentence, or of the formula that it opens with. Empty where it says
    none.
    """
    rest = _GLUED.sub(lambda match: match[1] or match[2], rest).lstrip(" \t:：*✅✔☑")
    if rest.startswith("}"):  # the phrase stood in a command: ``$\textbf{Answer: } 5$``
        rest = rest[1:].split("\n", 1)[0].rstrip(" .$")
    if rest.startswith("\n"):
        listed = _listed(rest)
        if listed:
            return listed
        rest = rest.lstrip()
        rest = rest.split("\n\n", 1)[0] if not rest.startswith(("$$", "\\[")) else rest
    denied = _DENIED.match(rest)
    if denied and not denied["then"]:
        return ""
    rest = rest[denied.end() :] if denied else rest
    return "" if doubts.says_nothing(rest) else _said(rest)


def _said(rest: str) -> str:
    """The answer to the end of the sentence, or of the formula that it opens with."""
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
    stop = _STOP.search(_FORMULA.sub(_without_stops, rest))
    content = _BOLD.sub(r"\1", rest[: stop.start()] if stop else rest).strip().strip("*").strip()
    content = _ADVERB_END.sub("", content)
    content = _FOR_WHAT.sub(r"\1", _only_number(number_first(_ASIDE.sub("", _TOWARD.sub("", content))))).rstrip(".,;: ")
    content = _COPULA_END.sub("", _PER.sub(r"\1", content))
    return content[1:-1].strip() if _WRAPPED.fullmatch(content) else content


_TRUTH = re.compile(r"(?:\*\*)?(Yes|No|True|False)(?:\*\*)?[,;:]\s(?!(?:True|False|Yes|No)\b)", re.IGNORECASE)
"""What a reason follows: ``No, 91 is not prime``."""


_FORMULA = re.compile(
    r"\$(?!\s)((?:[^$\n\\]|\\[^\n]){1,400})\$(?!\d)|\\\(([^\n]{1,400}?)\\\)|\\\[((?:(?!\\\]).){1,400})\\\]", re.DOTALL
)
"""A formula, in which ``!`` and ``.`` end no sentence."""


def _without_stops(match: re.Match[str]) -> str:
    """As many letters as a formula has, in its place; prose between two amounts of money stays."""
    return match[0] if _PROSE.search(match[0]) else "x" * len(match[0])


_ITEM = r"(?:\$[^$\n]{1,60}\$|\\\([^\n]{1,60}?\\\)|\(?[A-J]\)?(?![\w'])|-?\$?\d+(?:[.,/]\d+)*%?)"
_ITEMS = rf"\**{_ITEM}\**(?:(?:,| and| or| nor|, nor|, or)* (?:not )?\**{_ITEM}\**){{0,4}}"
_THEN = (
    r"(?P<then>(?:,? but\b|[,.;] (?:but|so|hence|thus|therefore|rather|instead|then|(?:it|this)(?: is|['’]s)"
    r"|the answer is|which leaves)\b"
    r"|[.;] (?=\W*(?:[A-J]\b|\$?\d))|,? leaves\b|,? leaving\b)(?: (?:rather|instead|now|actually|only|it is|it['’]s"
    r"|the answer is|option))*[ ,:]*)?"
)
_DENIED = re.compile(
    r"(?:I (?:think|believe)(?: that)? )?"
    rf"(?:(?:(?:(?:it|this|that) )?(?:is |can(?:not| not|['’]t) be |isn['’]t |could not be )?(?:not|neither"
    rf"|no longer)|(?:it|this|that) can(?:not|['’]t) be"
    rf"|eliminating|excluding) {_ITEMS}(?:, not {_ITEM})*(?: (?:works?|fits?|holds?|is (?:right|correct|possible)))?"
    rf"|{_ITEMS} (?:is|are) (?:not|wrong|incorrect|false|impossible|too \w+)\b[^.,;\n]{{0,30}}){_THEN}",
    re.IGNORECASE,
)
"""What the answer is not (``not 5``), and the words that lead to what it is (``but``)."""
_PER = re.compile(r"^(\\?[$£€]?\d[\d,]*(?:\.\d+)?)\s?/\s?[A-Za-z]{3,}(?: [a-z]+){0,8}$")
"""An amount for each of something: ``$800/week``."""
_COPULA_END = re.compile(r"\s*(?:です|だ|입니다|이다)$")
_BULLET = re.compile(r"[ \t]*(?:[-*•–>](?=[ \t])|\(?(?:\d{1,2}|[a-h]|[ivx]{1,4})[.)](?=\s))[ \t]+(.*)")
_NAME = re.compile(r"^(?:\([a-h]|[ivx]{1,4}\)|[A-Za-z][A-Za-z ]{1,24}:\**)\s+|^\((?:[a-h]|[ivx]{1,4}|\d)\)\s+")
_MAX_ITEMS, _MAX_WORDS = 12, 6


def _listed(rest: str) -> str | None:
    """The values of the list that opens right behind a phrase; None where there is none, or an item is no value."""
    items: list[str] = []
    for line in filter(str.strip, rest.split("\n")):
        bullet = _BULLET.fullmatch(line.rstrip())
        if bullet is None or len(items) == _MAX_ITEMS:
            break
        item = _said(_NAME.sub("", bullet[1].replace("**", "").strip()))
        if not any(char.isdigit() or char in "\\=" for char in item) or len(item.split()) > _MAX_WORDS:
            return None
        items.append(item)
    return ", ".join(dict.fromkeys(items)) or None


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
    r"^((?:\\?[$£€]\d[\d,]*(?:\.\d+)?|\d[\d,]*(?:\.\d+)?(?: [a-z]+){1,5}?))"
    r" (?:(?:for|in|over|after|during|within) (?:[a-z]+ ){0,3}\d[^=]*|between [a-z ]{1,60})$"
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
_DISPLAY = re.compile(r"\$\$(.+?)\$\$|\\\[(.+?)\\\]|\\\((.+?)\\\)(?=\W|$)|\$([^$\n]+)\$(?!\d|\.\d)", re.DOTALL)
_MORE = re.compile(r"\s*(?:and|or|,|\\%|%|[a-z]+)")
_PROSE = re.compile(r"(?<![\\a-zA-Z{])[A-Za-z]{3,} [A-Za-z]{2,}(?![^{]*\})")


def _formula(rest: str) -> str | None:
    """The formula that `rest` opens with, where nothing that belongs to the answer follows it."""
    match = _DISPLAY.match(rest)
    if match is None or _MORE.match(rest, match.end()):
        return None
    content = next(filter(None, match.groups()))
    return None if _PROSE.search(content) else content.strip()
