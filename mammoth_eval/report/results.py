"""A run summed up: what tables, pages and scripts show of it, and its summary as a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from msgspec import structs

from mammoth_eval import rules, stats, store
from mammoth_eval.benchmarks import IND, OOD, PAPER
from mammoth_eval.errors import StoreError
from mammoth_eval.paths import below
from mammoth_eval.stats import Interval, Summary
from mammoth_eval.store import RunHeader, RunSpec
from mammoth_eval.store.records import AnyRecord

AVERAGES = {"IND": IND, "OOD": OOD, "AVG": PAPER}
MODES = {"cot": "CoT", "pot": "PoT", "hybrid": "Hybrid", "mammoth": "Hybrid (mammoth)", "oracle": "Oracle"}


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run as tables show it."""

    run: str
    """``<model folder>/<run folder>``."""
    spec: RunSpec
    session: Mapping[str, Any]
    """What its last session ran on."""
    grader: str
    summaries: tuple[Summary, ...]

    def to_json(self, *, partial: bool = False) -> dict[str, Any]:
        """All of it, for scripts and for ``results/summaries``."""
        counts = {name: {"n": n, "asked": asked} for name, (n, asked) in self.unfinished.items()}
        return {
            "run": self.run,
            "grader": self.grader,
            "spec": structs.asdict(self.spec),
            "session": self.session,
            "results": [_written(summary) for summary in self.summaries],
            "averages": {
                name: {over: asdict(mean) for over, mean in found.items()}
                for name, found in self.averages(partial=partial).items()
            },
            **({"unfinished": counts} if counts else {}),
            **({} if rules.own_programs(self.grader, self.spec.rules) else {"programs_run_by": self.spec.rules}),
        }

    @property
    def unfinished(self) -> dict[str, tuple[int, int]]:
        """Problems with a record and problems that are to be asked, of each benchmark where these are more."""
        return {
            summary.benchmark: (summary.n, summary.asked)
            for summary in self.summaries
            if summary.asked is not None and not summary.whole
        }

    def averages(self, *, partial: bool = False) -> dict[str, dict[str, Interval]]:
        """By reading: IND, OOD and AVG, each where all of its sets are there and whole, or may be `partial`."""
        by_reading = {}
        for reading in dict.fromkeys(summary.reading for summary in self.summaries):
            cells = {summary.benchmark: summary for summary in self.summaries if summary.reading == reading}
            means = {name: mean_of(cells, sets, partial=partial) for name, sets in AVERAGES.items()}
            by_reading[reading] = {name: mean for name, mean in means.items() if mean is not None}
        return by_reading

    @classmethod
    def from_json(cls, row: dict[str, Any], where: str = "summary") -> RunSummary:
        """The inverse of `to_json`. Raises `StoreError` for settings that are none; `where` says which file."""
        spec = store.read_header(row, where).spec
        summaries = (
            Summary(
                **{
                    "asked": spec.sizes.get(saved["benchmark"]),
                    **{_RENAMED.get(name, name): value for name, value in saved.items()},
                    "accuracy": Interval(**saved["accuracy"]),
                    "pass_at": {int(k): value for k, value in saved["pass_at"].items()},
                }
            )
            for saved in row["results"]
        )
        return cls(row["run"], spec, row["session"], row["grader"], _in_order(summaries))


_RENAMED = {"saved": "recovered", "hurt": "lost"}
"""Names in summaries that earlier versions wrote."""


def _in_order(summaries: Iterable[Summary]) -> tuple[Summary, ...]:
    """The paper's nine in its order, the other sets behind them by name."""
    places = {name: place for place, name in enumerate(PAPER)}
    return tuple(sorted(summaries, key=lambda summary: (places.get(summary.benchmark, len(places)), summary.benchmark)))


def summarize_run(path: Path, grader: str | None = None, *, skip_damaged: bool = False) -> RunSummary:
    """Read one run folder and sum it up under `grader` (the run's own by default).

    Raises `StoreError` where the run was not scored by that grader.
    """
    return summary_of(path, store.load_run(path), store.load_briefs(path, skip_damaged=skip_damaged), grader)


def summary_of(path: Path, header: RunHeader, records: Iterable[AnyRecord], grader: str | None = None) -> RunSummary:
    """The same from a run's ``run.json`` and records already read."""
    spec = header.spec
    name = grader or spec.rules
    try:
        summaries = _in_order(stats.summarize(records, name, spec.decoding, spec.sizes))
    except KeyError as error:
        raise StoreError(
            f"{path}: not scored by grader {name!r}; do so with: mammoth-eval grade {path} --grader {name}"
        ) from error
    session = {name: value for name, value in header.session.items() if name != "command"}
    return RunSummary(f"{path.parent.name}/{path.name}", spec, session, name, summaries)


def save(summary: RunSummary, folder: Path) -> Path:
    """Write one run's summary, to be kept where its records are not.

    ``<folder>/<model>--<run>.json``. Raises `StoreError`.
    """
    path = below(folder, f"{summary.run.replace('/', '--')}.json", where=f"{folder}: the summary of a run")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be made: {error.strerror}") from error
    store.write_atomically(path, json.dumps(summary.to_json(), indent=1, ensure_ascii=False) + "\n")
    return path


def _written(summary: Summary) -> dict[str, Any]:
    """A summary as JSON holds it; what servers withheld, and how many problems are asked, only where that matters."""
    row = asdict(summary)
    if summary.whole:
        del row["asked"]
    if not summary.withheld:
        del row["withheld"]
    return row


def load_saved(path: Path) -> RunSummary:
    """A summary that `save` wrote. Raises `StoreError` for a file that is none."""
    try:
        return RunSummary.from_json(json.loads(path.read_text(encoding="utf-8")), str(path))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path}: not a saved summary: {error!r}") from error


def mean_of(cells: Mapping[str, Summary], sets: Iterable[str], *, partial: bool = False) -> Interval | None:
    """The mean over `sets`, where there is a cell for each of them, and each is whole or may be `partial`."""
    names = list(sets)
    return stats.mean([cells[name] for name in names], partial=partial) if cells.keys() >= set(names) else None
