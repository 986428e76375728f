"""A run of the store, read whole: what the page, exports and diffs are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammoth_eval import arguments, stats, store
from mammoth_eval.report.results import RunSummary, summary_of
from mammoth_eval.store import RunHeader, RunSpec
from mammoth_eval.types import Record

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Run:
    """One run folder: what was asked, every record, and their summary under one grader."""

    path: Path
    """The run folder."""
    header: RunHeader
    """``run.json``."""
    summary: RunSummary
    """Under the grader that was asked for."""
    records: tuple[Record, ...]
    """One per problem."""

    @property
    def spec(self) -> RunSpec:
        """The run's settings."""
        return self.header.spec

    @property
    def session(self) -> Mapping[str, Any]:
        """What its last session ran on; empty where none was noted."""
        return self.header.session

    def frame(self) -> pd.DataFrame:
        """One row per problem.

        Question, gold, answer, outcome, each grader's reading, each method's text, tokens, seconds.
        """
        from mammoth_eval.report.export.table import frame

        return frame(self)

    @property
    def accuracy(self) -> dict[str, float]:
        """Percent by benchmark, errored problems left out, as the run's own answers are read."""
        return {
            summary.benchmark: summary.accuracy.value
            for summary in self.summary.summaries
            if summary.reading == self.reading and summary.n
        }

    @property
    def unfinished(self) -> dict[str, tuple[int, int]]:
        """Problems with a record and problems that are to be asked, of each benchmark where these are more."""
        return self.summary.unfinished

    def __repr__(self) -> str:
        counts = {name: f" [{n}/{asked}]" for name, (n, asked) in self.unfinished.items()}
        cells = ", ".join(f"{name} {value:.1f} %{counts.get(name, '')}" for name, value in self.accuracy.items())
        return f"Run({str(self.path)!r}, {len(self.records)} records by {self.summary.grader}: {cells})"

    @property
    def reading(self) -> str:
        """What the run's own answers are read as: the hybrid where both methods were asked of every problem."""
        return stats.own_reading(self.spec.decoding)


def load_run(path: Path | str, grader: str | None = None, *, skip_damaged: bool = False) -> Run:
    """Read a run folder.

    Raises `StoreError` where that cannot be done, or where `grader` has not scored it, `UsageError` for an argument of
    the wrong type.
    """
    path = arguments.path("path", path)
    arguments.flag("skip_damaged", skip_damaged)
    if grader is not None:
        arguments.text("grader", grader, empty=False)
    header = store.load_run(path)
    records = tuple(store.load_records(path, skip_damaged=skip_damaged))
    return Run(path, header, summary_of(path, header, records, grader), records)
