"""Printing what the report makes, in the form that was asked for."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from mammoth_eval.cli.terminal import Terminal
from mammoth_eval.report import grid
from mammoth_eval.report.html import to_html
from mammoth_eval.report.result_tables import (
    accuracy_grid,
    failures_grid,
    outcome_grid,
    path_grid,
    samples_grid,
    to_csv,
)
from mammoth_eval.report.results import RunSummary
from mammoth_eval.safe_text import printable
from mammoth_eval.store import write_atomically

PLAIN_WIDTH = 200
"""Columns where standard output is no terminal."""


def show_runs(runs: Sequence[RunSummary], form: str, *, partial: bool = False) -> None:
    """Print the tables of `runs` to standard output, with means also over sets that are not finished if `partial`."""
    if form == "json":
        print_json([run.to_json(partial=partial) for run in runs])
    elif form == "csv":
        write(to_csv(runs, partial=partial))
    else:
        accuracy = accuracy_grid(runs, partial=partial)
        tables = (accuracy, outcome_grid(runs), path_grid(runs), failures_grid(runs), samples_grid(runs))
        show_grids([table for table in tables if table is not None], form)


def console() -> Console:
    """Standard output: as wide as the terminal, or `PLAIN_WIDTH` where it is none."""
    return Terminal(file=sys.stdout, width=None if sys.stdout.isatty() else PLAIN_WIDTH)


def show_grids(grids: Sequence[grid.Grid], form: str, title: str = "Report", output: Path | None = None) -> None:
    """Print tables as ``table``, ``markdown``, ``latex`` or ``html`` to standard output, or write them to `output`."""
    if form == "table" and output is None:
        terminal = console()
        for table in grids:
            terminal.print(grid.to_rich(table, terminal.width))
    else:
        write(_text(grids, form, title), output)


def print_json(content: object, indent: int = 2) -> None:
    """Print `content` as JSON in the characters that it has, those written out that would command a terminal."""
    print(printable(json.dumps(content, indent=indent, ensure_ascii=False)))


def write(text: str, output: Path | None = None) -> None:
    """Print `text`, or write it to `output` in one step. Raises `StoreError` where that cannot be done."""
    if output is None:
        print(printable(text), end="")
    else:
        write_atomically(output, text)


def _text(grids: Sequence[grid.Grid], form: str, title: str) -> str:
    if form == "html":
        return to_html(grids, title)
    if form == "table":
        terminal = Terminal(file=io.StringIO(), width=PLAIN_WIDTH)
        with terminal.capture() as capture:
            for table in grids:
                terminal.print(grid.to_rich(table, terminal.width))
        return capture.get()
    return "\n".join((grid.to_markdown if form == "markdown" else grid.to_latex)(table) for table in grids)
