"""Tables as one HTML page with nothing to load.

It opens from a file, light or dark, on a narrow screen and on paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mammoth_eval.report.grid import Grid

_STYLE = """
:root { color-scheme: light dark; --line: #8886; --better: 34, 139, 34; --worse: 205, 50, 50; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem auto; max-width: 90rem; padding: 0 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 0 0 .5rem; }
caption { font-weight: 600; text-align: left; padding: .3rem 0; }
th, td { padding: .2rem .6rem; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
.figure { text-align: right; font-variant-numeric: tabular-nums; }
tr.apart { font-style: italic; opacity: .75; }
.note { margin: .1rem 0; font-size: .9em; }
"""


def to_html(grids: Sequence[Grid], title: str) -> str:
    """A whole page; every text is escaped."""
    tables = "\n".join(_table(grid) for grid in grids)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n{tables}\n</body>\n</html>\n"
    )


def _table(grid: Grid) -> str:
    head = "".join(
        f'<th scope="col"{_class(grid, column)}>{_text(name)}</th>' for column, name in enumerate(grid.header)
    )
    rows = "\n".join(_row(grid, number) for number in range(len(grid.rows)))
    caption = f"<caption>{escape(grid.title)}</caption>\n" if grid.title else ""
    notes = "\n".join(f'<p class="note">{escape(note)}</p>' for note in grid.notes)
    return (
        f'<div class="scroll"><table>\n{caption}<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>'
        f"\n{notes}"
    )


def _row(grid: Grid, number: int) -> str:
    cells = "".join(
        f"<td{_class(grid, column)}{_shade(grid.shade(number, column))}>{_text(cell)}</td>"
        for column, cell in enumerate(grid.rows[number])
    )
    return f'<tr class="apart">{cells}</tr>' if grid.apart and grid.apart[number] else f"<tr>{cells}</tr>"


def _class(grid: Grid, column: int) -> str:
    return ' class="figure"' if column >= grid.left else ""


def _shade(shade: float) -> str:
    if not shade:
        return ""
    colour = "--better" if shade > 0 else "--worse"
    return f' style="background: rgba(var({colour}), {min(1.0, abs(shade)) * 0.6:.2f})"'


def _text(cell: str) -> str:
    return escape(cell).replace("\n", "<br>")
