"""``mammoth-eval diff``: what changed between two runs, problem by problem; ``compare`` has the statistics."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mammoth_eval import store
from mammoth_eval.cli import options, show
from mammoth_eval.errors import UnknownName, UsageError
from mammoth_eval.report.changes import KINDS, Change, Changes, aligned, changes
from mammoth_eval.report.differences import differences_grid
from mammoth_eval.report.stored import Run, load_run
from mammoth_eval.safe_text import printable

DEFAULT_KINDS = ("gained", "lost", "outcome", "answer")
STYLES = {"=": "dim", "…": "dim italic", "~": "yellow", "<": "red", ">": "green"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two runs, and which changes are shown."""
    for name in ("a", "b"):
        parser.add_argument(name, metavar=f"RUN_{name.upper()}", type=Path, help=options.RUN)
    parser.add_argument(
        "--only",
        default=",".join(DEFAULT_KINDS),
        metavar="KINDS",
        help=f"comma list of {', '.join(KINDS)} (default: all but text, where only the text differs)",
    )
    parser.add_argument(
        "--limit", type=int, default=10, metavar="N", help="problems shown (default: 10; 0: all; JSON has all)"
    )
    parser.add_argument("--problem", metavar="ID", help="this problem alone, whatever became of it")
    parser.add_argument("--no-texts", action="store_true", help="outcomes and answers alone")
    parser.add_argument("--grader", metavar="NAME", help="outcomes under this grader (default: each run's own)")
    options.add_skip_damaged(parser)
    parser.add_argument("--json", action="store_true", help="every change, as JSON")
    options.add_results_dir(parser)


def main(args: argparse.Namespace) -> int:
    """Print settings that differ, counts, and the changed problems side by side."""
    kinds = options.names(args.only)
    for kind in kinds:
        if kind not in KINDS:
            raise UnknownName("kind of change", kind, KINDS)
    changed = changes(*(_run(name, args) for name in (args.a, args.b)))
    shown = _shown(changed, kinds, args.problem)
    if args.json:
        print(json.dumps(changed.to_json() | {"changes": [change.to_json() for change in shown]}, indent=2))
        return 0
    console = show.console()
    show.show_grids([differences_grid(changed.settings, [f"A: {changed.a}", f"B: {changed.b}"])], "table")
    for line in _summary(changed):
        console.print(line, highlight=False, markup=False)
    limit = args.limit or len(shown)
    for change in shown[:limit]:
        _show(change, console, texts=not args.no_texts)
    if len(shown) > limit:
        console.print(f"\n{len(shown) - limit} more; --limit 0 shows all", highlight=False)
    return 0


def _run(name: Path, args: argparse.Namespace) -> Run:
    """The run that `name` means. Raises `UsageError` where there is none."""
    return load_run(store.find_run(args.results_dir, name), args.grader, skip_damaged=args.skip_damaged)


def _shown(changed: Changes, kinds: tuple[str, ...], problem: str | None) -> list[Change]:
    if problem is None:
        return [change for change in changed.changes if change.kind in kinds]
    chosen = [change for change in changed.changes if change.problem.id == problem]
    if not chosen:
        raise UsageError(f"problem {problem}: nothing changed there, or it is not a problem of both runs")
    return chosen


def _summary(changed: Changes) -> Iterator[str]:
    counted = ", ".join(f"{kind} {count}" for kind, count in changed.counts.items())
    yield f"{sum(changed.counts.values())} problems of both: {counted}"
    for name, keys in (
        ("only A was asked", changed.only_a),
        ("only B was asked", changed.only_b),
        ("asked differently", changed.redefined),
    ):
        if keys:
            yield f"{name}: {len(keys)} ({', '.join(keys[:3])}{', ...' if len(keys) > 3 else ''})"


def _show(change: Change, console: Console, *, texts: bool) -> None:
    """One problem: a head, then A and B beside one another."""
    console.print()
    console.print(Text(f"{change.problem.id}  {change.kind}  gold {printable(change.problem.gold)}", style="bold"))
    console.print(Text(printable(change.problem.question)))
    table = Table(box=None, expand=True, show_header=True, padding=(0, 1, 0, 0))
    table.add_column("", width=1)
    for name, side in (("A", change.a), ("B", change.b)):
        head = f"{name}: {side.outcome}, {'no answer' if side.answer is None else printable(side.answer)}"
        table.add_column(Text(head + (f", by {side.path}" if side.path else "")), ratio=1, overflow="fold")
    for part in change.parts if texts else ():
        if part.changed:
            table.add_section()
            table.add_row(
                "",
                *(Text(part.name + ("" if text is not None else ": none"), style="bold") for text in (part.a, part.b)),
            )
            for mark, left, right in aligned(part.a, part.b):
                table.add_row(
                    mark, Text(printable(left), style=STYLES[mark]), Text(printable(right), style=STYLES[mark])
                )
    console.print(table)
