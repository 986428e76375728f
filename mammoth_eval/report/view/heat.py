"""The heat map: what several runs differ by from the first of them, benchmark by benchmark, tested in pairs."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from mammoth_eval.errors import UsageError
from mammoth_eval.report.compare import Cell, Comparison, compare
from mammoth_eval.report.sides import Side
from mammoth_eval.report.view.plots import Figure
from mammoth_eval.report.view.svg import WIDTH, drawing, element, label

LEFT, HEAD, ROW = 170, 34, 34
LEVELS = 6
"""Steps of depth: a cell's class says which."""
POINTS = 10.0
"""A difference that is drawn at full depth, unless there are larger ones."""


def differences(sides: Sequence[Side], names: Sequence[str]) -> Figure | None:
    """The accuracy of each side minus that of the first, on the problems that both were asked.

    None where there is no such pair.
    """
    compared = _comparisons(sides, names)
    if not compared:
        return None
    columns = list(dict.fromkeys(cell.benchmark for _, comparison in compared for cell in _cells(comparison)))
    most = max(POINTS, *(abs(cell.result.difference) for _, comparison in compared for cell in _cells(comparison)))
    width = (WIDTH - LEFT - 4) / len(columns)
    parts = [label(LEFT + width * (i + 0.5), 22, name, "middle", "tick") for i, name in enumerate(columns)]
    for i, (name, comparison) in enumerate(compared):
        y = HEAD + ROW * i
        parts.append(label(LEFT - 12, y + 21, name if len(name) <= 25 else name[:24] + "…", "end"))
        parts += [
            _cell(LEFT + width * columns.index(cell.benchmark), y, width, cell, most, name)
            for cell in _cells(comparison)
        ]
    said = "; ".join(
        f"{name}: " + ", ".join(f"{cell.benchmark} {_signed(cell)}" for cell in _cells(comparison))
        for name, comparison in compared
    )
    svg = drawing("differences", f"Accuracy minus that of {names[0]}", said, HEAD + ROW * len(compared) + 4, *parts)
    note = f"Points above or below {names[0]} on the same problems; * significant (paired, Holm over the benchmarks)."
    return Figure("differences", "Against the first run", note, svg)


def _comparisons(sides: Sequence[Side], names: Sequence[str]) -> list[tuple[str, Comparison]]:
    """Each side but the first, against it; one that shares no problem with it is left out."""
    compared = []
    for side, name in zip(sides[1:], names[1:], strict=True):
        try:
            compared.append((name, compare(sides[0], side)))
        except UsageError:  # no problem in common
            continue
    return compared


def _cells(comparison: Comparison) -> tuple[Cell, ...]:
    return (*comparison.cells, comparison.mean) if comparison.mean is not None else comparison.cells


def _signed(cell: Cell) -> str:
    return f"{cell.result.difference:+.1f}{'*' if cell.significant else ''}"


def _cell(x: float, y: float, width: float, cell: Cell, most: float, name: str) -> Markup:
    value = cell.result.difference
    kind = f"{'better' if value > 0 else 'worse'} d{min(LEVELS, round(LEVELS * abs(value) / most))}"
    box = element("rect", x=x + 1, y=y + 1, width=width - 2, height=ROW - 2, rx=4, class_=f"cell {kind}")
    p = f"p = {cell.corrected:.3g}, {'significant' if cell.significant else 'not significant'}"
    hint = (
        f"{name}, {cell.benchmark}: {value:+.1f} ({cell.result.low:+.1f} to {cell.result.high:+.1f}), {p}, "
        f"{cell.result.n} problems"
    )
    return element(
        "g",
        element("title", hint),
        box,
        label(x + width / 2, y + 21, _signed(cell), "middle", "strong" if cell.significant else "text"),
    )
