"""``mammoth-eval view``: runs as one HTML page, to read and to browse, without a server and without the network."""

from __future__ import annotations

import argparse
import webbrowser
from pathlib import Path

from mammoth_eval import paths, store
from mammoth_eval.cli import messages, options
from mammoth_eval.errors import StoreError, UsageError
from mammoth_eval.report import view

PAGE = "report.html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which runs, and where the page goes."""
    parser.add_argument(
        "runs", nargs="*", type=Path, metavar="RUN", help=f"{options.RUN}; default: every run in the store"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help=f"the page (default: {PAGE})")
    parser.add_argument("--open", action="store_true", help="open it in the browser")
    parser.add_argument("--grader", metavar="NAME", help="show the scores of this grader (default: each run's own)")
    parser.add_argument(
        "--samples",
        type=int,
        default=view.KEPT,
        metavar="N",
        help=f"records to browse, evenly spaced where there are more (default: {view.KEPT})",
    )
    options.add_skip_damaged(parser)
    options.add_results_dir(parser)


def main(args: argparse.Namespace) -> int:
    """Write the page.

    Prints where it is. Raises `UsageError` where there is no run, `StoreError` where it cannot be written.
    """
    if args.samples < 0:
        raise UsageError(f"--samples {args.samples}: expected 0 (tables and plots alone) or more")
    chosen = store.chosen_runs(args.results_dir, args.runs)
    if not chosen:
        raise UsageError(f"{args.results_dir}: no runs; make one with: mammoth-eval run")
    output = args.output or paths.below(Path(), PAGE, where="view")
    runs = [view.load_run(path, args.grader, skip_damaged=args.skip_damaged, kept=args.samples) for path in chosen]
    try:
        written = view.write(runs, output, args.samples)
    except OSError as error:
        raise StoreError(f"{output}: cannot be written: {error.strerror}") from error
    print(written)
    if args.open and not webbrowser.open(written.resolve().as_uri()):
        messages.say(messages.open_console(args), "no browser could be started here; open the file yourself", "yellow")
    return 0
