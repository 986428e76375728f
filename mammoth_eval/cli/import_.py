"""``mammoth-eval import``: generations of other harnesses become a run of the store, as if we had made them.

Rows are matched to problems by question text; programs run in our sandbox, answers are read and graded by our rules. A
second file with the other method (``--then``) makes a run of decoding ``both``, from which PoT, CoT, hybrid and oracle
are read. The run folder can be given to ``run --engine replay``, which takes the texts through the whole pipeline under
any decoding.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from msgspec import structs

from mammoth_eval import decoding, importers
from mammoth_eval.cli import messages, options, show
from mammoth_eval.cli.progress import Display, Watch
from mammoth_eval.errors import ERRORED, UsageError
from mammoth_eval.evaluation import run_plan
from mammoth_eval.importers import Imported
from mammoth_eval.plan import Plan, make_plan, row_numbers
from mammoth_eval.report.results import RunSummary, summarize_run
from mammoth_eval.resources import cache_folder
from mammoth_eval.settings import IMPORTED, Settings
from mammoth_eval.types import Method


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The files, what they hold, and where the run goes."""
    names = tuple(importers.FORMATS)
    parser.add_argument("file", type=Path, metavar="FILE", help="JSON lines, or one JSON array; may be gzipped")
    # --format is the file's here; tables take theirs from --table and --json
    parser.add_argument(
        "--format", dest="file_format", required=True, metavar="NAME", help=f"of FILE: one of {', '.join(names)}"
    )
    parser.add_argument("--benchmark", required=True, metavar="NAME", help="whose problems the rows answer")
    parser.add_argument("--model", required=True, metavar="NAME", help="what tables call it")
    parser.add_argument(
        "--method",
        choices=("pot", "cot"),
        help=(
            "pot: the program in each text is run, its output is the answer; cot: the answer is read from the text as "
            "recorded"
        ),
    )
    parser.add_argument(
        "--then", type=Path, metavar="FILE", help="a second file, with the other method: a hybrid of the two"
    )
    parser.add_argument("--then-format", metavar="NAME", help="of the second file (default: that of the first)")
    parser.add_argument(
        "--grader", default="exact,mammoth", metavar="NAMES", help="comma list; the first decides and is shown"
    )
    parser.add_argument("--sandbox", default="auto", metavar="LEVEL", help="level of the sandbox (default: auto)")
    parser.add_argument("--program-seconds", type=float, metavar="S", help="CPU seconds of one program (default: 5)")
    options.add_data_dir(parser)
    options.add_trust(parser)
    options.add_results_dir(parser)
    parser.add_argument("--table", dest="format", choices=options.FORMATS, default="table", help="form of the tables")
    parser.add_argument(
        "--json", action="store_const", const="json", dest="format", help="tables and every unmatched row as JSON"
    )
    messages.add_verbosity(parser)


def main(args: argparse.Namespace) -> int:
    """Match, run, grade; prints what did not fit and the tables."""
    console = messages.open_console(args)
    sources = _sources(args)
    plan = make_plan(_settings(args))
    _, problems = plan.problems[0]
    imported = importers.load(sources, problems)
    plan = _plan(plan, imported)
    for line in [line for pair in imported.files for line in importers.describe(*pair)] + _incomplete(imported, plan):
        messages.say(console, line)
    engine = importers.Recordings(imported.texts, imported.ends, tuple(file.name for file, _ in imported.files))
    with Display(console) as display:
        watch = Watch(display)
        path = run_plan(plan, args.results_dir, engine=engine, progress=watch, command=options.command_line())
    _show(imported, summarize_run(path), args.format)
    return ERRORED if watch.errored else 0


def _sources(args: argparse.Namespace) -> list[tuple[Path, str, Method | None]]:
    """Path, format and method of each file; a file whose rows say their own method needs none."""
    if args.then is None:
        return [(args.file, args.file_format, args.method)]
    if args.method is None:
        raise UsageError("--then needs --method: that of the first file; the second has the other")
    other: Method = "cot" if args.method == "pot" else "pot"
    return [(args.file, args.file_format, args.method), (args.then, args.then_format or args.file_format, other)]


def _settings(args: argparse.Namespace) -> Settings:
    return Settings(
        model=args.model,
        benchmarks=(args.benchmark,),
        engine=IMPORTED,
        graders=options.names(args.grader) or None,
        sandbox=args.sandbox,
        program_seconds=args.program_seconds,
        data_dir=args.data_dir,
        cache_dir=cache_folder(),
        allow_code=args.allow_code,
        allow_http=args.allow_http,
    )


def _plan(plan: Plan, imported: Imported) -> Plan:
    """The plan of the same benchmark, with what is known of the generations in place of what a run would decide.

    How the texts were sampled and prompted is not known, and the run does not pretend to.
    """
    benchmark, _ = plan.problems[0]
    files = [{"sha256": file.sha256, "format": file.format} for file, _ in imported.files]
    spec = structs.replace(
        plan.spec,
        model_hash=files[0]["sha256"][:16],
        engine_args={"files": files, **({"ends": len(imported.ends)} if imported.ends else {})},
        decoding=imported.decoding,
        prompt=importers.PROMPT.name,
        prompt_hash=importers.PROMPT.hash,
        prompt_text=importers.PROMPT.source,
        sampling={},
        samples=imported.samples,
        benchmarks={benchmark.name: _covered(plan.spec.benchmarks[benchmark.name], imported)},
        preset="",
        rows={benchmark.name: row_numbers(imported.problems)},
    )
    decode = decoding.get(imported.decoding)
    problems = ((benchmark, imported.problems),)
    return replace(plan, spec=spec, problems=problems, prompt=importers.PROMPT, decode=decode, chosen=(), warnings=())


def _covered(identity: Mapping[str, Any], imported: Imported) -> dict[str, Any]:
    """The benchmark's identity; where generations are missing, that of the problems which have one beside it."""
    if not imported.incomplete:
        return dict(identity)
    ids = "\n".join(problem.id for problem in imported.problems)
    return {
        **identity,
        "covered": len(imported.problems),
        "covered_sha256": hashlib.sha256(ids.encode()).hexdigest()[:16],
    }


def _incomplete(imported: Imported, plan: Plan) -> list[str]:
    if not imported.incomplete:
        return []
    shown = ", ".join(imported.incomplete[: importers.SHOWN]) + (
        ", ..." if len(imported.incomplete) > importers.SHOWN else ""
    )
    total = len(imported.incomplete) + len(imported.problems)
    name = plan.problems[0][0].name
    return [
        f"left out for want of a (complete) generation: {len(imported.incomplete)} of {total} problems "
        f"of {name} ({shown})"
    ]


def _show(imported: Imported, summary: RunSummary, form: str) -> None:
    if form == "json":
        files = [importers.report(*pair) for pair in imported.files]
        content = {"files": files, "without_generation": list(imported.incomplete), "runs": [summary.to_json()]}
        show.print_json(content)
    else:
        show.show_runs([summary], form)
