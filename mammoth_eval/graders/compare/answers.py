"""The ladder's last rungs: two normalized answers as trees, or as words where one is no answer of the grammar."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from mammoth_eval.graders.compare import families, integers, integrals, notations, phrases, sentences, shapes, texts
from mammoth_eval.graders.normalize import cleaned
from mammoth_eval.graders.parse import clauses, reading
from mammoth_eval.graders.parse.nodes import Decimal, Node, Number, Text, Unreadable
from mammoth_eval.types import Policy, Verdict

_SHORT = 60
"""Characters of a time, a date or a word of truth; a longer gold that cannot be read is a fault."""
_MATHEMATICAL = re.compile(r"[\\^=]")
"""In a gold that cannot be read: comparing it as words would not be fair."""


class Question(NamedTuple):
    """Two texts to compare, and what a rung needs of the grader that asks."""

    answer: str
    gold: str
    policy: Policy
    tree: Callable[[str], Node]
    """The tree of a normalized text. Raises `Unreadable`."""
    equal: Callable[[str, str], bool]
    """Whether an answer equals a gold: for parts of the two, from the first rung on."""


def times_dates_and_truth(asked: Question) -> Verdict | None:
    """Both are times, dates, ordinals, or words of truth."""
    if max(len(asked.answer), len(asked.gold)) >= _SHORT:
        return None
    return texts.compare(asked.gold, asked.answer)


def whole_numbers(asked: Question) -> Verdict | None:
    """Both are sets of integers, in words or in signs."""
    return integers.compare(asked.gold, asked.answer, asked.tree)


def parameters(asked: Question) -> Verdict | None:
    """One of the two says in words what a letter runs over."""
    gold, answer = clauses.read(asked.gold), clauses.read(asked.answer)
    if gold.names or answer.names:
        with contextlib.suppress(Unreadable):
            return families.compare(gold, answer, asked.policy, asked.tree)
    return None


def trees(asked: Question, ladder: Callable[[Question], Verdict]) -> Verdict:
    """Shape by shape; of a sentence that is not equal, the value that it ends in goes down the ladder again.

    Beside numbers in a row order counts.
    """
    if reading.is_row(asked.gold):
        asked = asked._replace(policy=replace(asked.policy, order="list"))
    try:
        right = asked.tree(notations.points(asked.gold, asked.answer))
    except Unreadable as error:
        return _unread_gold(asked, f"the gold: {error}")
    verdict = _against(asked, right)
    if not verdict.equal and asked.policy.text == "fold" and sentences.says(asked.gold, asked.answer):
        return Verdict(True, "text", "the name in the sentence")
    dozens = None if verdict.equal else notations.by_dozens(asked.answer)
    if dozens is not None:
        return _against(asked._replace(answer=dozens), right)
    said = None if verdict.equal or isinstance(right, Text) else notations.value_said(asked.answer)
    return verdict if said is None else ladder(asked._replace(answer=cleaned(said)))


def _against(asked: Question, right: Node) -> Verdict:
    """The verdict on the answer beside the gold's tree."""
    answer = notations.number(asked.answer) if isinstance(right, Number | Decimal) else asked.answer
    answer = notations.points(answer, asked.gold)
    try:
        own = asked.tree(answer)
        verdict = shapes.compare(right, own, asked.policy)
        if verdict.equal:
            return verdict
        return families.undeclared(right, own, asked.policy) or integrals.compare(right, own, asked.policy) or verdict
    except Unreadable as error:
        return _words(answer, asked.gold, asked.policy, f"the answer: {error}")


def _unread_gold(asked: Question, reason: str) -> Verdict:
    """The verdict where the gold has no tree: the same words, or a phrase; a fault where it is mathematics."""
    gold, answer = asked.gold, asked.answer
    verdict = _words(answer, gold, asked.policy, reason)
    if verdict.equal:
        return verdict
    found = phrases.compare(gold, answer, lambda one, other: asked.equal(other, one), value=_is_value(asked))
    if found is not None:
        return found
    unread = bool(_MATHEMATICAL.search(gold)) or len(gold) > _SHORT
    return replace(verdict, fault=unread and not texts.known(gold) and not _is_family(asked))


def _is_family(asked: Question) -> bool:
    """Whether the gold is a readable answer behind which a clause says what a letter runs over."""
    clause = clauses.read(asked.gold)
    with contextlib.suppress(Unreadable):
        return bool(clause.names) and not isinstance(asked.tree(clause.body), Text)
    return False


def _is_value(asked: Question) -> bool:
    """Whether the answer has a tree that is more than words."""
    try:
        return not isinstance(asked.tree(asked.answer), Text)
    except Unreadable:
        return False


def _words(answer: str, gold: str, policy: Policy, reason: str) -> Verdict:
    """The two as words, because one is no answer of the grammar."""
    verdict = texts.texts(gold, answer, policy)
    return verdict if verdict.equal else Verdict(False, "text", f"{verdict.reason}; {reason}")
