"""The answer of a text that marks none.

The block that it ends with, where a program's output is shown; the displayed formula that it ends with; the short text
itself; else what its last sentences say, the last one first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mammoth_eval.extraction.announced import number_first
from mammoth_eval.extraction.closing.equations import is_derivation, side
from mammoth_eval.extraction.closing.last_value import MATH, WORD, last_number, last_value
from mammoth_eval.extraction.doubts import is_refusal

_PROSE = re.compile(r"[A-Za-z]{2,}[;:]? +(?:[A-Za-z]{2,}|\d)")
"""Words side by side; a printed expression has signs between its names."""
_REASONING = frozenset(
    {
        "so",
        "thus",
        "hence",
        "therefore",
        "then",
        "since",
        "because",
        "we",
        "get",
        "gives",
        "is",
        "are",
        "equals",
        "leaves",
    }
)
_SHORT_LABEL = re.compile(r"^(?:A|Ans|Result|Solution|Output)\s*[:=]\s*")
_MAX_LINE = 2_000
_OTHER_SCRIPT = re.compile(r"[\u0400-\u052f\u0590-\u06ff\u0900-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2}")
"""Words in Cyrillic, Hebrew, Arabic, Indian, Thai, Japanese, Chinese or Korean letters."""
_COMMAND = re.compile(r"\\(?:text(?:bf|rm)?|mathrm|mbox)\{[^{}]*\}|\\[A-Za-z]+")
_LONE_NAME = re.compile(r"[A-Za-z]")
_PRINTED = re.compile(r"```(?:output|text|plaintext)[ \t]*\n((?:(?!```)[^\0])*+)(?:```\s*+)?$")
"""The block that a text ends with, in which it shows what a program printed."""
_BULLET = re.compile(r"^[-*•]\s+")
_MAX_LINES = 20
_MAX_TRIED = 4
"""Sentences that are read, from the last one on; a line is read to its end."""
_MAX_DRAWINGS = 20
_REMARK = re.compile(
    r"\W{0,4}(?:(?:Check(?:ing)?|Verif(?:y|ying|ication)|Double[- ]check)(?: \([^()]{0,40}\))?\W{0,4}:"
    r"|(?:To|(?:We|You) can|Let['’]s) (?:check|verify|confirm)\b(?!.{0,400}\b(?:so|thus|hence|therefore)\b)"
    r"|(?:Let me know|I hope|Hope (?:this|that)|Feel free|If you (?:have|need|want|would)|Please|Thanks?|Good luck"
    r"|Happy to"
    r"|Would you)\b"
    r"|[A-Z][^?=]{0,400}\?\W{0,3}$)",
)
"""A sentence that says no answer: a check, a courtesy, a question."""
_IDLE_CHARS = 120
_IDLE_END = re.compile(r"(?:\s*+(?:I hope (?:it|this) is correct\.?|-{3,}+|\*{3,}+|`{3,}+))++\s*+$")
_SENTENCES = re.compile(r"(?:(?<=[.!?])|(?<=[.!?]\$)|(?<=[.!?]\$\$))\s+(?=[A-Z])")
_ANNOUNCED = re.compile(r"[A-Z][a-z]+:?\s*(?:\$\$?|\\\(|\\\[)\s*([^$]+?)\s*(?:\$\$?|\\\)|\\\])\.?")
"""``Answer $9$``: a word, a formula and nothing else."""


def answer(body: str) -> str | None:
    """The answer of a text that marks none; None where it has none."""
    printed = _PRINTED.search(body[-2 * _MAX_LINE :])
    if printed and printed[1].strip():
        return last_line(printed[1])
    body = _without_idle_end(_without_notes(body))
    lines = _last_lines(body)
    if not lines or is_refusal(_SENTENCES.split(lines[-1])[-1]):
        return None
    block = _closing_block(body)
    if block is not None:
        return side(block)
    if len(lines) == 1 and _is_value(MATH.sub(_without_formula, lines[0])):
        return _of_value(lines[0])
    if _is_formula(lines[-1]):
        return side(lines[-1])
    found = _of_sentences(lines, body)
    if found is not None:
        return found
    return last_number(body) or (lines[-1] if len(lines[-1]) <= 40 else None)


def _without_notes(body: str) -> str:
    """The text up to a last section that explains or checks what was said before it."""
    notes = _NOTES.search(body[-_MAX_LINES * _MAX_LINE :])
    kept = body[: len(body) - len(notes[0])] if notes else ""
    return kept if kept.strip() else body


_NOTES = re.compile(
    r"\n[ \t]*#{1,6}[ \t]*\**(?:why|notes?|check|verif|explanation|remark|reason|proof|sanity|comment)[^\n]*\n[^\0]*$",
    re.IGNORECASE,
)
"""The heading of such a section and all behind it."""


def _without_idle_end(body: str) -> str:
    """The text without courtesies, lines and drawings at its end."""
    body = (body[:-_IDLE_CHARS] + _IDLE_END.sub("", body[-_IDLE_CHARS:])).rstrip()
    for _ in range(_MAX_DRAWINGS):
        if not body.endswith("[/asy]"):
            break
        body = body[: body.rfind("[asy]")].rstrip() or body
    return body


def _last_lines(body: str) -> list[str]:
    """The last lines that are not empty, the last of several without the bullet before it."""
    lines = [line.strip()[-_MAX_LINE:] for line in body[-_MAX_LINES * _MAX_LINE :].split("\n") if line.strip()]
    if len(lines) > 1:
        lines[-1] = _BULLET.sub("", lines[-1])
    return lines


def _of_value(line: str) -> str | None:
    """The answer that a line is as a whole: the formula behind a word, a derivation's end, or all of it."""
    announced, formula = _ANNOUNCED.fullmatch(line), MATH.fullmatch(line)
    if announced:
        return announced[1].strip()
    inner = next(filter(None, formula.groups())) if formula else ""
    if inner and is_derivation(inner):
        return side(inner)
    return number_first(_SHORT_LABEL.sub("", line))


def _of_sentences(lines: Sequence[str], body: str) -> str | None:
    """What the last sentence that says a value says; a lone letter counts in the last line alone."""
    tried = 0
    for line in reversed(lines[-_MAX_LINES:]):
        if line.startswith("```") or tried >= _MAX_TRIED:
            break
        for sentence in reversed(_SENTENCES.split(line)):
            tried += 1
            found = None if _REMARK.match(sentence) else last_value(sentence, body[: max(body.rfind(sentence), 0)])
            if found is not None and (line is lines[-1] or not _LONE_NAME.fullmatch(found)):
                return found
    return None


def last_line(stdout: str) -> str:
    """The last non-empty line, with the lines before it that its closing brackets belong to (a printed matrix)."""
    lines = stdout.rstrip().split("\n")
    first, depth = len(lines), 0
    for line in reversed(lines[-200:]):
        first -= 1
        depth += sum(line.count(char) for char in "])}") - sum(line.count(char) for char in "[({")
        if depth <= 0:
            return "\n".join(lines[first:]).strip()
    return lines[-1].strip()


def _without_formula(match: re.Match[str]) -> str:
    """Nothing in the place of a formula; what stands between two amounts of money stays."""
    return match[0] if match[2] and _PROSE.search(match[2]) else " "


def _is_value(line: str) -> bool:
    """Whether a line is an answer alone: two words at most, or an expression whose names have signs between them."""
    if _OTHER_SCRIPT.search(line):
        return False
    words = [word.lower() for word in WORD.findall(line)]
    return not _REASONING.intersection(words) and (len(words) <= 2 or not _PROSE.search(line))


def is_prose(text: str) -> bool:
    """Whether a text is a sentence rather than a value: more than three words, some of them side by side."""
    return len(WORD.findall(text)) > 3 and bool(_PROSE.search(text))


def _is_formula(line: str) -> bool:
    """Whether a line is one formula of LaTeX that was written to its end, without dollars."""
    bare = _COMMAND.sub(" ", line)
    balanced = all(bare.count(one) == bare.count(other) for one, other in ("{}", "()"))
    return bare != line and balanced and line[-1] not in "+-*/=\\(" and "$" not in line and not WORD.search(bare)


def _closing_block(body: str) -> str | None:
    """The displayed formula that the text ends with, where it stands on lines of its own."""
    tail = body.rstrip(" .\n")
    rows = _ROWS.search(tail[-_MAX_LINE:])
    if rows:
        last = [row for row in re.split(r"\\\\(?:\[[^\]]{0,9}\])?", rows[1]) if row.strip()][-1:]
        return last[0].replace("&", "").strip() if last else None
    for opening, closing in (("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"), ("$", "$")):
        if tail.endswith(closing):
            start = tail.rfind(opening, 0, len(tail) - len(closing))
            content = tail[start + len(opening) : -len(closing)] if start >= 0 else ""
            return content.strip() if "\n" in content and content.strip() and len(content) < _MAX_LINE else None
    return None


_KINDS = r"(?:align|aligned|gather|gathered|eqnarray|equation|split)\*?"
_ROWS = re.compile(
    rf"\\begin\{{{_KINDS}\}}((?:(?!\\begin\{{)[^\0]){{1,1900}}?)\\end\{{{_KINDS}\}}[\s.]*+(?:\\\]|\$\$)?+[\s.]*+$"
)
"""Lines of a derivation, of which the last one says the result."""
