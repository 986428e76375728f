"""``mammoth-eval curate``.

Training rows in the form of MathInstruct, each right by the human answer, none leaking a test set.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
from itertools import islice
from pathlib import Path
from typing import Any

from mammoth_eval import models
from mammoth_eval.cli import messages, options, show
from mammoth_eval.engines import ENGINES, make_engine
from mammoth_eval.errors import DataError, UsageError
from mammoth_eval.resources import cache_folder
from mammoth_eval.safe_text import printable
from mammoth_eval.sandbox import open_sandbox
from mammoth_eval.training import prepare, rows, sources, teacher
from mammoth_eval.training.curate import Report
from mammoth_eval.training.rows import Row

SHOWN = 10
"""Leaks that are named on the terminal; the report file has all."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which sources, who writes the rationales, what they are compared with, where they go."""
    names = f"{', '.join(sources.SOURCES)}, mathinstruct (or {sources.MATHINSTRUCT}), or a file of rows"
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help=names)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="rows as JSON lines; the report goes beside it"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N questions of each source")
    parser.add_argument(
        "--against",
        default="",
        metavar="NAMES",
        help="test sets that no row may leak: names, or paper (default: all that are here)",
    )
    taught = parser.add_argument_group("rationales by a teacher, in place of the source's own")
    taught.add_argument(
        "--teacher", metavar="MODEL", help="a model that answers the source's questions, each row's of a file"
    )
    taught.add_argument(
        "--write",
        choices=teacher.WAYS,
        default="pot",
        help="pot: programs, cot: chains of thought, new: new questions (default: pot)",
    )
    taught.add_argument("--engine", default="vllm", metavar="NAME", help=f"one of {', '.join(ENGINES)} (default: vllm)")
    options.add_pairs(taught, "--engine-arg", "passed on to the engine; repeatable")
    taught.add_argument("--samples", type=int, default=4, metavar="K", help="answers to each question (default: 4)")
    taught.add_argument("--temperature", type=float, default=0.7, metavar="T", help="default: 0.7")
    taught.add_argument(
        "--max-tokens", type=int, default=512, metavar="N", help="new tokens of one answer (default: 512)"
    )
    taught.add_argument(
        "--prompt", default="fewshot", metavar="NAME", help="how the teacher is asked (default: fewshot)"
    )
    taught.add_argument(
        "--agreement",
        type=float,
        metavar="P",
        help="share of samples that must agree, where there is a human answer too (default: 0.6, where there is none)",
    )
    taught.add_argument("--seed", type=int, default=0)
    options.add_data_dir(parser)
    parser.add_argument("--json", action="store_true", help="print the reports")
    messages.add_verbosity(parser)


def main(args: argparse.Namespace) -> int:
    """Curate each source; writes the rows and the report, prints what was kept and what was not."""
    console = messages.open_console(args)
    _check(args)
    with console.status("reading the test sets"):
        tests = prepare.against(prepare.test_sets(options.names(args.against)), args.data_dir, cache_folder())
    if tests.missing and args.against:
        raise DataError(
            f"--against {args.against}: no file of {', '.join(tests.missing)} here, expected benchmarks/<name>/<file> "
            f"in "
            "--data-dir (a run of the benchmark fetches it, too); leave --against out to compare with all that are here"
        )
    if tests.missing:
        messages.say(console, f"not compared with (no file here): {', '.join(tests.missing)}")
    kept: list[Row] = []
    reports: dict[str, Any] = {}
    for name in dict.fromkeys(map(sources.plain, args.sources)):
        with console.status(f"curating {name}"):
            made, report = _curate(name, args, tests)
        kept += made
        reports[name] = {**report.to_json(), "against": list(tests.names), "not_compared": list(tests.missing)}
        if not args.json:
            _show(name, report)
        if report.read and report.discarded["leaks a test set"] == report.read:
            messages.say(
                console,
                f"{name}: all of it is test questions: name the sets to compare with, without its own, by --against",
            )
    rows.write(args.out, kept)
    path = args.out.with_suffix(".report.json")
    rows.write_text(path, json.dumps(reports, indent=1, ensure_ascii=False) + "\n")
    messages.say(console, f"{len(kept)} rows: {args.out}; report: {path}")
    if args.json:
        show.print_json(reports, indent=1)
    return 0


def _check(args: argparse.Namespace) -> None:
    """Raises `UsageError` for a number that cannot be."""
    if args.samples < 1:
        raise UsageError(f"--samples {args.samples}: at least 1 is needed")
    if args.limit is not None and args.limit < 1:
        raise UsageError(f"--limit {args.limit}: at least 1 is needed")
    if args.max_tokens < 1:
        raise UsageError(f"--max-tokens {args.max_tokens}: at least 1 is needed")
    if not 0 <= args.temperature < math.inf:
        raise UsageError(f"--temperature {args.temperature}: expected 0 or more")
    if args.agreement is not None and not 0 < args.agreement <= 1:
        raise UsageError(f"--agreement {args.agreement}: expected a share, above 0 and at most 1")


def _curate(name: str, args: argparse.Namespace, tests: prepare.Against) -> tuple[list[Row], Report]:
    if not args.teacher:
        return prepare.source(name, tests, args.data_dir, cache_folder(), args.limit)
    model = models.resolve(args.teacher, args.engine, cache_folder(), options.pairs("--engine-arg", args.engine_arg))
    engine = make_engine(args.engine, model.location, **model.options)
    lesson = teacher.Lesson(
        teacher=model.name,
        way=args.write,
        samples=args.samples,
        temperature=args.temperature,
        max_tokens=args.max_tokens,
        prompt=args.prompt,
        agreement=0.6 if args.agreement is None else args.agreement,
        always=args.agreement is not None,
        seed=args.seed,
    )
    examples = list(islice(sources.load(name, args.data_dir, cache_folder()), args.limit))

    async def teach() -> tuple[list[Row], Report]:
        async with open_sandbox() as sandbox, engine:
            return await teacher.teach(examples, lesson, sources.policy(name), tests.index, engine, sandbox)

    return asyncio.run(teach())


def _show(name: str, report: Report) -> None:
    share = f"{100 * report.kept / report.read:.1f} %" if report.read else "none"
    print(f"{name}: {report.kept} of {report.read} kept ({share})")
    for reason, count in report.discarded.most_common():
        print(
            f"  {count:6}  {100 * count / report.read:5.1f} %  {reason}  "
            f"({printable(', '.join(report.examples[reason]))})"
        )
    for hit in report.hits[:SHOWN]:
        print(f"          {hit.rule}: {hit.problem}: {hit.question[:90]!r}")
    if len(report.hits) > SHOWN:
        print(f"          and {len(report.hits) - SHOWN} more, in the report file")
