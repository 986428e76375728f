"""``mammoth-eval grade``: score runs of the store again under any grader; needs no model and no sandbox."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from mammoth_eval import rules, scoring, store
from mammoth_eval.cli import messages, options, show
from mammoth_eval.report.results import summary_of
from mammoth_eval.rules import Rules
from mammoth_eval.types import Policy, Record


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The runs and the graders."""
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help=options.RUN)
    parser.add_argument(
        "--grader",
        default="exact,mammoth",
        metavar="NAMES",
        help=f"comma list of {', '.join(rules.NAMES)}; the first is shown",
    )
    parser.add_argument("--dry-run", action="store_true", help="show what changes, write nothing")
    options.add_skip_damaged(parser)
    options.add_results_dir(parser)
    options.add_format(parser)
    messages.add_verbosity(parser)


def main(args: argparse.Namespace) -> int:
    """Score each run, say what changed, print its tables."""
    graders = [rules.get(name) for name in options.names(args.grader)]
    console = messages.open_console(args)
    summaries = []
    for path in store.chosen_runs(args.results_dir, args.runs):
        header = store.load_run(path)
        rescore = partial(_rescore, path, graders, scoring.policies(header.spec), console)
        if args.dry_run:
            after = rescore(store.load_records(path, skip_damaged=args.skip_damaged))
        else:
            with store.Rescoring(path, skip_damaged=args.skip_damaged) as run:
                after = rescore(run.records())
                run.replace(after)
        summaries.append(summary_of(path, header, after, graders[0].name))
    show.show_runs(summaries, args.format)
    return 0


def _rescore(
    path: Path, graders: Sequence[Rules], policies: Mapping[str, Policy], console: Console, before: Iterable[Record]
) -> list[Record]:
    """The records under `graders`; says how many outcomes each of them changes."""
    pairs = [(old, scoring.with_scores(old, graders, policies[old.problem.benchmark])) for old in before]
    for grader in graders:
        moved = sum(_outcome(old, grader.name) != _outcome(new, grader.name) for old, new in pairs)
        messages.say(console, f"{path}: {grader.name}: {moved} of {len(pairs)} outcomes changed")
    return [new for _, new in pairs]


def _outcome(record: Record, grader: str) -> str | None:
    score = record.scores.get(grader)
    return score.outcome if score else None
