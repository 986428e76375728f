"""Runs that are not finished: how tables mark their figures, and what is said below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mammoth_eval.stats import Interval, Summary

MARK = "*"
"""Behind a mean over sets that are not all whole."""
WHY = "What has a record is what was finished first, short answers rather than long ones: such a figure is biased."


def accuracy_cell(summary: Summary | None) -> str:
    """``41.8 ±0.7``; of a set that is not whole with ``[5/20]`` behind it; empty for None."""
    if summary is None:
        return ""
    if summary.whole:
        return interval_cell(summary.accuracy)
    count = f"[{summary.n}/{summary.asked}]"
    return f"{interval_cell(summary.accuracy)} {count}" if summary.n else count


def interval_cell(interval: Interval | None) -> str:
    """``41.8 ±0.7``: accuracy in percent and half its 95 % interval; empty for None."""
    return "" if interval is None else f"{interval.value:.1f} ±{interval.half:.1f}"


Counts = Mapping[str, tuple[int, int]]
"""Problems done and problems asked, by benchmark."""


def said(runs: Iterable[tuple[str, Counts]]) -> Iterator[str]:
    """Which of `runs` are not finished, and why their figures are no measurement yet."""
    found = dict.fromkeys(f"{name} ({_listed(counts)})" for name, counts in runs if counts)
    if found:
        yield f"Not finished, problems done/asked: {'; '.join(found)}. {WHY} The same command goes on with a run."


def notes(runs: Iterable[tuple[str, Counts]], *, partial: bool = False) -> Iterator[str]:
    """The same below figures and means, with what becomes of the means."""
    for note in said(runs):
        yield note
        yield f"{MARK}: a mean over such sets." if partial else "Such sets are in no mean, unless with --partial."


def _listed(counts: Counts) -> str:
    return ", ".join(f"{name} {n}/{asked}" for name, (n, asked) in counts.items())
