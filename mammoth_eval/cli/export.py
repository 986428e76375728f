"""``mammoth-eval export``: a run in the form of another tool."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mammoth_eval import store
from mammoth_eval.cli import messages, options
from mammoth_eval.errors import StoreError, UnknownName, UsageError
from mammoth_eval.report.export import FORMATS, export
from mammoth_eval.report.stored import load_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The run, the form, the place."""
    parser.add_argument("run", type=Path, metavar="RUN", help=options.RUN)
    # not add_format: that one is about the form of tables
    parser.add_argument("--format", dest="form", required=True, metavar="NAME", help=f"one of {', '.join(FORMATS)}")
    parser.add_argument(
        "--output",
        required=True,
        type=Path,
        metavar="PATH",
        help="the file (csv, parquet, jsonl) or the folder (the others) to write",
    )
    parser.add_argument(
        "--grader", metavar="NAME", help="the scores that count (default: the run's own); tables have all"
    )
    parser.add_argument(
        "--raw-cells",
        action="store_true",
        help="csv: keep a text as it is that a spreadsheet would run as a formula (default: an apostrophe before it)",
    )
    options.add_skip_damaged(parser)
    options.add_results_dir(parser)
    parser.add_argument("--json", action="store_true", help="print the names of the files as a JSON list")


def main(args: argparse.Namespace) -> int:
    """Write the files.

    Prints their names. Raises `UnknownName` for a form, `StoreError` where they cannot be written.
    """
    if args.form not in FORMATS:
        raise UnknownName("export format", args.form, FORMATS)
    if args.raw_cells and args.form != "csv":
        raise UsageError(f"--raw-cells: {args.form} has no cells that a spreadsheet would run; it is for --format csv")
    run = load_run(store.find_run(args.results_dir, args.run), args.grader, skip_damaged=args.skip_damaged)
    try:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        written = export(run, args.form, args.output, **({"raw_cells": True} if args.raw_cells else {}))
    except OSError as error:
        raise StoreError(f"{args.output}: cannot be written: {error.strerror or error}") from error
    if args.json:
        print(json.dumps([str(path) for path in written], indent=2))
    else:
        for path in written:
            print(path)
    if not written:
        messages.say(messages.open_console(args), "nothing to write: every record is errored", "yellow")
    return 0
