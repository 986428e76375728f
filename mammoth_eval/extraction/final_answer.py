"""The answer in a chain of thought, or in what a program printed.

An explicit marker decides: the last box that is not empty, or the last phrase (``The answer is``, ``Answer:``,
``####``, ``<answer>``), whichever comes later; boxes are a list only where they stand beside each other. Without a
marker: the short text itself, else what its closing sentence states, else its last number. What a model goes on to
write after the answer (``Question:``, ``### Instruction``) is cut before anything is searched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mammoth_eval.extraction import choice_letter
from mammoth_eval.extraction.boxed import last_box
from mammoth_eval.extraction.closing.equations import is_derivation, side
from mammoth_eval.extraction.closing.sentence import stated
from mammoth_eval.extraction.reply import MAX_CHARS, reply
from mammoth_eval.extraction.triggers import last_phrase, number_first
from mammoth_eval.types import Form

_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.\u00c0-\u03ff])[-−]?[ ]?[$£€]?[-−]?(?:\d{1,4}[ ](?=\d{1,3}/\d))?(?:\d{1,3}(?:,\d{3})+"
    r"|\d+)?(?:\.\d+)?(?<=\d)"
    r"(?:[eE][-+]?\d+(?!\w))?(?:\s?/\s?\d+(?![\d/.]\d))?(?:\s?\\?%|\s(?:thousand|million|billion)(?!\w))?"
)
_WORD = re.compile(r"[A-Za-z]{2,}")
_MATH = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
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
_LATEX = re.compile(r"\\[a-zA-Z]+|[_^={]")
_LABEL = re.compile(r"^[A-Za-z][A-Za-z '\-]*[A-Za-z]\s*:\s+(?=\S)")
_SHORT_LABEL = re.compile(r"^(?:A|Ans|Result|Solution|Output)\s*[:=]\s*")
_MAX_LINE = 2_000
_NOTHING = {"none", "nan", "null", "[]", "set()", "()", "undefined"}
"""Printed by a program that found nothing."""


def from_text(text: str, *, form: Form, choices: Sequence[str] = (), truncated: bool = False) -> str | None:
    """The answer in a chain of thought; None where there is none.

    A choice problem gives its letter, or the value where no letter is named and no option plainly is that value.
    `truncated`: the completion was cut off, so that only an explicit marker counts.
    """
    body = reply(text, truncated=truncated)
    marked = _marked(body)
    if form == "choice":
        return choice_letter.answer(marked, "" if truncated else body, choices, _unmarked)
    if marked is not None:
        return marked
    return None if truncated else _unmarked(body)


def from_stdout(stdout: str, *, form: Form, choices: Sequence[str] = ()) -> str | None:
    """The answer that a program printed: its last non-empty line (more lines where brackets opened before).

    None where there is none.
    """
    line = last_line(stdout[-MAX_CHARS:])
    marked = _marked(line)
    value = marked if marked is not None else _LABEL.sub("", line).strip()
    if value.lower() in _NOTHING or not value:
        return None
    if form == "choice":
        return choice_letter.answer(value, value, choices, _unmarked)
    return _unmarked(value) if marked is None and len(_WORD.findall(value)) > 3 and _PROSE.search(value) else value


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


def _marked(body: str) -> str | None:
    """What the deciding marker says; None where there is no marker with something in it."""
    box, phrase = last_box(body), last_phrase(body)
    if box and (phrase is None or phrase.start < box.end):
        return box.text
    return phrase.text if phrase else None


def _unmarked(body: str) -> str | None:
    """The answer of a text that marks none.

    A closing formula, the short text itself, else what its last sentence says.
    """
    printed = _PRINTED.search(body[-2 * _MAX_LINE :])
    if printed and printed[1].strip():
        return last_line(printed[1])
    body = (body[:-_IDLE_CHARS] + _IDLE_END.sub("", body[-_IDLE_CHARS:])).rstrip()
    for _ in range(_MAX_DRAWINGS):
        if not body.endswith("[/asy]"):
            break
        body = body[: body.rfind("[asy]")].rstrip() or body
    lines = [line.strip()[-_MAX_LINE:] for line in body[-_MAX_LINES * _MAX_LINE :].split("\n") if line.strip()]
    if not lines:
        return None
    if len(lines) > 1:
        lines[-1] = _BULLET.sub("", lines[-1])
    block = _closing_block(body)
    if block is not None:
        return side(block)
    if len(lines) == 1 and _is_value(_MATH.sub(_without_formula, lines[0])):
        announced, formula = _ANNOUNCED.fullmatch(lines[0]), _MATH.fullmatch(lines[0])
        if announced:
            return announced[1].strip()
        if formula and is_derivation(inner := next(filter(None, formula.groups()))):
            return side(inner)
        return number_first(_SHORT_LABEL.sub("", lines[0]))
    if _is_formula(lines[-1]):
        return side(lines[-1])
    tried = 0
    for line in reversed(lines[-_MAX_LINES:]):
        if line.startswith("```") or tried >= _MAX_TRIED:
            break
        for sentence in reversed(_SENTENCES.split(line)):
            tried += 1
            found = None if _REMARK.match(sentence) else _said(sentence, body[: max(body.rfind(sentence), 0)])
            if found is not None and (line is lines[-1] or not _LONE_NAME.fullmatch(found)):
                return found
    return _last_number(body) or (lines[-1] if len(lines[-1]) <= 40 else None)


def _without_formula(match: re.Match[str]) -> str:
    """Nothing in the place of a formula; what stands between two amounts of money stays."""
    return match[0] if match[2] and _PROSE.search(match[2]) else " "


def _is_value(line: str) -> bool:
    """Whether a line is an answer alone: two words at most, or an expression whose names have signs between them."""
    if _OTHER_SCRIPT.search(line):
        return False
    words = [word.lower() for word in _WORD.findall(line)]
    return not _REASONING.intersection(words) and (len(words) <= 2 or not _PROSE.search(line))


def _is_formula(line: str) -> bool:
    """Whether a line is one formula of LaTeX that was written to its end, without dollars."""
    bare = _COMMAND.sub(" ", line)
    balanced = all(bare.count(one) == bare.count(other) for one, other in ("{}", "()"))
    return bare != line and balanced and line[-1] not in "+-*/=\\(" and "$" not in line and not _WORD.search(bare)


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


def _said(sentence: str, before: str = "") -> str | None:
    """The value that a sentence states, sets in bold, writes as its last formula; else its last number.

    Of several numbers that which was computed last counts, in the sentence or in the text `before`.
    """
    value = stated(sentence)
    if value is not None:
        return value
    bold = _BOLD.search(sentence)
    if bold and sentence.count("**") == 2:
        return _said(bold[1])
    segments: list[str] = [next(filter(None, match.groups())) for match in _MATH.finditer(sentence)]
    for segment in reversed(segments):
        value = side(segment)
        if (
            value
            and not value.endswith(_UNFINISHED)
            and (_LATEX.search(segment) or (any(char.isdigit() for char in segment) and not _WORD.search(segment)))
        ):
            return value
    equations = _EQUATIONS.search(sentence)
    if equations:
        return equations[1]
    rounded = _ROUNDED_END.search(sentence)
    if rounded:
        return rounded[1]
    aside = _main_clause(_ASIDE_END.sub("", sentence))
    return _computed(aside, before) or _last_number(aside) or _last_number(sentence)


def _main_clause(sentence: str) -> str:
    """The sentence without an end that has a number of its own and does not state the answer, if a number is left."""
    for end in (_CONTRAST_END, _KNOWN_END, *([_TIME_END] if _NUMBER_LEADS.match(sentence) else [])):
        rest = end.sub("", sentence)
        sentence = rest if _last_number(rest) else sentence
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


def _last_number(body: str) -> str | None:
    numbers = _numbers(body[-20_000:])
    return numbers[-1] if numbers else None


def _numbers(text: str) -> list[str]:
    return [match[0].strip() for match in _NUMBER.finditer(text) if any(char.isdigit() for char in match[0])]
