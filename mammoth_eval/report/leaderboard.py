"""Runs of ours and published figures in one table, in the paper's column order.

How they came about is said in footnotes.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field, fields
from typing import Any, Literal

from mammoth_eval.benchmarks import PAPER
from mammoth_eval.errors import UsageError
from mammoth_eval.report import results, unfinished
from mammoth_eval.report.conditions import Conditions, basis_of, conditions, footnotes
from mammoth_eval.report.grid import Grid
from mammoth_eval.report.published import Published
from mammoth_eval.report.results import AVERAGES, MODES, RunSummary
from mammoth_eval.safe_text import spreadsheet_cell
from mammoth_eval.stats import Summary

Origin = Literal["ours", "published"]
COLUMNS = (*PAPER, *AVERAGES)


@dataclass(frozen=True, slots=True)
class Figure:
    """An accuracy in percent."""

    value: float
    low: float | None = None
    """Of the 95 % interval; None for a published figure."""
    high: float | None = None
    n: int | None = None
    """Problems that it is over, where that is not all; a mean over such sets has neither count."""
    asked: int | None = None
    whole: bool = True
    """Whether it is over all problems that were asked; one that is not ranks behind those that are."""

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.value:.1f}"
        mark = "" if self.whole else f" {unfinished.MARK}" if self.n is None else f" [{self.n}/{self.asked}]"
        return f"{self.value:.1f} ±{(self.high - self.low) / 2:.1f}{mark}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: a run read in one way, or a published row."""

    origin: Origin
    model: str
    size: float | None
    """Billions of parameters; None where it is not known."""
    mode: str
    """``cot``, ``pot``, ``hybrid``, ...; empty where it is not known."""
    figures: Mapping[str, Figure]
    """By benchmark, and ``IND``, ``OOD``, ``AVG`` where all sets are there (or the average was printed)."""
    conditions: Conditions
    run: str = ""
    """Of a run of ours: ``<model>/<run>``."""
    source: str = ""
    """Of a published row: its kind and address."""
    unfinished: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Of a run of ours: problems done and problems asked, of each benchmark where these are more."""

    def to_json(self) -> dict[str, Any]:
        """All of it, for scripts."""
        return asdict(self)


def entries(runs: Sequence[RunSummary], published: Iterable[Published], *, partial: bool = False) -> list[Entry]:
    """Rows of the table: every reading of every run, and the published rows that are of no ablation.

    Sets that are not finished are in no mean unless `partial` is true.
    """
    ours = [
        _ours(run, reading, how, partial)
        for run, how in zip(runs, conditions([basis_of(run) for run in runs]), strict=True)
        for reading in dict.fromkeys(summary.reading for summary in run.summaries)
    ]
    return ours + [_theirs(row) for row in published if not row.factor]


def _ours(run: RunSummary, reading: str, how: Conditions, partial: bool) -> Entry:
    cells = {summary.benchmark: summary for summary in run.summaries if summary.reading == reading and summary.n}
    figures = {name: _figure(summary) for name, summary in cells.items()}
    for name, sets in AVERAGES.items():
        mean = results.mean_of(cells, sets, partial=partial)
        if mean is not None:
            whole = all(cells[benchmark].whole for benchmark in sets)
            figures[name] = Figure(mean.value, mean.low, mean.high, whole=whole)
    counts = run.unfinished
    return Entry("ours", run.spec.model, size_of(run.spec.model), reading, figures, how, run=run.run, unfinished=counts)


def _figure(summary: Summary) -> Figure:
    found = summary.accuracy
    counts = () if summary.whole else (summary.n, summary.asked, False)
    return Figure(found.value, found.low, found.high, *counts)


def _theirs(row: Published) -> Entry:
    how = Conditions(row.asked.prompt, row.asked.grader, row.asked.limits, row.asked.problems)
    source = f"{row.source} {row.address}"
    return Entry("published", row.model, row.size, row.mode, published_figures(row), how, source=source)


def published_figures(row: Published) -> dict[str, Figure]:
    """The cells of a published row and its means; the printed average where there is one."""
    means = {name: mean_of(row.cells, sets) for name, sets in AVERAGES.items()}
    if row.average is not None:
        means["AVG"] = row.average
    return {name: Figure(value) for name, value in {**row.cells, **means}.items() if value is not None}


def mean_of(cells: Mapping[str, float], sets: Sequence[str]) -> float | None:
    """The unweighted mean over `sets`; None where one is missing."""
    return sum(cells[name] for name in sets) / len(sets) if all(name in cells for name in sets) else None


def size_of(model: str) -> float | None:
    """Billions of parameters, as a model's name says it (``7B``, ``135m``); None where it does not."""
    sizes = re.findall(r"(?<![a-z\d.])(\d+(?:\.\d+)?)\s?([bm])(?![a-z])", model.rpartition("/")[2].lower())
    if not sizes:
        return None
    number, unit = sizes[-1]
    return float(number) / (1000 if unit == "m" else 1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are shown, and in which order."""

    sizes: tuple[float, float] | None = None
    """Billions of parameters, both ends in it."""
    modes: tuple[str, ...] = ()
    grader: str = ""
    origin: str = ""
    sort: str = "AVG"
    """A column, ``model`` or ``size``."""


def choose(rows: Sequence[Entry], wanted: Wanted) -> list[Entry]:
    """The rows that are wanted, the best first; those without the figure that is sorted by come last, by model.

    Raises `UsageError` for a column that there is not.
    """
    known = {*COLUMNS, *(name for row in rows for name in row.figures), "model", "size"}
    if wanted.sort not in known:
        raise UsageError(f"--sort {wanted.sort}: no such column; there are {', '.join(sorted(known))}")
    return sorted((row for row in rows if _is_wanted(row, wanted)), key=lambda row: _rank(row, wanted.sort))


def _is_wanted(row: Entry, wanted: Wanted) -> bool:
    if wanted.sizes is not None and (row.size is None or not wanted.sizes[0] <= row.size <= wanted.sizes[1]):
        return False
    if wanted.modes and row.mode not in wanted.modes:
        return False
    if wanted.grader and row.conditions.grader.partition(" ")[0] != wanted.grader:
        return False
    return not wanted.origin or row.origin == wanted.origin


def _rank(row: Entry, column: str) -> tuple[bool, float, str, float]:
    figure = row.figures.get(column)
    value = row.size if column == "size" else figure.value if figure and figure.whole else None
    mean = sum(figure.value for figure in row.figures.values()) / len(row.figures) if row.figures else 0.0
    return (
        value is None and column != "model",
        0.0 if column == "model" else -(value or 0.0),
        row.model.lower(),
        -mean,
    )


def grids(rows: Sequence[Entry]) -> list[Grid]:
    """The table of the paper's sets, and one of the other sets where there are any."""
    main = [row for row in rows if any(name in row.figures for name in COLUMNS)]
    others = sorted({name for row in rows for name in row.figures} - set(COLUMNS))
    rest = [row for row in rows if any(name in row.figures for name in others)]
    columns = [name for name in COLUMNS if any(name in row.figures for row in main)]
    tables = (("Leaderboard: accuracy in %", main, columns), ("Further sets: accuracy in %", rest, others))
    return [_grid(title, shown, names) for title, shown, names in tables if shown]


def _grid(title: str, rows: Sequence[Entry], columns: Sequence[str]) -> Grid:
    marks, notes = footnotes([row.conditions for row in rows])
    cells = tuple(
        (
            f"{row.model} {mark}".strip(),
            _size(row.size),
            MODES.get(row.mode, row.mode),
            _origin(row),
            *_cells(row, columns),
        )
        for row, mark in zip(rows, marks, strict=True)
    )
    interval = ("± is half the 95 % interval (Wilson).",) if any(row.origin == "ours" for row in rows) else ()
    partial = any(not row.figures[name].whole for row in rows for name in AVERAGES if name in row.figures)
    counts = ((row.run, row.unfinished) for row in rows)
    header = ("model", "size", "mode", "figures", *columns)
    apart = tuple(row.origin == "published" for row in rows)
    return Grid(
        title,
        header,
        cells,
        (*interval, *unfinished.notes(counts, partial=partial), *notes, *_sources(rows)),
        left=4,
        apart=apart,
    )


def _origin(row: Entry) -> str:
    """Ours with the hash that the run's folder ends in, or published with the kind of source."""
    return (
        f"ours {row.run.rpartition('-')[2]}" if row.origin == "ours" else f"published [{row.source.partition(' ')[0]}]"
    )


def _cells(row: Entry, columns: Sequence[str]) -> Iterable[str]:
    return (str(row.figures[name]) if name in row.figures else "" for name in columns)


def _size(size: float | None) -> str:
    return "" if size is None else f"{size:g}B" if size >= 1 else f"{size * 1000:g}M"


def _sources(rows: Sequence[Entry]) -> tuple[str, ...]:
    """Where the published rows are from, an address a model or a paper."""
    known = dict.fromkeys(
        (row.source.partition(" ")[0], row.source.partition(" ")[2], row.model) for row in rows if row.source
    )
    addresses: dict[tuple[str, str], list[str]] = {}
    for kind, address, model in known:
        addresses.setdefault((kind, address), []).append(model)
    said = [f"{', '.join(models)}: [{kind}] {address}" for (kind, address), models in addresses.items()]
    if not said:
        return ()
    means = "IND and OOD of published rows, and AVG where none was printed, are the means of their cells."
    return (f"Published figures are from: {'; '.join(said)}.", means)


def to_csv(rows: Sequence[Entry]) -> str:
    """One line a row, figures as numbers with both ends of their interval."""
    names = [*COLUMNS, *sorted({name for row in rows for name in row.figures} - set(COLUMNS))]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    figures = [f"{name}{end}" for name in names for end in ("", "_low", "_high")]
    writer.writerow(
        ["origin", "model", "size", "mode", "run", "source", *(f.name for f in fields(Conditions)), *figures]
    )
    for row in rows:
        head = [row.origin, row.model, "" if row.size is None else f"{row.size:g}", row.mode, row.run, row.source]
        shown = [row.figures.get(name) for name in names]
        values = [
            value
            for figure in shown
            for value in ((figure.value, figure.low, figure.high) if figure else (None, None, None))
        ]
        written = ["" if value is None else f"{value:.4f}" for value in values]
        writer.writerow([*map(spreadsheet_cell, (*head, *astuple(row.conditions))), *written])
    return out.getvalue()
