"""Ablations as tables: a heat map of changes, our rows and the published ones, told apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mammoth_eval.benchmarks import PAPER
from mammoth_eval.report import unfinished
from mammoth_eval.report.ablation import Ablation, Effect, Row
from mammoth_eval.report.compare_tables import signed
from mammoth_eval.report.conditions import Conditions, footnotes
from mammoth_eval.report.grid import Grid
from mammoth_eval.report.leaderboard import Figure, published_figures
from mammoth_eval.report.published import Published
from mammoth_eval.report.results import AVERAGES, MODES

FULL_SHADE = 20.0
"""Points of change that have the full colour of the heat map."""


def ablation_grid(ablation: Ablation, published: Sequence[Published]) -> Grid:
    """One row per value: accuracy, spread over the seeds, change; published rows of the same factor behind them."""
    theirs = [row for row in published if row.factor == ablation.factor]
    columns = _columns(ablation, theirs)
    ways = [row.conditions for row in ablation.rows]
    conditions = [
        *ways,
        *(Conditions(row.asked.prompt, row.asked.grader, row.asked.limits, row.asked.problems) for row in theirs),
    ]
    marks, notes = footnotes(conditions)
    labels = _labels(ablation.rows)
    ours = [
        (f"{label} {mark}".strip(), "ours", str(len(row.runs)), *(_cell(row.cells.get(name)) for name in columns))
        for row, label, mark in zip(ablation.rows, labels, marks, strict=False)
    ]
    base = _published_base(theirs, ablation)
    rest = [
        _published_row(row, mark, base, columns) for row, mark in zip(theirs, marks[len(ablation.rows) :], strict=True)
    ]
    shades = [(0.0,) * 3 + tuple(_shade(row.cells.get(name)) for name in columns) for row in ablation.rows]
    shades += [(0.0,) * (3 + len(columns)) for _ in rest]
    header = (ablation.factor, "figures", "runs", *columns)
    title = f"Ablation of {ablation.factor}: accuracy in %, change against {ablation.baseline}"
    apart = tuple(number >= len(ours) for number in range(len(ours) + len(rest)))
    said = (*_notes(ablation, bool(theirs)), *_unfinished(ablation), *notes, *_sources(theirs))
    return Grid(title, header, (*ours, *rest), said, left=2, shades=tuple(shades), apart=apart)


def _columns(ablation: Ablation, theirs: Sequence[Published]) -> list[str]:
    """Those of our runs and of the published rows: benchmarks in the paper's order, averages last."""
    known = {
        *ablation.columns,
        *(name for row in theirs for name in (*row.cells, *(["AVG"] if row.average is not None else []))),
    }
    ordered = (*PAPER, *sorted(known - {*PAPER, *AVERAGES, "mean"}), *AVERAGES, "mean")
    return [name for name in ordered if name in known]


def _labels(rows: Sequence[Row]) -> list[str]:
    """The value, and behind it what else tells rows of one value apart."""
    labels = []
    for row in rows:
        others = [other for other in rows if other.value == row.value and other is not row]
        differing = [
            name for name, value in row.context.items() if any(other.context.get(name) != value for other in others)
        ]
        behind = ", ".join(f"{name} {row.context[name]}" for name in differing)
        labels.append(f"{MODES.get(row.value, row.value)} ({behind})" if behind else MODES.get(row.value, row.value))
    return labels


def _cell(effect: Effect | None) -> str:
    """``41.8 ±0.4 (+2.3*)``: accuracy, spread over the seeds, change."""
    if effect is None:
        return ""
    spread = "" if effect.spread is None else f" ±{effect.spread:.1f}"
    if effect.change is None:
        return f"{effect.accuracy:.1f}{spread}"
    return f"{effect.accuracy:.1f}{spread} ({signed(effect.change.difference)}{'*' if effect.significant else ''})"


def _shade(effect: Effect | None) -> float:
    if effect is None or effect.change is None:
        return 0.0
    return max(-1.0, min(1.0, effect.change.difference / FULL_SHADE))


def _published_base(theirs: Sequence[Published], ablation: Ablation) -> Mapping[str, Figure]:
    """The figures of the published row that has the baseline's value, if there is one."""
    return next((published_figures(row) for row in theirs if row.value == ablation.baseline), {})


def _published_row(row: Published, mark: str, base: Mapping[str, Figure], columns: Sequence[str]) -> tuple[str, ...]:
    figures = published_figures(row)
    is_base = figures == base

    def cell(name: str) -> str:
        if name not in figures:
            return ""
        change = f" ({signed(figures[name].value - base[name].value)})" if name in base and not is_base else ""
        return f"{figures[name]}{change}"

    return (f"{MODES.get(row.value, row.value)} {mark}".strip(), f"published [{row.source}]", "", *map(cell, columns))


def _unfinished(ablation: Ablation) -> Iterator[str]:
    for note in unfinished.said(ablation.unfinished):
        yield note if ablation.partial else f"{note} Such sets are left out, unless with --partial."


def _notes(ablation: Ablation, published: bool) -> tuple[str, ...]:
    spread = any(cell.spread is not None for row in ablation.rows for cell in row.cells.values())
    several = any(
        len(row.context) and len({r.value for r in ablation.rows}) < len(ablation.rows) for row in ablation.rows
    )
    return (
        f"In brackets the change against {ablation.baseline} in points, on the same problems"
        + (", of the run most like it in all else" if several else "")
        + (
            "; *: significant (paired test over problems, Holm over all benchmarks of the table, or over the rows of "
            "an average)."
        ),
        *(("±: standard deviation over runs with other seeds; it is not part of the test.",) if spread else ()),
        *(
            ("Changes of published rows are differences of their figures; nothing is known of their significance.",)
            if published
            else ()
        ),
    )


def _sources(theirs: Sequence[Published]) -> tuple[str, ...]:
    said = dict.fromkeys(f"[{row.source}] {row.address}" for row in theirs)
    models = ", ".join(dict.fromkeys(row.model for row in theirs))
    return (f"Published rows are of {models}, from {', '.join(said)}.",) if said else ()
