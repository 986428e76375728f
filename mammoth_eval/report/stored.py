"""A run of the store, read whole: what the page, exports and diffs are made from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammoth_eval import store
from mammoth_eval.report.results import RunSummary, summary_of
from mammoth_eval.types import Record

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Run:
    """One run folder: what was asked, every record, and their summary under one grader."""

    path: Path
    """The run folder."""
    content: dict[str, Any]
    """``run.json``."""
    summary: RunSummary
    """Under the grader that was asked for."""
    records: tuple[Record, ...]
    """One per problem."""

    @property
    def spec(self) -> dict[str, Any]:
        """The run's settings."""
        spec: dict[str, Any] = self.content["spec"]
        return spec

    @property
    def session(self) -> dict[str, Any]:
        """What its last session ran on; empty where none was noted."""
        return dict((self.content["sessions"] or [{}])[-1])

    def frame(self) -> pd.DataFrame:
        """One row per problem.

        Question, gold, answer, outcome, each grader's reading, each method's text, tokens, seconds.
        """
        from mammoth_eval.report.export.table import frame

        return frame(self)

    @property
    def accuracy(self) -> dict[str, float]:
        """Percent by benchmark, errored problems left out, as the run's own answers are read."""
        return {one.benchmark: one.accuracy.value for one in self.summary.summaries if one.reading == self.reading}

    def __repr__(self) -> str:
        cells = ", ".join(f"{name} {value:.1f} %" for name, value in self.accuracy.items())
        return f"Run({str(self.path)!r}, {len(self.records)} records by {self.summary.grader}: {cells})"

    @property
    def reading(self) -> str:
        """What the run's own answers are read as: the hybrid where both methods were asked of every problem."""
        return "hybrid" if self.spec["decoding"] == "both" else str(self.spec["decoding"])


def load_run(path: Path | str, grader: str | None = None, *, skip_damaged: bool = False) -> Run:
    """Read a run folder. Raises `StoreError` where that cannot be done, or where `grader` has not scored it."""
    path = Path(path)
    content = store.load_run(path)
    records = tuple(store.load_records(path, skip_damaged=skip_damaged))
    return Run(path, content, summary_of(path, content, records, grader), records)
