"""``mammoth-eval leaderboard``.

Every run of the store, the summaries that were kept, and the published rows, in one table.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable
from pathlib import Path

from mammoth_eval import store
from mammoth_eval.cli import options, show
from mammoth_eval.errors import UsageError
from mammoth_eval.report import leaderboard, published
from mammoth_eval.report.leaderboard import Wanted
from mammoth_eval.report.results import RunSummary, load_saved, summarize_run

SUMMARIES = "summaries"
"""The folder of kept summaries below the store."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which rows, in which order, in which form."""
    runs = f"{options.RUN} or a saved summary; default: all of the store, and its summaries/"
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN", help=runs)
    parser.add_argument("--kept", action="store_true", help="only the summaries that are kept, not the run folders")
    parser.add_argument("--grader", metavar="NAME", help="only rows under this grader; runs show their score by it")
    parser.add_argument(
        "--decoding", metavar="NAMES", help="only these modes: comma list of cot, pot, hybrid, mammoth, oracle"
    )
    parser.add_argument("--size", metavar="RANGE", help="only models of these billions of parameters: 7, 7-13, 13-")
    parser.add_argument("--only", choices=("ours", "published"), help="only our rows, or only the published ones")
    parser.add_argument(
        "--sort", default="AVG", metavar="COLUMN", help="a benchmark, IND, OOD, AVG, model or size (default: AVG)"
    )
    options.add_skip_damaged(parser)
    options.add_partial(parser)
    options.add_results_dir(parser)
    options.add_format(parser)
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there instead of to standard output")


def main(args: argparse.Namespace) -> int:
    """Gather, choose, print."""
    wanted = Wanted(_sizes(args.size), options.names(args.decoding), args.grader or "", args.only or "", args.sort)
    entries = leaderboard.entries(list(_runs(args)), published.load(), partial=args.partial)
    rows = leaderboard.choose(entries, wanted)
    if not rows:
        raise UsageError("no row is left: fewer of --size, --decoding, --grader, --only show more")
    if args.format == "json":
        show.write(json.dumps([row.to_json() for row in rows], indent=2, ensure_ascii=False) + "\n", args.output)
    elif args.format == "csv":
        show.write(leaderboard.to_csv(rows), args.output)
    else:
        show.show_grids(leaderboard.grids(rows), args.format, "Leaderboard", args.output)
    return 0


def _runs(args: argparse.Namespace) -> Iterable[RunSummary]:
    """Each run once: from its records where they are there, else from its summary."""
    kept = sorted((args.results_dir / SUMMARIES).glob("*.json"))
    paths = (
        kept
        if args.kept and not args.runs
        else store.chosen_runs(args.results_dir, args.runs) + ([] if args.runs else kept)
    )
    seen = set()
    for path in paths:
        saved = path.suffix == ".json"
        run = load_saved(path) if saved else summarize_run(path, args.grader, skip_damaged=args.skip_damaged)
        if run.run not in seen:
            yield run
        seen.add(run.run)


def _sizes(words: str | None) -> tuple[float, float] | None:
    """``7``, ``7-13`` or ``13-`` as a range. Raises `UsageError`."""
    if words is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)b?(?:(-)(?:(\d+(?:\.\d+)?)b?)?)?", words.strip().lower())
    if not match:
        raise UsageError(f"--size {words!r}: expected billions of parameters such as 7, 7-13, 0-1 or 13-")
    low, dash, high = match.groups()
    return float(low), float(high or "inf") if dash else float(low)
