"""Our grader: whether two answers are equal.

A ladder, cheap rungs first: the same text; plain numbers, exactly; the trees of the parser, shape by shape; exact
rationals; floating point, which only rejects; proofs (in a finite field, then sympy in a process of its own). What is
no answer of the grammar is compared as words. Nothing of an answer is ever evaluated, every step is bounded before it
is taken, and results are remembered.

Decided with the default policies, and tested by name: an integer gold is exact; decimals agree to 1e-6; ``50%`` is
``0.5`` and answers ``50``; a unit counts where both sides have one, and a measure is no noun's (``12 kg`` is not
``12 apples``); each coefficient of a formula has to be equal within the tolerance; ``10 to 20`` is neither of its
ends; bare lists have no order, brackets and numbers in a row (``3 1 2``) do; an interval is an inequality; a
subscript of a base must be the same on both sides (10 may be left out); a bracket left open is closed; an answer too
large to compute is wrong, not a fault; numbers in words count; what an integer parameter or a constant of
integration is called does not count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Self

from mammoth_eval.graders import choice, deadline
from mammoth_eval.graders.compare import answers
from mammoth_eval.graders.compare.answers import Question
from mammoth_eval.graders.equal import numbers
from mammoth_eval.graders.equal.sympy_client import SympyClient, serving
from mammoth_eval.graders.normalize import cleaned
from mammoth_eval.graders.parse.reading import Trees
from mammoth_eval.types import Policy, Verdict

VERSION = "7"
DEFAULT = Policy()
MAX_CHARS = 12_000
"""Longer answers and golds are compared word by word."""
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])(-?\d+),(\d{1,2}|\d{4,})(?![\d.,])")
"""Three digits behind a comma are thousands in either reading of it."""
_MEMO_CHARS = 2_000
_CAPITALS = re.compile("[A-Z]{3,}")
"""Names of points or choices one after another, whose order counts."""


def empty_gold(asked: Question) -> Verdict | None:
    """Nothing to compare with."""
    return None if asked.gold else Verdict(False, "string", "the gold is empty", fault=True)


def same_text(asked: Question) -> Verdict | None:
    """Sign for sign."""
    return Verdict(True, "string", "the same text") if asked.answer and asked.answer == asked.gold else None


def overlong(asked: Question) -> Verdict | None:
    """A text past what the parser reads: word by word."""
    if max(len(asked.answer), len(asked.gold)) <= MAX_CHARS:
        return None
    equal = asked.answer.split() == asked.gold.split()
    return Verdict(equal, "text", "" if equal else f"more than {MAX_CHARS} characters: compared as words")


def plain_numbers(asked: Question) -> Verdict | None:
    """Both are digits, signs and points alone."""
    gold = numbers.plain(asked.gold)
    answer = None if gold is None else numbers.plain(asked.answer)
    if gold is None or answer is None:
        return None
    equal = numbers.close(gold, answer, asked.policy)
    rung = "rational" if gold.value == answer.value or not equal else "numeric"
    return Verdict(equal, rung, "" if equal else "different numbers")


def letter(asked: Question) -> Verdict | None:
    """The gold is a letter, and the answer has one before its text."""
    return choice.letter_verdict(asked.answer, asked.gold)


def capitals(asked: Question) -> Verdict | None:
    """Both are names of points in a row: ``ABC`` is not ``ACB``."""
    both = _CAPITALS.fullmatch(asked.gold) and _CAPITALS.fullmatch(asked.answer)
    return Verdict(False, "text", "other letters") if both else None


Rung = Callable[[Question], Verdict | None]
"""The verdict on a question; None where the next rung has to say."""
AS_WRITTEN: tuple[Rung, ...] = (empty_gold, same_text, overlong, plain_numbers)
NORMALIZED: tuple[Rung, ...] = (same_text, letter)
WITHOUT_LETTER: tuple[Rung, ...] = (capitals, answers.times_dates_and_truth, answers.whole_numbers, answers.parameters)
"""Rungs in order: on the texts as they are, on what is left when wrapping is off, and when a choice's letter is too."""


def _first(rungs: Sequence[Rung], asked: Question) -> Verdict | None:
    for rung in rungs:
        verdict = rung(asked)
        if verdict is not None:
            return verdict
    return None


def normalized(asked: Question) -> Verdict:
    """The verdict of the first rung that has one, on normalized texts. Raises `deadline.Late`."""
    verdict = _first(NORMALIZED, asked)
    if verdict is None:
        asked = asked._replace(answer=choice.without_letter(asked.answer, asked.gold))
        verdict = _first(WITHOUT_LETTER, asked)
    return verdict or answers.trees(asked, normalized)


class _Unsettled(Exception):
    """A fault of time, which a second asking may settle, alone or with sympy loaded: it is not remembered."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


class Grader:
    """Grades pairs of texts; remembers verdicts and trees; has a sympy process from the first proof until it is closed.

    Threads may share one. After a fork each side has a process of its own. A closed grader that is asked again starts
    anew.
    """

    def __init__(self, memory: int = 20_000) -> None:
        self._trees = Trees()
        self._sympy = SympyClient()
        self._remembered = lru_cache(maxsize=memory)(self._settled)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the sympy process, and forget."""
        self._sympy.close()
        self._trees = Trees()
        self._remembered.cache_clear()

    def grade(self, answer: str, gold: str, policy: Policy = DEFAULT, choices: Sequence[str] = ()) -> Verdict:
        """Whether `answer` equals `gold` under `policy`; with `choices`, the option texts, `gold` is a letter.

        Never raises for what the two texts hold. An empty gold, or one that passes the bounds, is a fault, and so is
        a passed deadline.
        """
        if choices:
            return self._timed(lambda: choice.grade(answer, gold, policy, choices, self.grade))
        if len(answer) + len(gold) > _MEMO_CHARS:
            return self._decided(answer, gold, policy)
        try:
            return self._remembered(answer, gold, policy)
        except _Unsettled as unsettled:
            return unsettled.verdict

    def _settled(self, answer: str, gold: str, policy: Policy) -> Verdict:
        """The verdict, if it is one to remember. Raises `_Unsettled`."""
        verdict = self._decided(answer, gold, policy)
        if verdict.fault and (deadline.runs() or verdict.rung == "symbolic"):  # the proof itself is remembered below
            raise _Unsettled(verdict)
        return verdict

    def _decided(self, answer: str, gold: str, policy: Policy) -> Verdict:
        if policy.decimal_comma:
            answer, gold = (_DECIMAL_COMMA.sub(r"\1.\2", text) for text in (answer, gold))
        asked = Question(
            answer.strip(), gold.strip(), policy, self._trees, lambda own, right: self.grade(own, right, policy).equal
        )
        verdict = _first(AS_WRITTEN, asked)
        if verdict is not None:
            return verdict
        return self._timed(lambda: normalized(asked._replace(answer=cleaned(asked.answer), gold=cleaned(asked.gold))))

    def _timed(self, verdict: Callable[[], Verdict]) -> Verdict:
        """The verdict, or a fault where its time or the stack ends first; parts run on the time of the whole."""
        try:
            with deadline.running(), serving(self._sympy):
                return verdict()
        except deadline.Late as late:
            return Verdict(False, "symbolic", str(late), fault=True)
        except RecursionError:  # the caller's stack was nearly full before this was called
            return Verdict(False, "structure", "no stack left for this comparison", fault=True)


@cache
def default() -> Grader:
    """The grader of this process, made on first use; its sympy process ends with this one."""
    return Grader()


def grade(answer: str, gold: str, policy: Policy = DEFAULT, choices: Sequence[str] = ()) -> Verdict:
    """What the `default` grader says; see `Grader.grade`."""
    return default().grade(answer, gold, policy, choices)
