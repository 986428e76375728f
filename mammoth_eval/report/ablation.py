"""What a factor changes: runs grouped by it, seeds averaged with their spread, each cell against a baseline on the same
problems.

The change is tested on the problems, paired: a problem's score is its mean over the seeds of a row. How much another
training seed would move a figure is not in that test; it is the spread, which stands beside it.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from mammoth_eval.benchmarks import PAPER
from mammoth_eval.errors import UsageError
from mammoth_eval.report.conditions import Basis, Conditions, conditions
from mammoth_eval.report.factors import SEED, context_of, factor_of
from mammoth_eval.report.results import AVERAGES
from mammoth_eval.report.sides import Side
from mammoth_eval.stats import paired
from mammoth_eval.stats.paired import Paired


@dataclass(frozen=True, slots=True)
class Effect:
    """One cell: an accuracy and what it changes."""

    accuracy: float
    """In percent, the mean over the seeds."""
    spread: float | None
    """Standard deviation over the seeds; None where there is one run."""
    change: Paired | None
    """Against the baseline on the problems that both were asked.

    None for the baseline itself, and where they share none.
    """
    corrected: float | None = None
    """The p-value of the change after Holm's correction over the benchmarks of all rows, or over the averages of all
    rows.
    """

    @property
    def significant(self) -> bool:
        """Whether the change is, after the correction."""
        return self.change is not None and self.corrected is not None and self.change.significant(self.corrected)


@dataclass(frozen=True, slots=True)
class Row:
    """The runs of one value of the factor that differ in nothing but their seed."""

    value: str
    context: Mapping[str, str]
    """What else the runs are."""
    conditions: Conditions
    """How they were asked."""
    seeds: tuple[str, ...]
    runs: tuple[str, ...]
    cells: Mapping[str, Effect]
    """By benchmark, and by average."""


@dataclass(frozen=True, slots=True)
class Ablation:
    """One factor."""

    factor: str
    baseline: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    unfinished: tuple[tuple[str, Mapping[str, tuple[int, int]]], ...] = ()
    """Runs that are not finished: problems done and asked of each benchmark where these are more."""
    partial: bool = False
    """Such benchmarks are in the figures; else they are left out."""

    def to_json(self) -> dict[str, Any]:
        """All of it, for scripts."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Group:
    """Runs of one value and one context."""

    value: str
    context: Mapping[str, str]
    conditions: Conditions
    sides: tuple[Side, ...]

    def scores(self, benchmark: str) -> dict[str, float]:
        """By problem, the mean over the runs; problems that are errored or missing in one of them are left out."""
        by_run = [side.scores(benchmark) for side in self.sides]
        shared = [key for key in by_run[0] if all(key in scores for scores in by_run[1:])]
        return {key: sum(scores[key] for scores in by_run) / len(by_run) for key in shared}

    def accuracies(self, benchmark: str) -> list[float]:
        """One a run, in percent; empty where a run was not asked."""
        by_run = [list(side.scores(benchmark).values()) for side in self.sides]
        return [100 * sum(scores) / len(scores) for scores in by_run] if all(by_run) else []


def ablate(sides: Sequence[Side], factor: str, baseline: str = "", *, partial: bool = False) -> Ablation:
    """The runs of `sides` by the values of `factor`, each against `baseline` (by default the first value).

    Benchmarks that a run has not finished are left out of it unless `partial` is true.
    Raises `UsageError` where there is nothing to compare.
    """
    counts = tuple((side.run, side.unfinished) for side in sides if side.unfinished)
    groups = grouped(sides if partial else [side.whole() for side in sides], factor)
    values = list(dict.fromkeys(group.value for group in groups))
    if len(values) < 2:
        raise UsageError(
            f"--factor {factor}: all runs have the same value, {', '.join(values) or 'none'}: nothing to compare"
        )
    if baseline and baseline not in values:
        raise UsageError(f"--baseline {baseline}: no run has it; {factor} is {', '.join(values)}")
    base = baseline or values[0]
    groups.sort(key=lambda group: group.value != base)
    columns = _columns(groups)
    rows = tuple(_row(group, _baseline_of(group, groups, base), columns) for group in groups)
    return Ablation(factor, base, tuple(columns), _corrected(rows), counts, partial)


def grouped(sides: Sequence[Side], factor: str) -> list[Group]:
    """Runs by value, context and conditions, in the order of the runs.

    A run that says nothing of the factor is left out.
    """
    by_condition: dict[tuple[str, tuple[tuple[str, str], ...], Conditions], list[Side]] = {}
    for side, how in zip(sides, conditions([_basis(side) for side in sides]), strict=True):
        value = factor_of(side.spec, factor, side.reading)
        if value is not None:
            context = context_of(side.spec, factor, side.reading)
            by_condition.setdefault((value, tuple(sorted(context.items())), how), []).append(side)
    groups = [
        Group(value, dict(context), how, tuple(members)) for (value, context, how), members in by_condition.items()
    ]
    order = list(dict.fromkeys(group.value for group in groups))
    return sorted(groups, key=lambda group: order.index(group.value))


def _basis(side: Side) -> Basis:
    """Of a side; errored problems are not looked at, for they do not make a run another."""
    return Basis(side.spec, side.grader, Counter(answered.benchmark for answered in side.answers.values()), {})


def _baseline_of(group: Group, groups: Sequence[Group], baseline: str) -> Group | None:
    """The group of the baseline's value that is most like `group` in all else; None for such a group itself."""
    if group.value == baseline:
        return None
    candidates = [other for other in groups if other.value == baseline]
    return max(
        candidates, key=lambda other: sum(other.context.get(name) == value for name, value in group.context.items())
    )


def _columns(groups: Sequence[Group]) -> dict[str, tuple[str, ...]]:
    """Benchmarks in the paper's order, then the averages whose sets some row has.

    Each with the sets that it is over.
    """
    present = {name for group in groups for side in group.sides for name in side.benchmarks()}
    names = [name for name in PAPER if name in present] + sorted(present - set(PAPER))
    averages = {name: sets for name, sets in AVERAGES.items() if present >= set(sets)}
    if not averages and len(names) > 1:
        averages = {"mean": tuple(names)}
    return {**{name: (name,) for name in names}, **averages}


def _row(group: Group, baseline: Group | None, columns: Mapping[str, tuple[str, ...]]) -> Row:
    cells = {name: _effect(group, baseline, sets) for name, sets in columns.items()}
    seeds = tuple(factor_of(side.spec, SEED) or "" for side in group.sides)
    there = {name: cell for name, cell in cells.items() if cell is not None}
    return Row(group.value, group.context, group.conditions, seeds, tuple(side.run for side in group.sides), there)


def _effect(group: Group, baseline: Group | None, sets: Sequence[str]) -> Effect | None:
    """One cell; None where a run was not asked one of the sets."""
    by_set = [group.accuracies(name) for name in sets]
    if not all(by_set):
        return None
    by_run = [statistics.fmean(values) for values in zip(*by_set, strict=True)]
    spread = statistics.stdev(by_run) if len(by_run) > 1 else None
    return Effect(statistics.fmean(by_run), spread, _change(group, baseline, sets) if baseline else None)


def _change(group: Group, baseline: Group, sets: Sequence[str]) -> Paired | None:
    pairs = []
    for name in sets:
        before, after = baseline.scores(name), group.scores(name)
        shared = [key for key in before if key in after]
        if not shared:
            return None
        pairs.append(([before[key] for key in shared], [after[key] for key in shared]))
    return paired.compare(pairs)


def _corrected(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The same with Holm's correction: over all benchmarks of all rows, and over each average of all rows."""
    cells: dict[tuple[int, str], Effect] = {
        (i, name): cell for i, row in enumerate(rows) for name, cell in row.cells.items()
    }
    families: dict[str, list[tuple[int, str]]] = {}
    for key, cell in cells.items():
        if cell.change is not None:
            families.setdefault(key[1] if key[1] in (*AVERAGES, "mean") else "", []).append(key)
    for keys in families.values():
        p_values = [change.p for change in (cells[key].change for key in keys) if change is not None]
        for key, p in zip(keys, paired.holm(p_values), strict=True):
            cells[key] = replace(cells[key], corrected=p)
    return tuple(replace(row, cells={name: cells[i, name] for name in row.cells}) for i, row in enumerate(rows))
