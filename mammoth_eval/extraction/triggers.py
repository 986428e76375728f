r"""Marks that announce an answer: ``The answer is``, ``Answer:``, ``####``, ``<answer>``, ``{"answer": ...}``.

A mark counts where an answer follows it. ``####`` is GSM8K's mark before a value, else the heading of a section. A
phrase that only speaks of an answer (`doubts`) is passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from mammoth_eval.extraction import announced, doubts
from mammoth_eval.extraction.boxed import Marked

_TAG = re.compile(r"[<\[](final[_ ]?answer|answer|final)[>\]](.*?)(?:[<\[]/\1[>\]]|\Z)", re.DOTALL | re.IGNORECASE)
_OPENING_TAG = re.compile(r"[<\[](?:final[_ ]?answer|answer|final)[>\]]", re.IGNORECASE)
_JSON = re.compile(
    r"\"(?:final[_ ]?)?answer\"\s*:\s*(\"(?:[^\"\\\n]|\\.)*+\"|\[[^\[\]\n]*+\]|[^\s\",{}\[\]]++)(?=\s*[,}])",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"(?<!#)####(?!#)|\banswers?\b|\b(?:correct|right|best)[ \t]{1,4}(?:choice|option)\b|答案|故选|答え|정답"
    r"|\b(?:r[ée]ponse|respuesta|antwort|resposta|risposta|ответ)\b",
    re.IGNORECASE,
)
_VERB = (
    r"(?:is|are|was|would be|will be|must be|should be|equals|est|es|ist|lautet|é|è)\b[ \t]*:?(?:[ \t]*(?=n['’]t\b))?"
)
_ANNOUNCES = re.compile(
    rf"\**(?:[ \t]+(?:choice|option|finale?))?(?:[ \t]+to [^.\n:]{{1,60}}?)?"
    rf"(?:[ \t]+(?:{_VERB}|(?P<negated>isn['’]t\b))|[ \t✅✔☑]*\**[ \t]*[:=：]|[是为은는は]|(?<=故选))",
    re.IGNORECASE,
)
_TITLE = re.compile(r"\**[ \t]*(?=\n)")
_BEFORE_TITLE = re.compile(
    r"(?:\A|\n)[ \t#*>]*(?:\d{1,2}[.)] )?[*]*(?:(?:the|your|my) )?(?:(?:final|correct) )?\Z", re.IGNORECASE
)
_CELL = re.compile(r"\**[ \t]*\|([^|\n]+)\|")
_BEFORE_CELL = re.compile(r"\|[ \t*]*(?:final )?\Z", re.IGNORECASE)
_AFTER_HASHES = re.compile(r"[ \t]*(?:(?:The )?(?:final )?answers?\b\**(?: is)?:?)?", re.IGNORECASE)
_VALUE_HEAD = re.compile(
    r"[ \t*]*(?:(?!\d{1,2}[.):] ?[A-Z*]|\d{1,2}\.\d* [A-Z]|\d[A-Z]{1,2}\b|\d{1,2} [A-Z][a-z]+[^\n]*\n\s*\S)"
    r"[-−+±(\[{|√\\$£€¥ ]*(?:\d|\.\d)|[-(\[{|]*[$\\√π∞∅](?![^\n$]*\$-)|\(?[A-J]\)?[.]?[ \t*]*(?:\n|\Z)|[^\n]{0,60}=)"
)
"""What a value starts with; a number before a title (``1. Find the sum``) is none."""
_WORDS_HEAD = re.compile(
    r"(?!\W*(?:Step|Case|Part|Note|Check|Verif|Conclusion|Explanation|Solution|Final|Result|Summary|Sanity|Remark|Proof"
    r"|Question|Given|Approach)\w*\b)[^\n:?]{1,40}\Z"
)
_MAX_KEYS = 60
"""Of the places where a phrase may stand, the last ones are looked at."""
_MAX_REST = 2_000
_MAX_TAGS = 20


def phrases(text: str, *, truncated: bool = False) -> Iterator[Marked]:
    """The marks with an answer behind them, the last one first; a tag or a key of JSON before all others.

    `truncated`: the text was cut off, so that what a tag holds that is not closed is a part of an answer.
    """
    explicit = _tagged(text, truncated=truncated) or _keyed(text)
    if explicit:
        yield explicit
    for key in reversed(list(_KEY.finditer(text))[-_MAX_KEYS:]):
        phrase = _phrase(text, key)
        if phrase:
            yield phrase


def _tagged(text: str, *, truncated: bool) -> Marked | None:
    for opening in reversed(list(_OPENING_TAG.finditer(text))[-_MAX_TAGS:]):
        tag = _TAG.match(text, opening.start())
        closed = tag is not None and tag[0].endswith((">", "]")) and tag.end(2) < tag.end()
        if tag and tag[2].strip() and (closed or not truncated) and not (tag[0][0] == "[" and not closed):
            return Marked(tag.start(), tag.end(), tag[2].strip())
    return None


def _keyed(text: str) -> Marked | None:
    """The value of the last key ``answer`` of JSON."""
    found = list(_JSON.finditer(text))[-1:] if '"' in text else []
    if not found:
        return None
    value = found[0][1]
    if value.startswith('"'):
        try:
            value = str(json.loads(value))
        except ValueError:  # LaTeX with its backslashes written once
            value = value[1:-1]
    value = value.strip(" []")
    return Marked(found[0].start(), found[0].end(), value) if value and value != "null" else None


def _phrase(text: str, key: re.Match[str]) -> Marked | None:
    """The phrase with its answer; None where none follows, or the phrase only speaks of one."""
    if key[0] == "####":
        return _after_hashes(text, key)
    said = _ANNOUNCES.match(text, key.end())
    lead = text[max(key.start() - 40, 0) : key.start()]
    cell = _CELL.match(text, key.end())
    if cell and _BEFORE_CELL.search(lead):
        return Marked(key.start(), cell.end(), cell[1].strip(" *"))
    if said is None and _BEFORE_TITLE.search(lead):
        said = _TITLE.match(text, key.end())
    if said is None or doubts.is_doubted(text, key.start()):
        return None
    rest = text[said.end() : said.end() + _MAX_REST]
    negated = "negated" in said.re.groupindex and said["negated"]
    content = announced.answer(f"not{rest}" if negated else rest)
    if not content or _opens_reasoning(content, text, said.end()):
        return None
    supposed = "would" in said[0].lower()
    return Marked(key.start(), said.end(), content, supposed or doubts.is_weak(rest) or doubts.is_weak(content))


def _after_hashes(text: str, key: re.Match[str]) -> Marked | None:
    said = _AFTER_HASHES.match(text, key.end())
    end = said.end() if said else key.end()
    named = text[key.end() : end].strip()
    if not (named or _VALUE_HEAD.match(text, end) or _WORDS_HEAD.match(text, end)):
        return None
    content = announced.answer(text[end : end + _MAX_REST])
    return Marked(key.start(), end, content) if content else None


def _opens_reasoning(content: str, text: str, end: int) -> bool:
    """Whether the phrase heads the whole reply.

    Its first sentence sets out (``Answer: Let x be ...``) and more follow.
    """
    return bool(_SETS_OUT.match(content)) and len(text) - end > 2 * len(content) + 20


_SETS_OUT = re.compile(
    r"(?:Let(?: us|['’]s)?|We|First|To|Since|Given|If|Suppose|Assume|Consider|Note|According) [^=]*$"
)
