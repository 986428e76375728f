"""Our grader: whether two answers are equal.

A ladder, cheap rungs first: the same text; plain numbers, exactly; the trees of the parser, shape by shape; exact
rationals; floating point, which only rejects; proofs (in a finite field, then sympy in a process of its own). What is no
answer of the grammar is compared as words. Nothing of an answer is ever evaluated, every step is bounded before it is
taken, and results are remembered.

Decided with the default policies, and tested by name: an integer gold is exact; decimals agree to 1e-6; ``50%`` is ``0.5``
and answers ``50``; a unit counts where both sides have one; bare lists have no order, brackets do; an interval is an
inequality; a subscript of a base must be the same on both sides (10 may be left out); a bracket left open is closed; an
answer too large to compute is wrong, not a fault; numbers in words count; what an integer parameter or a constant of
integration is called does not count.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from mammoth_eval.graders import clauses, clock, families, integrals, numbers, phrases, special, structure, symbolic
from mammoth_eval.graders.cleaning import cleaned
from mammoth_eval.graders.parser import parse
from mammoth_eval.graders.tree import Node, Unreadable
from mammoth_eval.graders.vocabulary import PHRASES, SETS, number_in_words
from mammoth_eval.types import LETTERS, Policy, Verdict

VERSION = "6"
DEFAULT = Policy()
_MEMO_CHARS = 2_000
MAX_CHARS = 12_000
"""Longer answers and golds are compared word by word."""
_NUMBER = re.compile(r"\s*+\$?(-?)(\d{1,18}|\d{1,3}(?:,\d{3}){1,5})(?:\.(\d{1,15}))?\s*+\$?\.?\s*+")
_CAPITALS = re.compile("[A-Z]{3,}")
"""Names of points or choices one after another, whose order counts."""
_CAPITAL, _LABELLED = (
    re.compile(r"(?:\\(?:text|math)(?:bf|rm)?\{)?\(?([A-J])\)?\}?"),
    re.compile(
        r"(?:\\(?:text(?:bf|rm)?|math(?:bf|rm)|bf)\s*+\{?\s*+)?\(?([A-J])[.):](?:\s*+\}|(?=[\s~\\]))"
        r"(?:[\s~]|\\[ ,;:!]|\\q?quad)*+(?=\S)"
    ),
)
"""A gold that is a letter, and an answer that has the letter before its text (``C. x = 42``)."""
_LETTER = re.compile(
    r"[\W_]*(?:(?:[Cc]hoice|[Oo]ption|[Aa]nswer)[\W_]+)?(?:\\(?:text|textbf|mathbf|mathrm|boxed)\s*\{[\W_]*){0,3}([A-Ja-j])[\W_]*"
)


def grade(answer: str, gold: str, policy: Policy = DEFAULT, choices: Sequence[str] = ()) -> Verdict:
    """Whether `answer` equals `gold` under `policy`; for a choice problem `gold` is a letter and `choices` are the option texts.

    Never raises for what the two texts hold. An empty gold, or one that passes the bounds, is a fault, and so is a passed deadline.
    """
    if choices:
        return _timed(lambda: _choice(answer, gold, policy, choices))
    if len(answer) + len(gold) > _MEMO_CHARS:
        return _grade(answer, gold, policy)
    try:
        return _remembered(answer, gold, policy)
    except _Unsettled as unsettled:
        return unsettled.verdict


@lru_cache(maxsize=20_000)
def _remembered(answer: str, gold: str, policy: Policy) -> Verdict:
    verdict = _grade(answer, gold, policy)
    if verdict.fault and (clock.runs() or symbolic.is_starting() or verdict.reason == clock.LATE):
        raise _Unsettled(verdict)
    return verdict


class _Unsettled(Exception):
    """A fault that a second asking may settle, alone or with the worker ready: it is not remembered."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


def _grade(answer: str, gold: str, policy: Policy) -> Verdict:
    if not gold.strip():
        return Verdict(False, "string", "the gold is empty", fault=True)
    answer = answer.strip()
    if answer == gold.strip():
        return Verdict(True, "string", "the same text")
    if max(len(answer), len(gold)) > MAX_CHARS:
        equal = answer.split() == gold.split()
        return Verdict(equal, "text", "" if equal else f"more than {MAX_CHARS} characters: compared as words")
    quick = _numbers(answer, gold, policy)
    if quick is not None:
        return quick
    return _timed(lambda: _read(cleaned(answer), cleaned(gold), policy))


def _timed(verdict: Callable[[], Verdict]) -> Verdict:
    """The verdict, or a fault where its time or the stack ends first."""
    own = clock.start()
    try:
        return verdict()
    except clock.Late as late:
        return Verdict(False, "symbolic", str(late), fault=True)
    except RecursionError:  # the caller's stack was nearly full before this was called
        return Verdict(False, "structure", "no stack left for this comparison", fault=True)
    finally:
        if own:
            clock.stop()


def _numbers(answer: str, gold: str, policy: Policy) -> Verdict | None:
    """The verdict where both are plain numbers."""
    right, own = _NUMBER.fullmatch(gold), _NUMBER.fullmatch(answer)
    if right is None or own is None:
        return None
    one, other = _written(right), _written(own)
    equal = numbers.close(one, other, policy)
    return Verdict(equal, "rational" if one.value == other.value or not equal else "numeric", "" if equal else "different numbers")


def _written(match: re.Match[str]) -> numbers.Written:
    sign, whole, decimals = match.groups()
    value = int(whole.replace(",", "") + (decimals or ""))
    value = -value if sign else value
    return numbers.Written(
        Fraction(value, 10 ** len(decimals)) if decimals else Fraction(value), len(decimals) if decimals else None
    )


def _read(answer: str, gold: str, policy: Policy) -> Verdict:
    """The verdict of the trees, or of the words where one of the two has none."""
    if answer == gold and answer:
        return Verdict(True, "string", "the same text")
    labelled = _LABELLED.match(answer)
    if labelled and (letter := _CAPITAL.fullmatch(gold)):
        return Verdict(labelled[1] == letter[1], "choice", "" if labelled[1] == letter[1] else "another letter")
    if labelled and answer.startswith("\\") and not _LABELLED.match(gold):
        answer = answer[labelled.end() :]
    if _CAPITALS.fullmatch(gold) and _CAPITALS.fullmatch(answer):
        return Verdict(False, "text", "other letters")
    found = special.compare(gold, answer) if len(answer) < 60 and len(gold) < 60 else None
    if found is not None:
        return found
    said = clauses.read(gold), clauses.read(answer)
    if any(clause.names for clause in said):
        with contextlib.suppress(Unreadable):
            found = families.compare(*said, policy, tree)
            if found is not None:
                return found
    try:
        right = tree(_points_as_equations(gold, single=bool(_POINT_ALONE.match(answer))))
    except Unreadable as error:
        return _unread_gold(answer, gold, policy, f"the gold: {error}")
    if right.kind in ("num", "dec"):
        answer = _MIXED.sub(r"\1 \2", answer)
    answer = _points_as_equations(answer, single=bool(_POINT_ALONE.match(gold)))
    try:
        own = tree(answer)
        verdict = structure.compare(right, own, policy)
        if not verdict.equal:
            verdict = families.undeclared(right, own, policy) or integrals.compare(right, own, policy) or verdict
    except Unreadable as error:
        verdict = _words(answer, gold, policy, f"the answer: {error}")
    sentence = None if verdict.equal or right.kind == "text" else _SAID.fullmatch(" ".join(_TEXT.sub(r"\1", answer).split()))
    return _read(cleaned(sentence[1] or sentence[2]), gold, policy) if sentence else verdict


_MIXED = re.compile(r"^(-?\d{1,9}) and (\d{1,9}/\d{1,9})$")
"""``5 and 1/4``: a list of two, but not beside one number."""
_A_POINT = re.compile(r"([A-Z]'?(?:_\d)?) ?\(([^()=]*,[^()=]*)\)")
_POINTS = re.compile(rf"{_A_POINT.pattern}(?: ?(?:,|;|and|,and) ?{_A_POINT.pattern})++")
_POINT_ALONE = re.compile(r"(?:[A-Z]'?(?:_\d)? ?= ?)?\(")
_TEXT = re.compile(r"\\(?:text(?:bf|rm)?|mbox|mathrm)\s*\{([^{}]*)\}")
_SAID = re.compile(
    r"[A-Z]\((?:[A-Za-z][\w'-]*+ ?){1,8}\) ?= ?([^=]{1,80})"
    r"|(?:[A-Za-z][\w'-]*,? ){1,20}?(?:is|are|equals|be) (?![^\d]*\b(?:is|are)\b)([^ ].{0,80})"
)
"""A sentence that ends in a value (``The probability is 0.25``), or the value of a function of words (``P(even) = 1/2``)."""


def _points_as_equations(text: str, *, single: bool = False) -> str:
    """``A(1,2), B(3,4)`` as ``A=(1,2), B=(3,4)``, one point alone where it can be nothing else; any other text as it is."""
    points = _POINTS.fullmatch(text) or (single and _A_POINT.fullmatch(text))
    return _A_POINT.sub(r"\1=(\2)", text) if points else text


def _is_value(text: str) -> bool:
    """Whether the text has a tree that is more than words."""
    try:
        return tree(text).kind != "text"
    except Unreadable:
        return False


def _unread_gold(answer: str, gold: str, policy: Policy, reason: str) -> Verdict:
    """The verdict where the gold has no tree: the same words, or a phrase; a fault where it is mathematics that cannot be read."""
    verdict = _words(answer, gold, policy, reason)
    if verdict.equal:
        return verdict
    found = phrases.compare(gold, answer, lambda one, other: grade(other, one, policy).equal, value=_is_value(answer))
    if found is not None:
        return found
    return replace(verdict, fault=not special.known(gold) and bool(_MATHEMATICAL.search(gold) or len(gold) > 60))


def tree(text: str) -> Node:
    """The tree of a cleaned answer. Raises `Unreadable`."""
    made = _tree(text)
    if isinstance(made, str):
        raise Unreadable(made)
    return made


@lru_cache(maxsize=8192)
def _tree(text: str) -> Node | str:
    """The tree, or why there is none."""
    number = number_in_words(text)
    if number is not None:
        return Node("num", number)
    if len(text) < 60 and (named := SETS.get(special.folded(text))):
        return Node("const", named)
    if len(text) < 60 and (said := PHRASES.get(special.folded(text))):
        return Node("text", said)
    try:
        return parse(text)
    except Unreadable as error:
        return parse(re.sub(r"\s+", ", ", text)) if _PARTED.fullmatch(text) else str(error)


_PARTED = re.compile(r"-?[\d.]+(?:\s+-?[\d.]+)+")
"""Numbers parted by spaces alone."""
_MATHEMATICAL = re.compile(r"[\\^=]")
"""In a gold that cannot be read: comparing it as words would not be fair."""


def _words(answer: str, gold: str, policy: Policy, reason: str) -> Verdict:
    """The two as words, because one is no answer of the grammar."""
    verdict = special.texts(gold, answer, policy)
    return verdict if verdict.equal else Verdict(False, "text", f"{verdict.reason}; {reason}")


def _choice(answer: str, gold: str, policy: Policy, choices: Sequence[str]) -> Verdict:
    """The letter of the answer, or the one option that its value equals."""
    letters = LETTERS[: len(choices)]
    wrapped = _LETTER.fullmatch(gold[:60])
    right = wrapped[1].upper() if wrapped else ""
    if right not in letters or not right:
        return Verdict(False, "choice", f"the gold {gold!r} is none of the letters {letters}", fault=True)
    match = (_LETTER.fullmatch(answer) if len(answer) <= 60 else None) or _LABELLED.match(answer.strip()[:_MEMO_CHARS])
    if match and match[1].upper() in letters:
        return Verdict(match[1].upper() == right, "choice", "" if match[1].upper() == right else "another letter")
    if not answer.strip():
        return Verdict(False, "choice", "no answer")
    verdicts = [grade(answer, _option(text), policy) for text in choices]
    equal = [letter for letter, verdict in zip(letters, verdicts, strict=False) if verdict.equal] or _nearest(
        answer, choices, policy
    )
    if len(equal) > 1:  # `True, False` is a list without order, and one of the options word by word
        equal = [letter for letter, text in zip(letters, choices, strict=False) if _alike(text, answer)] or equal
    undecided = next((verdict for verdict in verdicts if verdict.fault and verdict.rung == "symbolic"), None)
    if undecided and not equal:
        return Verdict(False, "choice", undecided.reason, fault=True)
    if len(equal) != 1:
        return Verdict(False, "choice", f"{len(equal)} options equal the value")
    return Verdict(equal[0] == right, "choice", f"the value is option {equal[0]}")


def _alike(option: str, answer: str) -> bool:
    return special.folded(_option(option)) == special.folded(answer)


_OPTION_LETTER = re.compile(r"^\s*\(?[A-J]\s*[).:]\s*")


def _option(text: str) -> str:
    return _OPTION_LETTER.sub("", text) or text


def _nearest(answer: str, choices: Sequence[str], policy: Policy) -> list[str]:
    """The options that a decimal of two digits or more is when rounded to its places."""
    match = _NUMBER.fullmatch(answer)
    if match is None or not match[3] or len((match[2] + match[3]).strip("0")) < 2:
        return []
    rounded = Policy(decimals="rounded", percent=policy.percent, units=policy.units)
    return [letter for letter, text in zip(LETTERS, choices, strict=False) if _rounds(_option(text), answer, rounded)]


def _rounds(option: str, answer: str, policy: Policy) -> bool:
    return grade(option, answer.strip().strip("$."), policy).equal
