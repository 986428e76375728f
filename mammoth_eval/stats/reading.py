"""How a record is read: by the decoding's own answer, by one method alone, or by the better of two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mammoth_eval.errors import StoreError
from mammoth_eval.store.records import AnyAttempt, AnyAttemptScore, AnyRecord, AnyScore
from mammoth_eval.types import Method, Outcome


def readings(decoding: str) -> tuple[str, ...]:
    """The ways in which tables read a run of `decoding`, in their order."""
    return ("cot", "pot", "hybrid", "oracle") if decoding == "both" else (decoding,)


def readable(decoding: str) -> tuple[str, ...]:
    """The ways in which a run of `decoding` can be compared, its own (`own_reading`) first.

    Of a hybrid the programs are read as well; its chain of thought was asked for only where these failed.
    """
    if decoding == "both":
        return (own_reading(decoding), "pot", "cot", "oracle")
    return (decoding, "pot") if decoding in ("hybrid", "mammoth") else (decoding,)


def own_reading(decoding: str) -> str:
    """What the answers of a run of `decoding` are read as: the hybrid where both methods were asked."""
    return "hybrid" if decoding == "both" else decoding


@dataclass(frozen=True, slots=True)
class Decided:
    """What counts of one score under one reading."""

    answer: str | None
    outcome: Outcome
    path: Method | None
    """The method that gave the answer; None where there is none."""


def decided(score: AnyScore, reading: str) -> Decided:
    """The answer, outcome and path of one score, read as `reading`.

    ``cot`` and ``pot`` look at that method's attempts alone (of several samples, at the answer that most of them gave),
    ``oracle`` at the better of these two; any other reading is the score's own. Raises `StoreError` for a score without
    attempts by the method.
    """
    asked = dict.fromkeys(attempt.method for attempt in score.attempts)
    if reading not in ("cot", "pot", "oracle") or set(asked) <= {reading}:
        return Decided(score.answer, score.outcome, score.path)
    if reading == "oracle":
        return min((decided(score, method) for method in asked), key=lambda read: _ORACLE_ORDER.index(read.outcome))
    if reading not in asked:
        raise StoreError(f"a record has nothing that was asked by {reading}, only by {', '.join(asked) or 'nothing'}")
    best = _most_common([attempt for attempt in score.attempts if attempt.method == reading])
    return Decided(best.answer, best.outcome, best.method if best.answer is not None else None)


def _most_common(attempts: Sequence[AnyAttemptScore]) -> AnyAttemptScore:
    """The first attempt with the answer that most have; the first of all where none has one."""
    votes = Counter(ballot(attempt) for attempt in attempts)
    votes[None] = 0
    return max(attempts, key=lambda attempt: votes[ballot(attempt)])


def ballot(attempt: AnyAttemptScore) -> int | str | None:
    """What an attempt votes for; records of before `vote` was kept vote word for word."""
    return attempt.answer if attempt.vote is None else attempt.vote


_ORACLE_ORDER: tuple[Outcome, ...] = ("correct", "fault", "wrong", "truncated", "no_answer")
"""The better of two attempts first.

A fault before a wrong answer, since it hides whether the oracle would have been right.
"""


def fell_back(score: AnyScore) -> bool:
    """Whether programs were asked for, none of them gave an answer, and words were asked for."""
    programs = [attempt.answer for attempt in score.attempts if attempt.method == "pot"]
    return bool(programs) and set(programs) == {None} and any(attempt.method == "cot" for attempt in score.attempts)


def was_lost(score: AnyScore) -> bool:
    """Whether a program's wrong answer stood in the way of a right one in words."""
    asked = any(attempt.method == "cot" for attempt in score.attempts)
    return score.path == "pot" and score.outcome == "wrong" and asked and decided(score, "cot").outcome == "correct"


def pot_failures(record: AnyRecord, grader: str) -> Iterator[str]:
    """Why each program of `record` gave no answer under `grader`.

    One of ``no program``, ``truncated``, a status (``timeout``, ``memory``, ...), an exception's name, ``empty
    output``, ``no answer in output``.
    """
    return iter(program_failures(record.attempts, record.scores[grader].attempts))


def program_failures(attempts: Sequence[AnyAttempt], scored: Sequence[AnyAttemptScore]) -> list[str]:
    """Why each program among `attempts` gave no answer, in order; `scored` are their readings."""
    return [
        _why(attempt)
        for attempt, reading in zip(attempts, scored, strict=False)
        if reading.answer is None and attempt.method == "pot"
    ]


def _why(attempt: AnyAttempt) -> str:
    if attempt.execution is None:
        return "truncated" if attempt.completion.finish_reason in ("length", "context") else "no program"
    if attempt.execution.status == "error":
        return attempt.execution.error.partition(":")[0].strip() or "error"
    if attempt.execution.status != "ok":
        return attempt.execution.status
    return "no answer in output" if attempt.execution.stdout.strip() else "empty output"


def sampled(score: AnyScore, reading: str) -> list[Outcome]:
    """The outcome of each sample under `reading`."""
    scored: Sequence[AnyAttemptScore] = score.attempts
    if reading not in ("cot", "pot", "oracle") or {attempt.method for attempt in scored} <= {reading}:
        return list(score.samples)
    by_sample: dict[int, list[Outcome]] = {}
    for attempt in scored:
        if reading in (attempt.method, "oracle"):
            by_sample.setdefault(attempt.sample, []).append(attempt.outcome)
    return [min(outcomes, key=_ORACLE_ORDER.index) for outcomes in by_sample.values()]
