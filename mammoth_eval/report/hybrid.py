"""What the hybrid did: PoT, CoT, hybrid and oracle side by side, what was recovered and lost, why programs failed, what
each path cost; by benchmark, subject, level and length.

A run of decoding ``both`` knows all of it. One of ``hybrid`` asked for chain of thought only where the program gave no
answer: it knows neither CoT, nor the oracle, nor what was lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

from mammoth_eval import stats
from mammoth_eval.stats import Interval
from mammoth_eval.types import Method, Problem, Record, Score

DIMENSIONS = ("benchmark", "subject", "level", "tokens of the answer", "words of the question")
SUBJECT_KEYS = ("subject", "field", "subfield", "data_topic", "set", "type")
"""Under which names rows keep their subject; the first that there is."""
QUESTION_WORDS = (25, 50, 100, 200)
ANSWER_TOKENS = (64, 128, 256, 512, 1024, 2048, 4096)


@dataclass(frozen=True, slots=True)
class Slice:
    """The problems of one benchmark that have one thing in common."""

    benchmark: str
    value: str
    """Of the dimension: ``Level 5``; the benchmark's own name where that is the dimension."""
    n: int
    """Void problems left out."""
    accuracy: Mapping[str, Interval]
    """By reading: ``pot``, ``cot``, ``hybrid`` (or ``mammoth``), ``oracle``; only those that the run knows."""
    fallback: int
    """Problems on which the program gave no answer, so that chain of thought was asked for."""
    recovered: int
    """Fallbacks whose answer is right."""
    lost: int | None
    """Problems on which the program's wrong answer stood in the way of CoT's right one.

    None where that is not known.
    """
    failures: Mapping[str, int]
    """Why programs gave no answer, commonest first."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What one path cost on one benchmark."""

    benchmark: str
    path: Method
    completions: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    """Of waiting for completions, summed; they overlap in time."""
    program_seconds: float


@dataclass(frozen=True, slots=True)
class HybridReport:
    """One run under one grader."""

    grader: str
    decoding: str
    slices: Mapping[str, tuple[Slice, ...]]
    """By dimension; a dimension that no row has is empty."""
    spent: tuple[Spent, ...]
    recovered: tuple[str, ...]
    """Ids of the problems on which the fallback's answer is right."""
    lost: tuple[str, ...] | None
    """Ids of the problems on which a program's wrong answer stood in the way of CoT's right one.

    None where not known.
    """
    unfinished: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Problems with a record and problems that are to be asked, of each benchmark where these are more."""

    def to_json(self) -> dict[str, Any]:
        """All of it, for scripts."""
        return asdict(self)


@dataclass(slots=True)
class _Tally:
    """A slice under way."""

    n: int = 0
    right: Counter[str] = field(default_factory=Counter)
    fallback: int = 0
    recovered: int = 0
    lost: int = 0
    failures: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Cost:
    completions: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    program_seconds: float = 0.0


def analyse(
    records: Iterable[Record], grader: str, decoding: str, asked: Mapping[str, int] = MappingProxyType({})
) -> HybridReport:
    """What `decoding` did on `records`, read once, under `grader`; `asked`: how many problems of each benchmark the run
    is to ask.

    Raises `KeyError` where a record has no score by it.
    """
    readings = _readings(decoding)
    tallies: dict[tuple[str, str, str], _Tally] = {}
    costs: dict[tuple[str, Method], _Cost] = {}
    recovered, lost = [], []
    done: Counter[str] = Counter()
    for record in records:
        score = record.scores[grader]
        done[record.problem.benchmark] += 1
        _add_cost(costs, record)
        if score.outcome == "fault":
            continue
        right = [reading for reading in readings if stats.decided(score, reading).outcome == "correct"]
        failures = list(stats.pot_failures(record, grader))
        recovered += [record.problem.id] if stats.fell_back(score) and score.outcome == "correct" else []
        lost += [record.problem.id] if stats.was_lost(score) else []
        for dimension, value in _places(record, score):
            key = (dimension, record.problem.benchmark, value)
            _add(tallies.setdefault(key, _Tally()), score, right, failures)
    slices = {dimension: _slices(tallies, dimension, readings, "cot" in readings) for dimension in DIMENSIONS}
    spent = (Spent(benchmark, path, **asdict(cost)) for (benchmark, path), cost in costs.items())
    known = tuple(lost) if "cot" in readings else None
    unfinished = {name: (done[name], n) for name, n in asked.items() if done[name] < n}
    return HybridReport(grader, decoding, slices, tuple(spent), tuple(recovered), known, unfinished)


def _readings(decoding: str) -> tuple[str, ...]:
    if decoding == "both":
        return ("pot", "cot", "hybrid", "oracle")
    return ("pot", decoding) if decoding in ("hybrid", "mammoth") else (decoding,)


def _add(tally: _Tally, score: Score, right: Sequence[str], failures: Sequence[str]) -> None:
    tally.n += 1
    tally.right.update(right)
    tally.failures.update(failures)
    if stats.fell_back(score):
        tally.fallback += 1
        tally.recovered += score.outcome == "correct"
    tally.lost += stats.was_lost(score)


def _add_cost(costs: dict[tuple[str, Method], _Cost], record: Record) -> None:
    for attempt in record.attempts:
        cost = costs.setdefault((record.problem.benchmark, attempt.method), _Cost())
        cost.completions += 1
        cost.prompt_tokens += attempt.completion.prompt_tokens
        cost.completion_tokens += attempt.completion.completion_tokens
        cost.seconds += attempt.completion.seconds
        cost.program_seconds += attempt.execution.seconds if attempt.execution else 0.0


def _places(record: Record, score: Score) -> Iterator[tuple[str, str]]:
    """The dimensions and values under which a record is counted."""
    problem = record.problem
    yield "benchmark", problem.benchmark
    subject = _subject(problem)
    if subject is not None:
        yield "subject", subject
    if "level" in problem.meta:
        yield "level", problem.meta["level"]
    tokens = next(
        (attempt.completion.completion_tokens for attempt in record.attempts if attempt.method == score.path), 0
    )
    if tokens:
        yield "tokens of the answer", _bin(tokens, ANSWER_TOKENS)
    yield "words of the question", _bin(len(problem.question.split()), QUESTION_WORDS)


def _subject(problem: Problem) -> str | None:
    return next((problem.meta[name] for name in SUBJECT_KEYS if problem.meta.get(name)), None)


def _bin(value: int, edges: Sequence[int]) -> str:
    """``51 to 100``: the bin of `value`, the upper edge in it."""
    for low, high in zip((0, *edges), edges, strict=False):
        if value <= high:
            return f"{low + 1} to {high}" if low else f"up to {high}"
    return f"over {edges[-1]}"


def _slices(
    tallies: Mapping[tuple[str, str, str], _Tally], dimension: str, readings: Sequence[str], knows_lost: bool
) -> tuple[Slice, ...]:
    """One dimension, benchmarks in the order of the run, their values in order."""
    rows = [(benchmark, value, tally) for (name, benchmark, value), tally in tallies.items() if name == dimension]
    order = {benchmark: place for place, benchmark in enumerate(dict.fromkeys(benchmark for benchmark, _, _ in rows))}
    rows.sort(key=lambda row: (order[row[0]], _rank(row[1])))
    return tuple(
        Slice(
            benchmark,
            value,
            tally.n,
            {reading: stats.wilson(tally.right[reading], tally.n) for reading in readings},
            tally.fallback,
            tally.recovered,
            tally.lost if knows_lost else None,
            dict(tally.failures.most_common()),
        )
        for benchmark, value, tally in rows
    )


def _rank(value: str) -> tuple[int, int, str]:
    """Bins and levels by their number, names by the alphabet."""
    numbers = [int(word) for word in value.split() if word.isdigit()]
    if not numbers:
        return (1, 0, value)
    return (0, 2 * numbers[-1] + value.startswith("over"), value)
