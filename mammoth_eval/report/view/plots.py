"""The plots of the page: accuracy with intervals, outcomes, why programs failed, accuracy against tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from mammoth_eval import stats
from mammoth_eval.report.results import MODES, RunSummary
from mammoth_eval.report.view.svg import SERIES, WIDTH, Scale, across, ceiling, drawing, element, label, mark, swatch
from mammoth_eval.stats import Summary
from mammoth_eval.types import OUTCOMES

LEFT = 124
"""Where the plots begin: names stand to the left of it."""
REASONS = 9
"""Bars of the plot of failures; rarer reasons are one bar together."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One plot and what stands around it."""

    ident: str
    title: str
    note: str
    svg: Markup
    legend: tuple[tuple[Markup, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """One reading of one run over its benchmarks."""

    name: str
    cells: dict[str, Summary]


def series_of(runs: Sequence[RunSummary]) -> list[Series]:
    """Every reading of a single run; of several runs, the reading that each was made for."""
    series = []
    several = len({run.spec.model for run in runs}) > 1
    for number, run in enumerate(runs, 1):
        readings = dict.fromkeys(summary.reading for summary in run.summaries)
        for reading in readings if len(runs) == 1 else [main_reading(run)]:
            mode = MODES.get(reading, reading)
            model = f"{run.spec.model}, " if several else ""
            name = mode if len(runs) == 1 else f"{number} · {model}{run.spec.decoding}, {run.spec.prompt}"
            series.append(
                Series(
                    name,
                    {
                        summary.benchmark: summary
                        for summary in run.summaries
                        if summary.reading == reading and summary.n
                    },
                )
            )
    return series


def main_reading(run: RunSummary) -> str:
    """What a run's own answers are read as: the hybrid where both methods were asked."""
    return stats.own_reading(run.spec.decoding)


def _benchmarks(series: Sequence[Series]) -> list[str]:
    return list(dict.fromkeys(name for curve in series for name in curve.cells))


def _legend(series: Sequence[Series]) -> tuple[tuple[Markup, str], ...]:
    return tuple((swatch(number), curve.name) for number, curve in enumerate(series))


def accuracy(runs: Sequence[RunSummary]) -> Figure:
    """One line a benchmark and series: the accuracy and its 95 % interval."""
    every = series_of(runs)
    series = every[:SERIES]
    scale = Scale(
        0, ceiling([cell.accuracy.high for curve in series for cell in curve.cells.values()], 100), LEFT, WIDTH - 16
    )
    parts, y = [], 14.0
    for name in _benchmarks(series):
        rows = [(number, curve.cells[name]) for number, curve in enumerate(series) if name in curve.cells]
        parts.append(label(LEFT - 14, y + 7.5 * len(rows) + 4, name, "end"))
        for number, cell in rows:
            y += 15
            parts.append(_interval(number, cell, series[number].name, scale, y - 7.5))
        y += 12
    text = "; ".join(
        f"{name}: " + ", ".join(_said(curve, name) for curve in series if name in curve.cells)
        for name in _benchmarks(series)
    )
    left_out = f" The first {SERIES} of {len(every)} runs." if len(every) > SERIES else ""
    svg = drawing("accuracy", "Accuracy with 95 % intervals", text, y + 24, across(scale, 6, y, " %"), *parts)
    return Figure("accuracy", "Accuracy", f"Line: 95 % interval (Wilson).{left_out}", svg, _legend(series))


def _said(curve: Series, name: str) -> str:
    return f"{curve.name} {curve.cells[name].accuracy.value:.1f} %"


def _interval(number: int, cell: Summary, name: str, scale: Scale, y: float) -> Markup:
    value = cell.accuracy
    inside = f"({value.low:.1f} to {value.high:.1f}), {cell.outcomes['correct']} of {cell.n}"
    inside += "" if cell.whole else f", not finished: {cell.n} of {cell.asked} problems"
    hint = f"{cell.benchmark}, {name}: {value.value:.1f} % {inside}"
    line = element("line", x1=scale(value.low), x2=scale(value.high), y1=y, y2=y, class_=f"whisker s{number}")
    return element("g", element("title", hint), line, mark(number, scale(value.value), y))


def outcomes(runs: Sequence[RunSummary]) -> Figure:
    """One bar a benchmark and run, its outcomes stacked to 100 %."""
    scale = Scale(0, 100, LEFT, WIDTH - 16)
    parts: list[Markup] = []
    y = 6.0
    for number, run in enumerate(runs, 1):
        if len(runs) > 1:
            y += 22 if number > 1 else 14
            parts.append(label(4, y - 6, f"{number} · {run.run}", "start", "tick"))
        for cell in run.summaries:
            if cell.reading == main_reading(run) and cell.n:
                parts += [label(LEFT - 14, y + 15, cell.benchmark, "end"), *_stack(cell, scale, y)]
                y += 26
    text = (
        "Share of correct, wrong, no answer, truncated and fault on each benchmark; the table of outcomes has the "
        "counts."
    )
    legend = tuple((_patch(outcome), outcome.replace("_", " ")) for outcome in OUTCOMES)
    svg = drawing("outcomes", "Outcomes", text, y + 22, across(scale, 0, y, " %"), *parts)
    return Figure("outcomes", "Outcomes", "Disjoint; they sum to all problems.", svg, legend)


def _stack(cell: Summary, scale: Scale, y: float) -> list[Markup]:
    parts, done = [], 0
    for outcome in OUTCOMES:
        count = cell.outcomes[outcome]
        if not count:
            continue
        start, end = scale(100 * done / cell.n), scale(100 * (done + count) / cell.n)
        hint = element("title", f"{cell.benchmark}: {outcome.replace('_', ' ')} {count} of {cell.n}")
        bar = element("rect", x=start, y=y, width=max(1.0, end - start - 1.5), height=20, class_=f"bar o-{outcome}")
        inside = [label((start + end) / 2, y + 14, str(count), "middle", f"on o-{outcome}")] if end - start > 26 else []
        parts.append(element("g", hint, bar, *inside))
        done += count
    return parts


def _patch(outcome: str) -> Markup:
    box = element("rect", x=1, y=1, width=12, height=12, rx=2, class_=f"bar o-{outcome}")
    return element("svg", box, width=14, height=14, viewBox="0 0 14 14", aria_hidden="true")


def failures(runs: Sequence[RunSummary]) -> Figure | None:
    """Why programs gave no answer, a bar a reason and run; None where every program gave one."""
    counts = [_failures(run) for run in runs[:SERIES]]
    rows = _reasons(counts)
    if not rows:
        return None
    scale = Scale(0, ceiling([float(value) for _, values in rows for value in values], float("inf")), LEFT, WIDTH - 48)
    parts, y = [], 6.0
    for why, values in rows:
        bars = [(number, value) for number, value in enumerate(values) if value]
        thick = 18.0 if len(bars) == 1 else 12.0
        parts.append(label(LEFT - 14, y + thick * len(bars) / 2 + 4, _short(why), "end"))
        for number, value in bars:
            parts.append(_bar(number, value, scale, y, thick))
            y += thick
        y += 9
    text = ", ".join(f"{why} {sum(values)}" for why, values in rows)
    svg = drawing("failures", "Why programs gave no answer", text, y + 18, across(scale, 0, y), *parts)
    failing = [(number, run) for number, run in enumerate(runs[:SERIES]) if counts[number]]
    legend = tuple((swatch(number), f"{number + 1} · {run.run}") for number, run in failing) if len(runs) > 1 else ()
    return Figure("failures", "Why programs gave no answer", "Programs, over all benchmarks.", svg, legend)


def _reasons(counts: Sequence[Counter[str]]) -> list[tuple[str, list[int]]]:
    """The most frequent reasons with their number in each run, the rarer ones put together; none for no failure."""
    reasons = [why for why, _ in sum(counts, Counter[str]()).most_common(REASONS)]
    rows = [(why, [count[why] for count in counts]) for why in reasons]
    others = [sum(count.values()) - sum(count[why] for why in reasons) for count in counts]
    return [*rows, ("other reasons", others)] if any(others) else rows


def _bar(number: int, value: int, scale: Scale, y: float, thick: float) -> Markup:
    bar = element("rect", x=LEFT, y=y, width=scale(value) - LEFT, height=thick - 1.5, class_=f"bar s{number}")
    return element("g", bar, label(scale(value) + 6, y + thick / 2 + 3.5, str(value), "start", "tick"))


def _short(why: str) -> str:
    """An exception without its modules, and no longer than there is room for."""
    name = why if " " in why else why.rpartition(".")[2]
    return name if len(name) <= 19 else name[:18] + "…"


def _failures(run: RunSummary) -> Counter[str]:
    wanted = "pot" if run.spec.decoding == "both" else main_reading(run)
    reasons: Counter[str] = Counter()
    for summary in run.summaries:
        if summary.reading == wanted:
            reasons.update(summary.pot_failures)
    return reasons


def tokens(runs: Sequence[RunSummary]) -> Figure | None:
    """Mean accuracy against completion tokens per problem, one mark per series.

    None where tokens are not known (imports).
    """
    series = [
        curve for curve in series_of(runs)[:SERIES] if any(cell.completion_tokens for cell in curve.cells.values())
    ]
    points = [
        (number, curve, _tokens(curve), stats.mean(list(curve.cells.values()))) for number, curve in enumerate(series)
    ]
    known = [(number, curve, spent, value) for number, curve, spent, value in points if value is not None]
    if not known:
        return None
    along = Scale(0, ceiling([spent for _, _, spent, _ in known], float("inf")), 64, WIDTH - 24)
    up = Scale(0, ceiling([value.high for *_, value in known], 100), 250, 14)
    parts = [across(along, 14, 250)]
    for tick in up.ticks(4):
        parts += [
            element("line", x1=64, x2=WIDTH - 24, y1=up(tick), y2=up(tick), class_="grid"),
            label(54, up(tick) + 4, f"{tick:g} %", "end", "tick"),
        ]
    for number, curve, spent, value in known:
        x = along(spent)
        line = element("line", x1=x, x2=x, y1=up(value.low), y2=up(value.high), class_=f"whisker s{number}")
        hint = element("title", f"{curve.name}: {value.value:.1f} % at {spent:.0f} tokens per problem")
        parts.append(element("g", hint, line, mark(number, x, up(value.value))))
    parts.append(label(WIDTH - 24, 288, "completion tokens per problem", "end", "tick"))
    text = "; ".join(
        f"{curve.name}: {value.value:.1f} % at {spent:.0f} tokens per problem" for _, curve, spent, value in known
    )
    svg = drawing("tokens", "Accuracy against tokens", text, 296, *parts)
    return Figure("tokens", "Accuracy against tokens", "Unweighted means over the benchmarks.", svg, _legend(series))


def _tokens(curve: Series) -> float:
    """Completion tokens per problem, the unweighted mean over benchmarks."""
    return sum(cell.completion_tokens / max(1, cell.n) for cell in curve.cells.values()) / max(1, len(curve.cells))
