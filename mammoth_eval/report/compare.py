"""Runs against one another on the same problems.

Differences with intervals, paired tests, the problems that flipped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

from mammoth_eval.benchmarks import PAPER
from mammoth_eval.errors import UsageError
from mammoth_eval.report.differences import Difference, differences
from mammoth_eval.report.sides import Side
from mammoth_eval.stats import paired
from mammoth_eval.stats.paired import Paired
from mammoth_eval.types import Outcome


@dataclass(frozen=True, slots=True)
class Cell:
    """One benchmark, or the mean of several: B against A."""

    benchmark: str
    """``mean`` for the unweighted mean of several."""
    result: Paired
    corrected: float
    """The p-value after Holm's correction over the benchmarks; the mean is one test of its own."""
    only_a: int
    """Problems that A alone was asked."""
    only_b: int
    errored: int
    """Problems that both were asked and that are errored in one."""

    @property
    def significant(self) -> bool:
        """Whether the difference is, after the correction."""
        return self.result.significant(self.corrected)


@dataclass(frozen=True, slots=True)
class Flip:
    """A problem that one side has right and the other has not."""

    problem: str
    benchmark: str
    question: str
    gold: str
    answers: tuple[str | None, str | None]
    """Of A and of B."""
    outcomes: tuple[Outcome, Outcome]

    @property
    def gained(self) -> bool:
        """B is right."""
        return self.outcomes[1] == "correct"


@dataclass(frozen=True, slots=True)
class Comparison:
    """B against A."""

    a: str
    b: str
    grader: tuple[str, str]
    reading: tuple[str, str]
    cells: tuple[Cell, ...]
    """One a benchmark that both were asked, in the paper's order."""
    mean: Cell | None
    """Where there are several benchmarks."""
    flips: tuple[Flip, ...]
    differences: tuple[Difference, ...]
    unfinished: tuple[tuple[str, Mapping[str, tuple[int, int]]], ...]
    """Of each side: its name, and problems done and asked of each benchmark where these are more."""
    changed: tuple[str, ...]
    """Problems whose text or gold differs between the two; left out."""

    def to_json(self) -> dict[str, Any]:
        """All of it, for scripts."""
        content = asdict(self)
        for name, cell in zip((*content["cells"], content["mean"]), (*self.cells, self.mean), strict=True):
            if name is not None and cell is not None:
                name["significant"] = cell.significant
        return content


def compare(a: Side, b: Side) -> Comparison:
    """B against A on the problems that both were asked. Raises `UsageError` where there is none."""
    shared = [key for key in a.answers if key in b.answers]
    changed = tuple(key for key in shared if not _same_problem(a, b, key))
    left_out = set(changed)
    kept = [key for key in shared if key not in left_out]
    by_set = [_cell(a, b, name, left_out) for name in _in_order({a.answers[key].benchmark for key in kept})]
    cells = [cell for cell in by_set if cell is not None]
    if not cells:
        raise UsageError(f"{a.run} and {b.run} have no problem in common: {_asked(a)}; {_asked(b)}")
    corrected = paired.holm([cell.result.p for cell, _ in cells])
    return Comparison(
        a=a.run,
        b=b.run,
        grader=(a.grader, b.grader),
        reading=(a.reading, b.reading),
        cells=tuple(replace(cell, corrected=p) for (cell, _), p in zip(cells, corrected, strict=True)),
        mean=_mean(cells) if len(cells) > 1 else None,
        flips=_flips(a, b, kept),
        differences=differences((a.header, b.header)),
        unfinished=_unfinished(a, b),
        changed=changed,
    )


def _unfinished(*sides: Side) -> tuple[tuple[str, Mapping[str, tuple[int, int]]], ...]:
    return tuple((side.run, counts) for side in sides if (counts := side.unfinished))


def _in_order(names: Set[str]) -> list[str]:
    """The paper's sets in its order, the others behind them by name."""
    return [name for name in PAPER if name in names] + sorted(names - set(PAPER))


Scores = tuple[list[float], list[float]]


def _cell(a: Side, b: Side, benchmark: str, left_out: set[str]) -> tuple[Cell, Scores] | None:
    """One benchmark and its pairs of scores; None where no pair is left."""
    asked_a, asked_b = (
        {answered.problem for answered in side.answers.values() if answered.benchmark == benchmark} - left_out
        for side in (a, b)
    )
    scores_a, scores_b = a.scores(benchmark), b.scores(benchmark)
    keys = [key for key in scores_a if key in scores_b and key not in left_out]
    if not keys:
        return None
    scores = [scores_a[key] for key in keys], [scores_b[key] for key in keys]
    result = paired.compare([scores])
    errored = len(asked_a & asked_b) - len(keys)
    return Cell(benchmark, result, result.p, len(asked_a - asked_b), len(asked_b - asked_a), errored), scores


def _mean(cells: Sequence[tuple[Cell, Scores]]) -> Cell:
    result = paired.compare([scores for _, scores in cells])
    parts = [cell for cell, _ in cells]
    only_a, only_b, errored = (sum(getattr(cell, name) for cell in parts) for name in ("only_a", "only_b", "errored"))
    return Cell("mean", result, result.p, only_a, only_b, errored)


def _same_problem(a: Side, b: Side, key: str) -> bool:
    one, other = a.answers[key], b.answers[key]
    return (one.question, one.gold) == (other.question, other.gold)


def _asked(side: Side) -> str:
    return f"{side.run} was asked {', '.join(side.benchmarks()) or 'nothing'}"


def _flips(a: Side, b: Side, keys: Sequence[str]) -> tuple[Flip, ...]:
    """Problems right on one side alone; errored ones are none."""
    pairs = ((a.answers[key], b.answers[key]) for key in keys)
    return tuple(
        Flip(
            one.problem, one.benchmark, one.question, one.gold, (one.answer, other.answer), (one.outcome, other.outcome)
        )
        for one, other in pairs
        if (one.outcome == "correct") != (other.outcome == "correct") and "fault" not in (one.outcome, other.outcome)
    )


@dataclass(frozen=True, slots=True)
class Matrix:
    """Every pair of several runs."""

    runs: tuple[str, ...]
    pairs: tuple[tuple[int, int, Comparison, float], ...]
    """Indices of A and B, their comparison, and the p-value of their overall difference after Holm's correction over
    the pairs.
    """


def matrix(sides: Sequence[Side]) -> Matrix:
    """Every pair of `sides`, compared overall: by the mean of the shared benchmarks, or by the only one."""
    compared = [(i, j, compare(sides[i], sides[j])) for i, j in combinations(range(len(sides)), 2)]
    corrected = paired.holm([overall(comparison).result.p for _, _, comparison in compared])
    return Matrix(
        tuple(side.run for side in sides), tuple((*pair, p) for pair, p in zip(compared, corrected, strict=True))
    )


def overall(comparison: Comparison) -> Cell:
    """The mean over the benchmarks, or the only benchmark."""
    return comparison.mean or comparison.cells[0]
