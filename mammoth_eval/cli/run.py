"""``mammoth-eval run``: evaluate a model on benchmarks, or go on where the same command stopped."""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path

from rich.console import Console

from mammoth_eval import chat_templates, presets, store, thoughts
from mammoth_eval.benchmarks.groups import benchmark_names
from mammoth_eval.cli import dry_run, lm_eval, messages, options, run_file, show
from mammoth_eval.cli.progress import Display, Watch
from mammoth_eval.decoding import DECODINGS
from mammoth_eval.engines import ENGINES
from mammoth_eval.errors import ERRORED, MammothError, UsageError
from mammoth_eval.evaluation import run_plan
from mammoth_eval.models import DEFAULT
from mammoth_eval.plan import Plan, make_plan
from mammoth_eval.report.results import summarize_run
from mammoth_eval.resources import cache_folder
from mammoth_eval.rules import NAMES as GRADERS
from mammoth_eval.sandbox import LEVELS
from mammoth_eval.settings import GIVEN, MODEL, Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is evaluated, how, and where it goes."""
    what = parser.add_argument_group("what")
    what.add_argument(
        "--model",
        help=(
            "hub id or folder; for the engine replay a run of the store, or a file "
            f"(default: the embedded {DEFAULT}, preset demo, generated problems)"
        ),
    )
    what.add_argument(
        "--benchmarks",
        metavar="NAMES",
        help="comma list of names, TOML files, or: paper, ind, ood, generated (default: paper)",
    )
    what.add_argument(
        "--limit",
        type=options.limit,
        metavar="N",
        help="at most N problems of each benchmark, spread over it; below 1 a share of each (0.1), 0: all",
    )
    how = parser.add_argument_group("how")
    how.add_argument(
        "--preset", choices=sorted(presets.PRESETS), help="named settings; those below override it (default: default)"
    )
    how.add_argument("--decoding", metavar="NAME", help=f"one of {', '.join(DECODINGS)}")
    how.add_argument(
        "--prompt",
        metavar="NAME",
        help="auto (default): the one that the model wants; or a style (mammoth-eval list prompts), or a file",
    )
    how.add_argument(
        "--grader", metavar="NAMES", help=f"comma list of {', '.join(GRADERS)}; the first decides fallbacks"
    )
    how.add_argument("--samples", type=int, metavar="N", help="samples per problem: majority vote and pass@k")
    how.add_argument("--temperature", type=float, metavar="T")
    how.add_argument("--top-p", type=float, metavar="P")
    how.add_argument("--top-k", type=int, metavar="K")
    how.add_argument("--min-p", type=float, metavar="P")
    for name, off in (("repetition", 1), ("presence", 0), ("frequency", 0)):
        how.add_argument(f"--{name}-penalty", type=float, metavar="X", help=f"default: {off}, off")
    how.add_argument(
        "--sampling",
        choices=(GIVEN, MODEL),
        default=GIVEN,
        help="model: what is not given above is what the model's generation_config.json recommends (default: given)",
    )
    how.add_argument(
        "--max-tokens",
        type=options.tokens,
        metavar="N",
        help="new tokens of one completion; auto: what is recommended for the model, as far as its context reaches",
    )
    how.add_argument(
        "--thinking",
        choices=chat_templates.CHOICES,
        default=chat_templates.AUTO,
        help="asked of the model's thinking by its chat template's switch: on, off, or an effort (default: auto)",
    )
    how.add_argument(
        "--thoughts",
        metavar="FORM",
        help=f"how the model marks its thoughts: one of {', '.join(thoughts.NAMES)} (default: auto)",
    )
    how.add_argument(
        "--thinking-budget",
        type=int,
        default=0,
        metavar="N",
        help="tokens of a thought at most; it is cut there, closed, and the model goes on with the answer",
    )
    how.add_argument("--stop", action="append", default=[], metavar="TEXT", help="one more text that ends a completion")
    how.add_argument("--seed", type=int, default=0)
    engine = parser.add_argument_group("engine and sandbox")
    engine.add_argument("--engine", default="vllm", metavar="NAME", help=f"one of {', '.join(ENGINES)} (default: vllm)")
    options.add_pairs(engine, "--engine-arg", "passed on to the engine, e.g. tensor_parallel_size=2; repeatable")
    engine.add_argument(
        "--concurrency",
        default="auto",
        metavar="N",
        help="problems in progress at once (default: auto, enough to keep the engine busy)",
    )
    engine.add_argument("--sandbox", default="auto", metavar="LEVEL", help=f"auto or one of {', '.join(LEVELS)}")
    engine.add_argument("--program-seconds", type=float, metavar="S", help="CPU seconds of one program (default: 5)")
    where = parser.add_argument_group("where")
    options.add_data_dir(where)
    options.add_results_dir(where)
    options.add_trust(where)
    where.add_argument(
        "--skip-damaged", action="store_true", help="problems whose records cannot be read are pending again"
    )
    options.add_pairs(where, "--factor", "a fact about the model for ablations, e.g. subset=G+M; repeatable")
    options.add_format(where)
    messages.add_verbosity(parser)
    lm_eval.add_aliases(parser)
    run_file.add_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Run, or go on; prints the tables at the end."""
    console = messages.open_console(args)
    runs = run_file.runs(args, partial(lm_eval.translate, tell=partial(messages.say, console)))
    args = runs[0]
    console = messages.open_console(args)  # again: a file may ask for quiet
    concurrency = _concurrency(args.concurrency)
    with console.status("reading the benchmarks and the model's folder"):
        plans = [make_plan(settings_from(run)) for run in runs]  # all of them before the first engine starts
    if args.dry_run:
        return dry_run.show_plans(plans, args.results_dir)
    paths, failed, errored = [], [], False
    for number, plan in enumerate(plans, 1):
        if len(plans) > 1:
            messages.say(console, f"run {number} of {len(plans)}: {plan.spec.folder()}")
        try:
            path, has_errored = _evaluate(plan, args, console, concurrency)
            paths.append(path)
            errored = errored or has_errored
        except MammothError as error:
            if len(plans) == 1:
                raise
            failed.append(f"run {number} ({plan.spec.folder()}) failed: {error}")
            messages.say(console, f"{failed[-1]}; the others go on")
    show.show_runs([summarize_run(path, skip_damaged=args.skip_damaged) for path in dict.fromkeys(paths)], args.format)
    if failed:
        raise MammothError(f"{len(failed)} of {len(plans)} runs failed: {'; '.join(failed)}")
    return ERRORED if errored else 0


def _evaluate(plan: Plan, args: argparse.Namespace, console: Console, concurrency: int | None) -> tuple[Path, bool]:
    """The run's folder, and whether records of it are errored."""
    with Display(console) as display:
        watch = Watch(display)
        path = run_plan(
            plan,
            args.results_dir,
            concurrency=concurrency,
            progress=watch,
            skip_damaged=args.skip_damaged,
            command=options.command_line(),
        )
    return path, watch.errored


def settings_from(args: argparse.Namespace) -> Settings:
    """The command line as settings; the environment is read here and nowhere below."""
    engine_args = {**getattr(args, "engine_args", {}), **options.pairs("--engine-arg", args.engine_arg)}
    if args.engine == "openai":
        for name, variable in (("base_url", "OPENAI_BASE_URL"), ("api_key", "OPENAI_API_KEY")):
            if os.environ.get(variable):
                engine_args.setdefault(name, os.environ[variable])
    demo = args.model is None
    if demo and args.engine not in ("vllm", "transformers"):
        raise UsageError(f"--engine {args.engine} needs --model: the name that the server knows, or the file to replay")
    return Settings(
        model=_model(args),
        benchmarks=benchmark_names(args.benchmarks or ("generated" if demo else "paper")),
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
        min_p=args.min_p,
        repetition_penalty=args.repetition_penalty,
        presence_penalty=args.presence_penalty,
        frequency_penalty=args.frequency_penalty,
        sampling=args.sampling,
        thinking=args.thinking,
        thoughts=args.thoughts,
        thinking_budget=args.thinking_budget,
        stop=tuple(args.stop),
        seed=args.seed,
        samples=args.samples,
        limit=args.limit,
        sandbox=args.sandbox,
        program_seconds=args.program_seconds,
        data_dir=args.data_dir,
        cache_dir=cache_folder(),
        allow_code=args.allow_code,
        allow_http=args.allow_http,
        factors=getattr(args, "factors", {})
        | {name: str(value) for name, value in options.pairs("--factor", args.factor).items()},
    )


def _model(args: argparse.Namespace) -> str:
    """What is evaluated; to the engine `replay` a run, by any of its names. Raises `UsageError` where there is none."""
    if args.engine == "replay":
        return str(store.find_run(args.results_dir, Path(args.model), "run or file of generations"))
    return args.model or DEFAULT


def _concurrency(word: str) -> int | None:
    """The number of ``--concurrency``; None for ``auto``. Raises `UsageError`."""
    if word == "auto":
        return None
    if not word.isdecimal() or int(word) < 1:
        raise UsageError(f"--concurrency {word}: expected auto, or a number of problems from 1 on")
    return int(word)
