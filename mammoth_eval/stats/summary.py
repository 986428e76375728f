"""Records -> summaries: accuracy with its interval, outcomes that sum to N, and what the hybrid did.

A mean over sets is unweighted, as in the paper, and its interval puts the sets' own together (MOVER: Zou and Donner,
Stat. Med. 27, 2008), so that four sets of zeros are not certain.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from mammoth_eval.stats.intervals import Interval, pass_at_k, wilson
from mammoth_eval.stats.reading import ballot, decided, fell_back, program_failures, readings, sampled, was_lost
from mammoth_eval.store.records import AnyAttempt, AnyAttemptScore, AnyRecord, AnyScore
from mammoth_eval.types import OUTCOMES, Method, Outcome


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
    """Over the problems that are not errored."""
    by_path: Mapping[str, int] = field(default_factory=dict)
    """How many answers came by ``pot``, ``cot``, ``match``."""
    fallback: int = 0
    """Problems on which the program gave no answer, so that chain of thought was asked for."""
    recovered: int = 0
    """Fallbacks whose answer is right."""
    lost: int | None = None
    """Problems on which the program's wrong answer stood in the way of a right one in words.

    Known only where both were asked.
    """
    pot_failures: Mapping[str, int] = field(default_factory=dict)
    """Why programs gave no answer."""
    pass_at: Mapping[int, float] = field(default_factory=dict)
    """k -> unbiased pass@k in percent, where several samples were drawn."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    thought_tokens: int = 0
    """Of the completions' tokens, those of thoughts, as far as they are known; of all attempts."""
    unfinished: int = 0
    """Truncated problems on which a thought did not end."""
    budget_bound: int = 0
    """Thoughts that were cut off at their budget; of all attempts."""
    withheld: int = 0
    """Problems without an answer for which a server withheld a completion (a content filter)."""
    asked: int | None = None
    """Problems that the run is to ask; None where that is not known."""

    @property
    def bounds(self) -> tuple[float, float]:
        """The accuracy in percent if every errored problem were wrong, and if every one were right."""
        right, errored = self.outcomes.get("correct", 0), self.outcomes.get("fault", 0)
        return (100 * right / self.n, 100 * (right + errored) / self.n) if self.n else (0.0, 100.0)

    @property
    def whole(self) -> bool:
        """Whether every problem has its record, as far as is known."""
        return self.asked is None or self.n >= self.asked


def mean(cells: Sequence[Summary], *, partial: bool = False) -> Interval | None:
    """The unweighted mean of several sets' accuracies.

    None for no sets, for a set without a record and, unless `partial` is true, for one that is not whole.
    """
    if not all(cell.n and (partial or cell.whole) for cell in cells) or not cells:
        return None
    value = sum(cell.accuracy.value for cell in cells) / len(cells)
    below = math.hypot(*(cell.accuracy.value - cell.accuracy.low for cell in cells)) / len(cells)
    above = math.hypot(*(cell.accuracy.high - cell.accuracy.value for cell in cells)) / len(cells)
    return Interval(value, value - below, value + above)


@dataclass(slots=True)
class _Case:
    """Records that tables cannot tell apart, under one grader: most of a million are among a few hundred of these."""

    score: AnyScore
    """Of the first of them; the others differ in answers at most."""
    methods: tuple[Method, ...]
    """Of the attempts."""
    failures: tuple[str, ...]
    errored: bool
    unfinished: bool
    """The thought of one of the attempts did not end."""
    withheld: bool
    """A server withheld the completion of one of the attempts."""
    count: int = 0
    prompt_tokens: list[int] = field(default_factory=list)
    """By attempt, summed over the records."""
    completion_tokens: list[int] = field(default_factory=list)
    thought_tokens: int = 0
    budget_bound: int = 0
    """Thoughts that were cut off at their budget."""


def summarize(
    records: Iterable[AnyRecord], grader: str, decoding: str, asked: Mapping[str, int] = MappingProxyType({})
) -> list[Summary]:
    """Every reading of every benchmark in `records` under `grader`; benchmarks in the order of their first record.

    A run of decoding ``both`` is read as CoT, PoT, hybrid and oracle, any other as itself. Records are read once and
    not kept. `asked`: how many problems of each benchmark the run is to ask; those without a record come last, empty.
    Raises `KeyError` where a record has no score by `grader`.
    """
    benchmarks: dict[str, dict[tuple[Any, ...], _Case]] = {}
    for record in records:
        cases = benchmarks.setdefault(record.problem.benchmark, {})
        _count(cases, record, record.scores[grader])
    return [
        _summary(name, reading, list(benchmarks.get(name, {}).values()), decoding, asked.get(name))
        for name in dict.fromkeys((*benchmarks, *asked))
        for reading in readings(decoding)
    ]


def _count(cases: dict[tuple[Any, ...], _Case], record: AnyRecord, score: AnyScore) -> None:
    """Add one record to the case that it is of."""
    # With several samples a vote is among answers; with one, only whether there is an answer moves a figure.
    votes = len(score.samples) > 1
    scored: Sequence[AnyAttemptScore] = score.attempts
    attempts: Sequence[AnyAttempt] = record.attempts
    parts = tuple(
        [
            (attempt.method, attempt.outcome, attempt.sample, ballot(attempt) if votes else attempt.answer is not None)
            for attempt in scored
        ]
    )
    methods = tuple([attempt.method for attempt in attempts])
    failures = tuple(program_failures(attempts, scored))
    unfinished = any(attempt.completion.unfinished for attempt in attempts)
    withheld = any(attempt.completion.finish_reason == "filtered" for attempt in attempts)
    errored = bool(record.fault)
    key = (score.outcome, score.path, parts, score.samples, failures, methods, errored, unfinished, withheld)
    case = cases.get(key)
    if case is None:
        zeros = [0] * len(methods)
        case = cases[key] = _Case(score, methods, failures, errored, unfinished, withheld, 0, zeros, zeros.copy())
    case.count += 1
    for place, attempt in enumerate(attempts):
        case.prompt_tokens[place] += attempt.completion.prompt_tokens
        case.completion_tokens[place] += attempt.completion.completion_tokens
        case.thought_tokens += attempt.completion.thought_tokens or 0
        case.budget_bound += attempt.completion.budget_bound


def _summary(benchmark: str, reading: str, cases: Sequence[_Case], decoding: str, asked: int | None) -> Summary:
    outcomes: Counter[Outcome] = Counter()
    by_path: Counter[str] = Counter()
    unfinished = withheld = 0
    for case in cases:
        counted = decided(case.score, reading)
        outcomes[counted.outcome] += case.count
        if counted.path is not None:
            by_path[counted.path] += case.count
        unfinished += case.count * (case.unfinished and counted.outcome == "truncated")
        withheld += case.count * (case.withheld and counted.outcome == "no_answer")
    fallen = [case for case in cases if fell_back(case.score)] if reading not in ("cot", "pot", "oracle") else []
    prompt_tokens, completion_tokens = _tokens(cases, reading, decoding)
    return Summary(
        benchmark=benchmark,
        reading=reading,
        n=_size(cases),
        outcomes={outcome: outcomes[outcome] for outcome in OUTCOMES},
        accuracy=wilson(outcomes["correct"], _scored(outcomes)),
        by_path=dict(by_path),
        fallback=_size(fallen),
        recovered=_size([case for case in fallen if case.score.outcome == "correct"]),
        lost=_lost(cases) if reading == "hybrid" else None,
        pot_failures=_failures(cases) if reading != "cot" else {},
        pass_at=_pass_at(cases, reading),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        thought_tokens=sum(case.thought_tokens for case in cases),
        unfinished=unfinished,
        budget_bound=sum(case.budget_bound for case in cases),
        withheld=withheld,
        asked=asked,
    )


def _size(cases: Sequence[_Case]) -> int:
    """How many problems the cases are of."""
    return sum(case.count for case in cases)


def _lost(cases: Sequence[_Case]) -> int | None:
    """Problems on which a program's wrong answer stood in the way; None where not both were asked on every problem."""
    return _size([case for case in cases if was_lost(case.score)]) if _both(cases) else None


def _failures(cases: Sequence[_Case]) -> dict[str, int]:
    """Why programs gave no answer, the most frequent reason first."""
    failures: Counter[str] = Counter()
    for case in cases:
        for why in case.failures:
            failures[why] += case.count
    return dict(failures.most_common())


def _tokens(cases: Sequence[_Case], reading: str, decoding: str) -> tuple[int, int]:
    """Tokens of the prompts and of the completions that decoding in the way of `reading` alone would have spent."""
    prompts = completions = 0
    for case in cases:
        for place, method in enumerate(case.methods):
            if decoding != "both" or _is_spent(method, place, case.score, reading):
                prompts += case.prompt_tokens[place]
                completions += case.completion_tokens[place]
    return prompts, completions


def _is_spent(method: Method, place: int, score: AnyScore, reading: str) -> bool:
    """Whether a model decoded in this way alone would have made the attempt at `place`, by `method`, of ``both``."""
    if reading != "hybrid" or method == "pot":
        return reading in (method, "oracle", "hybrid")
    scored: Sequence[AnyAttemptScore] = score.attempts
    sample = scored[place].sample if scored else 0
    return any(attempt.method == "pot" and attempt.sample == sample and attempt.answer is None for attempt in scored)


def _both(cases: Sequence[_Case]) -> bool:
    """Whether both methods were asked for on every problem that is not errored."""
    return all({"pot", "cot"} <= set(case.methods) for case in cases if not case.errored)


def _pass_at(cases: Sequence[_Case], reading: str) -> dict[int, float]:
    """pass@k in percent for k = 1, 2, 4, ... and n, over the records with several samples."""
    drawn = [
        (sampled(case.score, reading), case.count)
        for case in cases
        if case.score.samples and case.score.outcome != "fault"
    ]
    if not drawn:
        return {}
    n = min(len(samples) for samples, _ in drawn)
    total = sum(count for _, count in drawn)
    sizes = sorted({1, n} | {2**power for power in range(1, 12) if 2**power < n})
    return {
        k: 100 * sum(count * pass_at_k(len(samples), samples.count("correct"), k) for samples, count in drawn) / total
        for k in sizes
    }


def _scored(outcomes: Mapping[Outcome, int]) -> int:
    """Problems that are not errored."""
    return sum(count for outcome, count in outcomes.items() if outcome != "fault")
