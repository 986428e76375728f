"""``mammoth-eval report``: the tables of runs in the store."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from mammoth_eval import store
from mammoth_eval.cli import options, show
from mammoth_eval.errors import StoreError, UsageError
from mammoth_eval.report.hybrid import analyse
from mammoth_eval.report.hybrid_tables import hybrid_grids
from mammoth_eval.report.results import load_saved, save, summarize_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which runs, by which grader."""
    parser.add_argument(
        "runs",
        nargs="*",
        type=Path,
        metavar="RUN",
        help=f"{options.RUN} or a saved summary; default: every run in the store",
    )
    parser.add_argument("--grader", metavar="NAME", help="show the scores of this grader (default: each run's own)")
    options.add_skip_damaged(parser)
    options.add_partial(parser)
    parser.add_argument(
        "--hybrid",
        action="store_true",
        help="what the hybrid did: PoT, CoT, hybrid and oracle, failures and cost, by subject and level",
    )
    parser.add_argument(
        "--save", type=Path, metavar="DIR", help="also write each run's summary there, without its records"
    )
    options.add_results_dir(parser)
    options.add_format(parser)


def main(args: argparse.Namespace) -> int:
    """Print the tables. Raises `UsageError` where there is no run."""
    paths = store.chosen_runs(args.results_dir, args.runs)
    if not paths:
        raise UsageError(f"{args.results_dir}: no runs; make one with: mammoth-eval run")
    if args.hybrid:
        return _hybrid(paths, args)
    runs = [
        load_saved(path) if path.suffix == ".json" else summarize_run(path, args.grader, skip_damaged=args.skip_damaged)
        for path in paths
    ]
    if args.save:
        for run in runs:
            save(run, args.save)
    show.show_runs(runs, args.format, partial=args.partial)
    return 0


def _hybrid(paths: Sequence[Path], args: argparse.Namespace) -> int:
    """What the hybrid did on each run. Raises `UsageError` for a saved summary, which holds no records."""
    reports = []
    for path in paths:
        if path.suffix == ".json":
            raise UsageError(f"{path}: a saved summary holds no records; --hybrid needs the run's folder")
        spec = store.load_run(path).spec
        records = store.load_records(path, skip_damaged=args.skip_damaged)
        grader = args.grader or spec.rules
        try:
            reports.append((f"{path.parent.name}/{path.name}", analyse(records, grader, spec.decoding, spec.sizes)))
        except KeyError as error:
            raise StoreError(
                f"{path}: not scored by grader {grader!r}; do so with: mammoth-eval grade {path} --grader {grader}"
            ) from error
    if args.format == "json":
        show.write(
            json.dumps([{"run": run, **hybrid.to_json()} for run, hybrid in reports], indent=2, ensure_ascii=False)
            + "\n"
        )
    elif args.format == "csv":
        raise UsageError("--hybrid has no CSV form; JSON holds every figure")
    else:
        show.show_grids(
            [table for run, hybrid in reports for table in hybrid_grids(run, hybrid)],
            args.format,
            "What the hybrid did",
        )
    return 0
