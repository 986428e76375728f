"""A table of text and its forms: terminal (rich), Markdown, LaTeX (booktabs); `html.py` has its form as a page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mammoth_eval.safe_text import printable


@dataclass(frozen=True, slots=True)
class Grid:
    """A titled table; every row is as long as the header."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    left: int = 1
    """The first columns that hold names; the rest are figures, set to the right."""
    shades: tuple[tuple[float, ...], ...] = ()
    """Of a heat map: how much better (up to 1) or worse (down to -1) each cell is; as `rows`, or empty."""
    apart: tuple[bool, ...] = ()
    """Rows that are of another kind than the others (published beside ours); as `rows`, or empty."""

    def used(self) -> Grid:
        """The same without the columns that are empty in every row."""
        keep = [i for i in range(len(self.header)) if i < self.left or any(row[i] for row in self.rows)]
        return self._columns(keep)

    def turned(self) -> Grid:
        """The same with a row for each figure, and the names of a row on top of its column."""
        header = ("", *("\n".join(row[: self.left]) for row in self.rows))
        figures = range(self.left, len(self.header))
        rows = tuple((self.header[i], *(row[i] for row in self.rows)) for i in figures)
        shades = tuple((0.0, *(row[i] for row in self.shades)) for i in figures) if self.shades else ()
        return Grid(self.title, header, rows, self.notes, shades=shades)

    def parts(self, width: int) -> list[Grid]:
        """The same as several tables of at most `width` columns of a terminal, each with the names of the rows in
        front.

        Words may take half of the width, and are folded beyond.
        """
        widths = [max(map(_longest_line, column)) + 3 for column in zip(self.header, *self.rows, strict=True)]
        room = width - min(sum(widths[: self.left]), width // 2) - 1
        groups: list[list[int]] = []
        for i in range(self.left, len(self.header)):
            if not groups or sum(widths[column] for column in groups[-1]) + widths[i] > room:
                groups.append([])
            groups[-1].append(i)
        names = list(range(self.left))
        parts = [self._columns([*names, *group]) for group in groups]
        return [
            replace(part, title=self.title if part is parts[0] else "", notes=self.notes if part is parts[-1] else ())
            for part in parts
        ]

    def _columns(self, keep: Sequence[int]) -> Grid:
        rows = tuple(tuple(row[i] for i in keep) for row in self.rows)
        shades = tuple(tuple(row[i] for i in keep) for row in self.shades)
        return replace(self, header=tuple(self.header[i] for i in keep), rows=rows, shades=shades)

    def shade(self, row: int, column: int) -> float:
        """Of one cell; 0 where the table is no heat map."""
        return self.shades[row][column] if self.shades else 0.0

    def width(self) -> int:
        """Columns of a terminal that it takes with no line broken."""
        return sum(max(map(_longest_line, column)) + 3 for column in zip(self.header, *self.rows, strict=True))


def _longest_line(cell: str) -> int:
    return max(map(len, cell.splitlines() or [""]))


def to_rich(grid: Grid, width: int) -> RenderableType:
    """The table for a terminal of `width` columns.

    Where it is wider, turned, or else in several parts below one another.
    """
    if grid.width() <= width or grid.left >= len(grid.header):
        return _rich(grid)
    return _rich(grid.turned()) if grid.turned().width() <= width else Group(*map(_rich, grid.parts(width)))


def _rich(grid: Grid) -> Table:
    # As Text, not as markup: a cell may hold brackets of its own.
    title, notes = (Text(printable(text)) if text else None for text in (grid.title, "\n".join(grid.notes)))
    table = Table(title=title, title_justify="left", caption=notes, caption_justify="left", box=box.SIMPLE_HEAD)
    for i, name in enumerate(grid.header):
        is_name = i < grid.left
        head = Text(printable(name))
        table.add_column(head, justify="left" if is_name else "right", overflow="fold", no_wrap=not is_name)
    for number, row in enumerate(grid.rows):
        cells = (Text(printable(cell), _colours(grid.shade(number, column))) for column, cell in enumerate(row))
        table.add_row(*cells, style="dim" if grid.apart and grid.apart[number] else "")
    return table


def _colours(shade: float) -> str:
    """The terminal's colours for a cell of a heat map: green for better, red for worse, stronger for more."""
    if not shade:
        return ""
    strength = round(60 + 120 * min(1.0, abs(shade)))
    return f"white on rgb(0,{strength},0)" if shade > 0 else f"white on rgb({strength},0,0)"


def to_markdown(grid: Grid) -> str:
    """A GitHub table with its title above and its notes below."""
    rule = ["---" if i < grid.left else "---:" for i in range(len(grid.header))]
    rows = [grid.header, rule, *grid.rows]
    lines = ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", "<br>") for cell in row) + " |" for row in rows]
    title = [f"**{grid.title}**", ""] if grid.title else []
    return printable("\n".join([*title, *lines, *(f"\n{note}" for note in grid.notes)])) + "\n"


_LATEX = {
    "\\": r"\textbackslash{}",
    "±": r"$\pm$",
    "→": r"$\to$",
    "≥": r"$\ge$",
    "≈": r"$\approx$",
    "<": r"$<$",
    ">": r"$>$",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def to_latex(grid: Grid) -> str:
    """A ``table`` with booktabs rules."""

    def escape(cell: str) -> str:
        return re.sub(r"[\\±→≥≈<>~^&%$#_{}]", lambda match: _LATEX.get(match[0], "\\" + match[0]), printable(cell))

    def line(row: Sequence[str]) -> str:
        text = " & ".join(escape(cell) for cell in row) + r" \\"
        return (
            "{}" + text if text.startswith(("[", "*")) else text
        )  # else the end of the row before would take it for its own

    columns = "l" * grid.left + "r" * (len(grid.header) - grid.left)
    caption = " ".join(escape(part.rstrip(".") + ".") for part in (grid.title, *grid.notes) if part)
    body = [
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        line(grid.header),
        r"\midrule",
        *map(line, grid.rows),
        r"\bottomrule",
    ]
    return "\n".join([r"\begin{table}", *body, r"\end{tabular}", rf"\caption{{{caption}}}", r"\end{table}"]) + "\n"
