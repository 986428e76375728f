"""What the hybrid did, as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mammoth_eval.report.grid import Grid
from mammoth_eval.report.hybrid import HybridReport, Slice
from mammoth_eval.report.results import MODES
from mammoth_eval.report.unfinished import interval_cell, said

REASONS = 8
"""Columns of reasons; rarer ones are summed up in one more."""
NAMED = 10
"""Problems that a note names."""
METHODS = {"pot": "PoT", "cot": "CoT", "match": "option match"}

_NOTES = (
    "fallback: the program gave no answer, chain of thought was asked for; recovered: of these, right; "
    "lost: a program's wrong answer where chain of thought alone was right. Errored problems are left out.",
)


def hybrid_grids(run: str, report: HybridReport) -> list[Grid]:
    """Accuracy by every dimension that the rows have, why programs failed by the first three, what each path cost."""
    grids = [_accuracy(run, dimension, slices, report) for dimension, slices in report.slices.items() if slices]
    grids += [
        _failures(run, dimension, slices)
        for dimension, slices in report.slices.items()
        if dimension in ("benchmark", "subject", "level") and any(part.failures for part in slices)
    ]
    return [*grids, _spent(run, report)]


def _accuracy(run: str, dimension: str, slices: Sequence[Slice], report: HybridReport) -> Grid:
    readings = list(dict.fromkeys(name for part in slices for name in part.accuracy))
    asked_again = any(part.fallback for part in slices)
    knows_lost = any(part.lost is not None for part in slices)
    rows = tuple(
        (
            *_head(dimension, part),
            str(part.n),
            *(interval_cell(part.accuracy.get(name)) for name in readings),
            *((str(part.fallback), str(part.recovered)) if asked_again else ()),
            *((str(part.lost),) if knows_lost else ()),
        )
        for part in slices
    )
    last = (*(("fallback", "recovered") if asked_again else ()), *(("lost",) if knows_lost else ()))
    header = (*_names(dimension), "N", *(MODES.get(name, name) for name in readings), *last)
    notes = (*_NOTES, *_named("recovered", report.recovered), *_named("lost", report.lost or ())) if asked_again else ()
    notes = (*notes, *said([(run, report.unfinished)])) if dimension == "benchmark" else ()
    return Grid(f"{run}: accuracy in % by {dimension}", header, rows, notes, left=len(_names(dimension)))


def _named(word: str, ids: Sequence[str]) -> tuple[str, ...]:
    """The first of the problems that were recovered or lost."""
    rest = f" and {len(ids) - NAMED} more (all in --json)" if len(ids) > NAMED else ""
    return (f"{word}: {', '.join(ids[:NAMED])}{rest}.",) if ids else ()


def _failures(run: str, dimension: str, slices: Sequence[Slice]) -> Grid:
    total: Counter[str] = Counter()
    for part in slices:
        total.update(part.failures)
    shown = [why for why, _ in total.most_common(REASONS)]
    rest = ("others",) if len(total) > len(shown) else ()
    rows = []
    for part in slices:
        failed = sum(part.failures.values())
        counts = [part.failures.get(why, 0) for why in shown]
        others = (failed - sum(counts),) if rest else ()
        rows.append(
            (*_head(dimension, part), str(part.n), str(failed), *(str(n) if n else "" for n in (*counts, *others)))
        )
    header = (*_names(dimension), "N", "failed", *shown, *rest)
    return Grid(f"{run}: why programs gave no answer, by {dimension}", header, tuple(rows), left=len(_names(dimension)))


def _names(dimension: str) -> tuple[str, ...]:
    return ("benchmark",) if dimension == "benchmark" else ("benchmark", dimension)


def _head(dimension: str, part: Slice) -> tuple[str, ...]:
    return (part.benchmark,) if dimension == "benchmark" else (part.benchmark, part.value)


def _spent(run: str, report: HybridReport) -> Grid:
    rows = tuple(
        (
            spent.benchmark,
            METHODS.get(spent.path, spent.path),
            f"{spent.completions:,}",
            f"{spent.prompt_tokens:,}",
            f"{spent.completion_tokens:,}",
            f"{spent.seconds / spent.completions:.2f}",
            f"{spent.program_seconds / spent.completions:.3f}" if spent.path == "pot" else "",
        )
        for spent in report.spent
    )
    header = ("benchmark", "path", "completions", "prompt tokens", "new tokens", "s per completion", "s per program")
    note = (
        "Seconds are means of waiting times, queueing included; completions overlap. Tokens are 0 where they were not "
        "recorded."
    )
    return Grid(f"{run}: tokens and seconds by path", header, rows, (note,), left=2)
