"""A run as the page needs it: its figures from all records, and no more records in memory than the page will hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mammoth_eval import store
from mammoth_eval.errors import StoreError
from mammoth_eval.report.hybrid import HybridReport, analyse
from mammoth_eval.report.results import RunSummary, summarize_run
from mammoth_eval.store import RunSpec
from mammoth_eval.types import Record

KEPT = 20_000
"""Records in a page, unless more are asked for: what a browser filters in well under 200 ms."""


@dataclass(frozen=True, slots=True)
class ViewRun:
    """One run, read."""

    path: Path
    spec: RunSpec
    summary: RunSummary
    hybrid: HybridReport
    records: tuple[Record, ...]
    """Evenly spaced where there are too many to keep."""
    total: int
    """All records of the run."""


@dataclass(slots=True)
class Thinning:
    """Keeps at least `most` (and less than twice as many) of the records that go through, evenly spaced.

    All of fewer.
    """

    most: int
    kept: list[Record] = field(default_factory=list)
    total: int = 0
    _step: int = 1

    def through(self, records: Iterable[Record]) -> Iterator[Record]:
        """Every record as it comes."""
        for record in records:
            if self.most and self.total % self._step == 0:
                self.kept.append(record)
                if len(self.kept) == 2 * self.most:
                    self.kept = self.kept[::2]
                    self._step *= 2
            self.total += 1
            yield record


def load_run(path: Path, grader: str | None = None, *, skip_damaged: bool = False, kept: int = KEPT) -> ViewRun:
    """Read a run folder. Raises `StoreError` where that cannot be done, or where `grader` has not scored it."""
    summary = summarize_run(path, grader, skip_damaged=skip_damaged)
    thinning = Thinning(kept)
    records = thinning.through(store.load_records(path, skip_damaged=skip_damaged))
    try:
        hybrid = analyse(records, summary.grader, summary.spec.decoding, summary.spec.sizes)
    except KeyError as error:
        raise StoreError(f"{path}: not scored by grader {summary.grader!r} in every record") from error
    return ViewRun(path, summary.spec, summary, hybrid, tuple(thinning.kept), thinning.total)


def spread(records: Sequence[Record], count: int) -> list[Record]:
    """At most `count` of `records`, evenly spaced."""
    if len(records) <= count:
        return list(records)
    return [records[i * len(records) // count] for i in range(count)]
