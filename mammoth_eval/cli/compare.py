"""``mammoth-eval compare``: runs against one another on the same problems, with paired tests."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mammoth_eval import store
from mammoth_eval.cli import options, show
from mammoth_eval.errors import UsageError
from mammoth_eval.report import compare as comparing
from mammoth_eval.report.compare_tables import comparison_grid, flips_grid, matrix_grid
from mammoth_eval.report.differences import differences, differences_grid
from mammoth_eval.report.grid import Grid
from mammoth_eval.report.sides import Side, load_side


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The runs and how they are read."""
    runs = f"{options.RUN}; RUN:pot, RUN:cot, RUN:hybrid or RUN:oracle reads a run in that way"
    parser.add_argument("runs", nargs="+", metavar="RUN", help=runs)
    parser.add_argument("--grader", metavar="NAME", help="compare under this grader (default: each run's own)")
    parser.add_argument(
        "--flips", type=int, default=10, metavar="N", help="flipped problems shown each way (default: 10; JSON has all)"
    )
    options.add_skip_damaged(parser)
    options.add_results_dir(parser)
    options.add_format(parser, without=("csv",))


def main(args: argparse.Namespace) -> int:
    """Compare two runs, or every pair of several."""
    if len(args.runs) < 2:
        raise UsageError("compare needs two runs or more; two readings of one run are RUN:pot RUN:hybrid")
    sides = [_side(words, args) for words in args.runs]
    comparisons = [comparing.compare(sides[0], sides[1])] if len(sides) == 2 else []
    matrix = comparing.matrix(sides) if len(sides) > 2 else None
    changed = differences([side.header for side in sides])
    if args.format == "json":
        content = _json(
            sides,
            comparisons or [comparison for _, _, comparison, _ in matrix.pairs] if matrix else comparisons,
            matrix,
        )
        show.print_json(content)
        return 0
    grids: list[Grid] = [matrix_grid(matrix)] if matrix else []
    for comparison in comparisons:
        grids += [comparison_grid(comparison), flips_grid(comparison, args.flips)]
    show.show_grids([*grids, differences_grid(changed, _labels(sides))], args.format, "Comparison")
    return 0


def _side(words: str, args: argparse.Namespace) -> Side:
    """The run that `words` name, read as they say behind a colon. Raises `UsageError` where there is none."""
    name, colon, reading = words.rpartition(":")
    if not colon or "/" in reading or Path(words).exists():  # the colon is one of a path, if there is any
        name, reading = words, ""
    path = store.find_run(args.results_dir, Path(name))
    return load_side(path, args.grader, reading or None, skip_damaged=args.skip_damaged)


def _labels(sides: list[Side]) -> list[str]:
    return [f"{'AB'[place] if len(sides) == 2 else place + 1}: {side.run}" for place, side in enumerate(sides)]


def _json(
    sides: list[Side], comparisons: list[comparing.Comparison], matrix: comparing.Matrix | None
) -> dict[str, Any]:
    content: dict[str, Any] = {
        "runs": [side.run for side in sides],
        "comparisons": [comparison.to_json() for comparison in comparisons],
    }
    if matrix is not None:
        content["pairs"] = [{"a": i, "b": j, "p_corrected": p} for i, j, _, p in matrix.pairs]
    return content
