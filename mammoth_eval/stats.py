"""Records -> summaries: accuracy with its interval, outcomes that sum to N, and what the hybrid did.

Intervals are Wilson's (J. Am. Stat. Assoc. 22, 1927) at 95 % for one set; a mean over sets is unweighted, as in the paper, and its
interval puts the sets' own together (MOVER: Zou and Donner, Stat. Med. 27, 2008), so that four sets of zeros are not certain.
pass@k is the unbiased estimate of arXiv 2107.03374.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mammoth_eval.records import AnyAttempt, AnyAttemptScore, AnyRecord, AnyScore
from mammoth_eval.types import OUTCOMES, Method, Outcome

Z95 = 1.959963984540054
"""Two-sided 95 % point of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An accuracy in percent with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def half(self) -> float:
        """Half the width: what is printed behind ±."""
        return (self.high - self.low) / 2


@dataclass(frozen=True, slots=True)
class Summary:
    """One benchmark of one run, read in one way."""

    benchmark: str
    reading: str
    """``cot``, ``pot``, ``hybrid``, ``oracle`` (right by either), or the decoding's own name."""
    n: int
    outcomes: Mapping[Outcome, int]
    """Sum to `n`."""
    accuracy: Interval
    """Over the problems that are not void."""
    by_path: Mapping[str, int] = field(default_factory=dict)
    """How many answers came by ``pot``, ``cot``, ``match``."""
    fallback: int = 0
    """Problems on which the program gave no answer, so that words were asked for."""
    saved: int = 0
    """Fallbacks whose answer is right."""
    hurt: int | None = None
    """Problems on which the program's wrong answer stood in the way of a right one in words; known only where both were asked."""
    pot_failures: Mapping[str, int] = field(default_factory=dict)
    """Why programs gave no answer."""
    pass_at: Mapping[int, float] = field(default_factory=dict)
    """k -> unbiased pass@k in percent, where several samples were drawn."""
    prompt_tokens: int = 0
    completion_tokens: int = 0


def wilson(correct: int, n: int) -> Interval:
    """Accuracy of `correct` out of `n` in percent with Wilson's 95 % interval; 0 to 100 where n is 0."""
    if n == 0:
        return Interval(0.0, 0.0, 100.0)
    share, spread = correct / n, Z95 * Z95 / n
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(share * (1 - share) * spread + spread * spread / 4) / (1 + spread)
    return Interval(100 * share, max(0.0, 100 * (middle - half)), min(100.0, 100 * (middle + half)))


def mean(cells: Sequence[Summary]) -> Interval | None:
    """The unweighted mean of several sets' accuracies; None for no sets."""
    if not cells:
        return None
    value = sum(one.accuracy.value for one in cells) / len(cells)
    below = math.hypot(*(one.accuracy.value - one.accuracy.low for one in cells)) / len(cells)
    above = math.hypot(*(one.accuracy.high - one.accuracy.value for one in cells)) / len(cells)
    return Interval(value, value - below, value + above)


def pass_at_k(n: int, correct: int, k: int) -> float:
    """The chance that at least one of k samples, drawn without replacement from n of which `correct` are right, is right."""
    if not 1 <= k <= n:
        raise ValueError(f"pass@{k} needs between 1 and {n} samples")
    return 1.0 - math.comb(n - correct, k) / math.comb(n, k)


@dataclass(slots=True)
class _Case:
    """Records that tables cannot tell apart, under one grader: most of a million are among a few hundred of these."""

    score: AnyScore
    """Of the first of them; the others differ in answers at most."""
    methods: tuple[Method, ...]
    """Of the attempts."""
    failures: tuple[str, ...]
    void: bool
    count: int = 0
    prompt_tokens: list[int] = field(default_factory=list)
    """By attempt, summed over the records."""
    completion_tokens: list[int] = field(default_factory=list)


def summarize(records: Iterable[AnyRecord], grader: str, decoding: str) -> list[Summary]:
    """Every reading of every benchmark in `records` under `grader`; benchmarks in the order of their first record.

    A run of decoding ``both`` is read as CoT, PoT, hybrid and oracle, any other as itself. Records are read once and not kept.
    Raises `KeyError` where a record has no score by `grader`.
    """
    benchmarks: dict[str, dict[tuple[Any, ...], _Case]] = {}
    for record in records:
        cases = benchmarks.setdefault(record.problem.benchmark, {})
        _count(cases, record, record.scores[grader])
    return [
        _summary(name, reading, list(cases.values()), decoding)
        for name, cases in benchmarks.items()
        for reading in readings(decoding)
    ]


def readings(decoding: str) -> tuple[str, ...]:
    """The ways in which tables read a run of `decoding`."""
    return ("cot", "pot", "hybrid", "oracle") if decoding == "both" else (decoding,)


def _count(cases: dict[tuple[Any, ...], _Case], record: AnyRecord, score: AnyScore) -> None:
    """Add one record to the case that it is of."""
    # With several samples a vote is among answers; with one, only whether there is an answer moves a figure.
    votes = len(score.samples) > 1
    scored: Sequence[AnyAttemptScore] = score.attempts
    attempts: Sequence[AnyAttempt] = record.attempts
    parts = tuple([(one.method, one.outcome, one.sample, _ballot(one) if votes else one.answer is not None) for one in scored])
    methods = tuple([one.method for one in attempts])
    failures = tuple(_failures(attempts, scored))
    key = (score.outcome, score.path, parts, score.samples, failures, methods, bool(record.fault))
    case = cases.get(key)
    if case is None:
        zeros = [0] * len(methods)
        case = cases[key] = _Case(score, methods, failures, bool(record.fault), 0, zeros, zeros.copy())
    case.count += 1
    for place, attempt in enumerate(attempts):
        case.prompt_tokens[place] += attempt.completion.prompt_tokens
        case.completion_tokens[place] += attempt.completion.completion_tokens


def _summary(benchmark: str, reading: str, cases: Sequence[_Case], decoding: str) -> Summary:
    outcomes: Counter[Outcome] = Counter()
    by_path: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    spent = [0, 0]
    for case in cases:
        found = decided(case.score, reading)
        outcomes[found.outcome] += case.count
        if found.path is not None:
            by_path[found.path] += case.count
        failures.update({why: case.failures.count(why) * case.count for why in case.failures} if reading != "cot" else {})
        for place, method in enumerate(case.methods):
            if decoding != "both" or _is_spent(method, place, case.score, reading):
                spent[0] += case.prompt_tokens[place]
                spent[1] += case.completion_tokens[place]
    fallen = [case for case in cases if fell_back(case.score)] if reading not in ("cot", "pot", "oracle") else []
    return Summary(
        benchmark=benchmark,
        reading=reading,
        n=sum(case.count for case in cases),
        outcomes={outcome: outcomes[outcome] for outcome in OUTCOMES},
        accuracy=wilson(outcomes["correct"], _scored(outcomes)),
        by_path=dict(by_path),
        fallback=sum(case.count for case in fallen),
        saved=sum(case.count for case in fallen if case.score.outcome == "correct"),
        hurt=sum(case.count for case in cases if was_hurt(case.score)) if reading == "hybrid" and _both(cases) else None,
        pot_failures=dict(failures.most_common()),
        pass_at=_pass_at(cases, reading),
        prompt_tokens=spent[0],
        completion_tokens=spent[1],
    )


def _is_spent(method: Method, place: int, score: AnyScore, reading: str) -> bool:
    """Whether a model decoded in this way alone would have made the attempt by `method` at `place` of a ``both`` run."""
    if reading != "hybrid" or method == "pot":
        return reading in (method, "oracle", "hybrid")
    scored: Sequence[AnyAttemptScore] = score.attempts
    sample = scored[place].sample if scored else 0
    return any(one.method == "pot" and one.sample == sample and one.answer is None for one in scored)


@dataclass(frozen=True, slots=True)
class Decided:
    """What counts of one score under one reading."""

    answer: str | None
    outcome: Outcome
    path: Method | None
    """The method that gave the answer; None where there is none."""


def decided(score: AnyScore, reading: str) -> Decided:
    """The answer, outcome and path of one score, read as `reading`.

    ``cot`` and ``pot`` look at that method's attempts alone (of several samples, at the answer that most of them gave), ``oracle``
    at the better of these two; any other reading is the score's own.
    """
    asked = dict.fromkeys(one.method for one in score.attempts)
    if reading not in ("cot", "pot", "oracle") or set(asked) <= {reading}:
        return Decided(score.answer, score.outcome, score.path)
    if reading == "oracle":
        return min((decided(score, method) for method in asked), key=lambda one: _ORACLE_ORDER.index(one.outcome))
    if reading not in asked:
        raise ValueError(f"nothing was asked for by {reading}: attempts by {', '.join(asked)}")
    best = _most_common([one for one in score.attempts if one.method == reading])
    return Decided(best.answer, best.outcome, best.method if best.answer is not None else None)


def _most_common(attempts: Sequence[AnyAttemptScore]) -> AnyAttemptScore:
    """The first attempt with the answer that most have; the first of all where none has one."""
    votes = Counter(_ballot(one) for one in attempts)
    votes[None] = 0
    return max(attempts, key=lambda one: votes[_ballot(one)])


def _ballot(one: AnyAttemptScore) -> int | str | None:
    """What an attempt votes for; records of before `vote` was kept vote word for word."""
    return one.answer if one.vote is None else one.vote


_ORACLE_ORDER: tuple[Outcome, ...] = ("correct", "fault", "wrong", "truncated", "no_answer")
"""The better of two attempts first; a fault before a wrong answer, since it hides whether the oracle would have been right."""


def fell_back(score: AnyScore) -> bool:
    """Whether programs were asked for, none of them gave an answer, and words were asked for."""
    programs = [one.answer for one in score.attempts if one.method == "pot"]
    return bool(programs) and set(programs) == {None} and any(one.method == "cot" for one in score.attempts)


def was_hurt(score: AnyScore) -> bool:
    """Whether a program's wrong answer stood in the way of a right one in words."""
    asked = any(one.method == "cot" for one in score.attempts)
    return score.path == "pot" and score.outcome == "wrong" and asked and decided(score, "cot").outcome == "correct"


def _both(cases: Sequence[_Case]) -> bool:
    """Whether program and words were asked for on every problem that is not void."""
    return all({"pot", "cot"} <= set(case.methods) for case in cases if not case.void)


def pot_failures(record: AnyRecord, grader: str) -> Iterator[str]:
    """Why each program of `record` gave no answer under `grader`.

    One of ``no program``, ``truncated``, a status (``timeout``, ``memory``, ...), an exception's name, ``empty output``,
    ``no answer in output``.
    """
    return iter(_failures(record.attempts, record.scores[grader].attempts))


def _failures(attempts: Sequence[AnyAttempt], scored: Sequence[AnyAttemptScore]) -> list[str]:
    return [_why(one) for one, found in zip(attempts, scored, strict=False) if found.answer is None and one.method == "pot"]


def _why(attempt: AnyAttempt) -> str:
    if attempt.execution is None:
        return "no program" if attempt.completion.finish_reason == "stop" else "truncated"
    if attempt.execution.status == "error":
        return attempt.execution.error.partition(":")[0].strip() or "error"
    if attempt.execution.status != "ok":
        return attempt.execution.status
    return "no answer in output" if attempt.execution.stdout.strip() else "empty output"


def _pass_at(cases: Sequence[_Case], reading: str) -> dict[int, float]:
    """pass@k in percent for k = 1, 2, 4, ... and n, over the records with several samples."""
    drawn = [(_sampled(case.score, reading), case.count) for case in cases if case.score.samples and case.score.outcome != "fault"]
    if not drawn:
        return {}
    n = min(len(samples) for samples, _ in drawn)
    total = sum(count for _, count in drawn)
    sizes = sorted({1, n} | {2**power for power in range(1, 12) if 2**power < n})
    return {
        k: 100 * sum(count * pass_at_k(len(samples), samples.count("correct"), k) for samples, count in drawn) / total
        for k in sizes
    }


def _sampled(score: AnyScore, reading: str) -> list[Outcome]:
    """The outcome of each sample under `reading`."""
    scored: Sequence[AnyAttemptScore] = score.attempts
    if reading not in ("cot", "pot", "oracle") or {one.method for one in scored} <= {reading}:
        return list(score.samples)
    found: dict[int, list[Outcome]] = {}
    for one in scored:
        if reading in (one.method, "oracle"):
            found.setdefault(one.sample, []).append(one.outcome)
    return [min(outcomes, key=_ORACLE_ORDER.index) for outcomes in found.values()]


def _scored(outcomes: Mapping[Outcome, int]) -> int:
    """Problems that are not void."""
    return sum(count for outcome, count in outcomes.items() if outcome != "fault")
