"""``mammoth-eval run``: evaluate a model on benchmarks, or go on where the same command stopped."""

from __future__ import annotations

import argparse
import os

from rich.console import Console

from mammoth_eval import benchmarks, hub, models, presets
from mammoth_eval.cli import options, session, show
from mammoth_eval.decoding import DECODINGS
from mammoth_eval.engines import ENGINES, make_engine
from mammoth_eval.errors import UnknownName, UsageError
from mammoth_eval.models import DEFAULT
from mammoth_eval.plan import Plan, Settings, make_plan
from mammoth_eval.report.results import summarize_run
from mammoth_eval.resources import cache_folder
from mammoth_eval.rules import NAMES as GRADERS
from mammoth_eval.sandbox import LEVELS
from mammoth_eval.store import RunFolder

GROUPS = {"paper": benchmarks.PAPER, "ind": benchmarks.IND, "ood": benchmarks.OOD}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is evaluated, how, and where it goes."""
    what = parser.add_argument_group("what")
    what.add_argument("--model", help=f"hub id or folder (default: the embedded {DEFAULT}, preset demo, generated problems)")
    what.add_argument(
        "--benchmarks", metavar="NAMES", help="comma list of names, TOML files, or: paper, ind, ood, generated (default: paper)"
    )
    what.add_argument("--limit", type=int, metavar="N", help="at most N problems of each benchmark, evenly spaced (0: all)")
    how = parser.add_argument_group("how")
    how.add_argument("--preset", choices=sorted(presets.PRESETS), help="named settings; those below override it (default: default)")
    how.add_argument("--decoding", metavar="NAME", help=f"one of {', '.join(DECODINGS)}")
    how.add_argument("--prompt", metavar="NAME", help="prompt style or file; see: mammoth-eval list prompts")
    how.add_argument("--grader", metavar="NAMES", help=f"comma list of {', '.join(GRADERS)}; the first decides fallbacks")
    how.add_argument("--samples", type=int, metavar="N", help="samples a problem: majority vote and pass@k")
    how.add_argument("--temperature", type=float, metavar="T")
    how.add_argument("--top-p", type=float, default=1.0, metavar="P")
    how.add_argument("--top-k", type=int, default=0, metavar="K")
    how.add_argument("--max-tokens", type=int, metavar="N", help="new tokens of one completion")
    how.add_argument("--stop", action="append", default=[], metavar="TEXT", help="one more text that ends a completion")
    how.add_argument("--seed", type=int, default=0)
    engine = parser.add_argument_group("engine and sandbox")
    engine.add_argument("--engine", default="vllm", metavar="NAME", help=f"one of {', '.join(ENGINES)} (default: vllm)")
    options.add_pairs(engine, "--engine-arg", "passed on to the engine, e.g. tensor_parallel_size=2; repeatable")  # type: ignore[arg-type]
    engine.add_argument(
        "--concurrency",
        default="auto",
        metavar="N",
        help="problems in progress at once (default: auto, enough to keep the engine busy)",
    )
    engine.add_argument("--sandbox", default="auto", metavar="LEVEL", help=f"auto or one of {', '.join(LEVELS)}")
    engine.add_argument("--program-seconds", type=float, metavar="S", help="CPU seconds of one program (default: 5)")
    where = parser.add_argument_group("where")
    options.add_data_dir(where)  # type: ignore[arg-type]
    options.add_results_dir(where)  # type: ignore[arg-type]
    where.add_argument("--skip-damaged", action="store_true", help="problems whose records cannot be read are owed again")
    options.add_pairs(where, "--factor", "a fact about the model for ablations, e.g. subset=G+M; repeatable")  # type: ignore[arg-type]
    options.add_format(where)  # type: ignore[arg-type]
    where.add_argument("--quiet", action="store_true", help="no progress display")


def main(args: argparse.Namespace) -> int:
    """Run, or go on; prints the tables at the end."""
    console = Console(stderr=True, quiet=args.quiet)
    settings = settings_from(args)
    concurrency = _concurrency(args.concurrency)
    with console.status("reading the benchmarks and the model's folder"):
        plan = make_plan(settings)
    with RunFolder(args.results_dir, plan.spec, skip_damaged=args.skip_damaged) as run:
        console.print(f"run: {run.path}", highlight=False, soft_wrap=True)
        for pinned in plan.pins:
            console.print(f"{pinned.kind}: {pinned}", highlight=False, markup=False, soft_wrap=True)
        if any(run.owed(rows) for _, rows in plan.problems):
            _download(plan, console)
        engine = make_engine(plan.spec.engine, plan.location, **plan.model.options)
        session.hold(plan, run, engine, concurrency, console)
        summary = summarize_run(run.path, skip_damaged=args.skip_damaged)
        void = session.void_note(run)
    show.show_runs([summary], args.format)
    if void:
        console.print(void, style="yellow", highlight=False, markup=False, soft_wrap=True)
    return 0


def _download(plan: Plan, console: Console) -> None:
    """Bring a model of the hub onto this machine before an engine is started that needs it."""
    files = models.downloads(plan.model, plan.spec.engine)
    if not files:
        return
    size = sum(files.values()) / 1e9
    console.print(f"downloading {len(files)} files, {size:.2f} GB", highlight=False, soft_wrap=True)
    hub.fetch(plan.model.pins[0], files, progress=console.is_terminal and not console.quiet)


def settings_from(args: argparse.Namespace) -> Settings:
    """The command line as settings; the environment is read here and nowhere below."""
    engine_args = options.pairs("--engine-arg", args.engine_arg)
    if args.engine == "openai":
        for name, variable in (("base_url", "OPENAI_BASE_URL"), ("api_key", "OPENAI_API_KEY")):
            if os.environ.get(variable):
                engine_args.setdefault(name, os.environ[variable])
    demo = args.model is None
    if demo and args.engine not in ("vllm", "transformers"):
        raise UsageError(f"--engine {args.engine} needs --model: the name that the server knows, or the file to replay")
    return Settings(
        model=args.model or DEFAULT,
        benchmarks=_benchmark_names(args.benchmarks or ("generated" if demo else "paper")),
        engine=args.engine,
        engine_args=engine_args,
        preset=args.preset or ("demo" if demo else "default"),
        decoding=args.decoding,
        prompt=args.prompt,
        graders=options.names(args.grader) or None,
        max_tokens=args.max_tokens,
        temperature=args.temperature,
        top_p=args.top_p,
        top_k=args.top_k,
        stop=tuple(args.stop),
        seed=args.seed,
        samples=args.samples,
        limit=args.limit,
        sandbox=args.sandbox,
        program_seconds=args.program_seconds,
        data_dir=args.data_dir,
        cache_dir=cache_folder(),
        factors={name: str(value) for name, value in options.pairs("--factor", args.factor).items()},
    )


def _concurrency(word: str) -> int | None:
    """The number of ``--concurrency``; None for ``auto``. Raises `UsageError`."""
    if word == "auto":
        return None
    if not word.isdecimal() or int(word) < 1:
        raise UsageError(f"--concurrency {word}: expected auto, or a number of problems from 1 on")
    return int(word)


def _benchmark_names(words: str) -> tuple[str, ...]:
    """The benchmarks of a comma list, its groups spelled out. Raises `UnknownName` with the nearest name or group."""
    known = benchmarks.names()
    groups = {**GROUPS, "generated": [name for name in known if benchmarks.get(name).group == "generated"]}
    asked = options.names(words)
    for word in asked:
        if word not in groups and word not in known and not word.endswith(".toml"):
            raise UnknownName("benchmark", word, [*groups, *known])
    return tuple(name for word in asked for name in groups.get(word, (word,)))
