"""``mammoth-eval suite``: train every mixture of a suite alike, evaluate each, compare them; goes on where it stopped.

Each training and each evaluation is a command of its own in a process of its own, so that memory is given back and what
broke can be repeated by hand. A training that is finished and an evaluation that has all its records cost nothing the
second time.
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
import shlex
import subprocess
import sys
from pathlib import Path

from mammoth_eval.cli import messages, options
from mammoth_eval.errors import ERRORED, MammothError, TrainingError
from mammoth_eval.resources import cache_folder
from mammoth_eval.training import manifest, outline, sft
from mammoth_eval.training import suite as suites
from mammoth_eval.training.suite import Suite

_log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The suite, where its parts go, and the engine."""
    parser.add_argument("suite", metavar="SUITE", help=f"a TOML file, or one of {', '.join(suites.names())}")
    parser.add_argument("--work-dir", type=Path, metavar="DIR", help="checkpoints and runs (default: ablations/SUITE)")
    parser.add_argument(
        "--engine", metavar="NAME", help="of the evaluation (default: vllm where it is installed, else transformers)"
    )
    options.add_pairs(parser, "--engine-arg", "passed on to the engine; repeatable")
    parser.add_argument("--merge", action="store_true", help="evaluate a LoRA merged into its base")
    parser.add_argument("--dry-run", action="store_true", help="print what it needs and its commands, run nothing")
    options.add_data_dir(parser)
    options.add_format(parser, without=("csv",))
    messages.add_verbosity(parser)


def main(args: argparse.Namespace) -> int:
    """Run what is left of the suite; prints the tables of ``ablation``."""
    console = messages.open_console(args)
    chosen = suites.get(args.suite)
    work = args.work_dir or Path("ablations") / chosen.name
    engine = args.engine or ("vllm" if importlib.util.find_spec("vllm") else "transformers")
    steps = [
        (title, words) for member in chosen.members for title, words in _member(chosen, *member, work, engine, args)
    ]
    compared = _ablation(chosen, work, args)
    if args.dry_run:
        for line in outline.lines(chosen, args.data_dir):
            messages.say(console, line)
        for _, words in [*steps, ("", compared)]:
            print(shlex.join(["mammoth-eval", *words]))
        return 0
    if not all(manifest.is_finished(_checkpoint(work, *member)) for member in chosen.members):
        sft.check_installed()
        outline.check(chosen, args.data_dir)
        if missing := outline.fetch_tests(chosen, args.data_dir, cache_folder()):
            messages.say(console, f"not compared with (not available): {', '.join(missing)}")
    for number, (title, words) in enumerate(steps, 1):
        messages.say(console, f"[{number}/{len(steps)}] {title}")
        _run(words)
    messages.say(console, f"{chosen.description}. Budget: {chosen.budget}.")
    return subprocess.run([sys.executable, "-m", "mammoth_eval", *compared], check=False).returncode


def _member(
    chosen: Suite, mixture: str, seed: int, work: Path, engine: str, args: argparse.Namespace
) -> list[tuple[str, list[str]]]:
    """The two commands of one mixture and seed."""
    out = _checkpoint(work, mixture, seed)
    name = out.name.removesuffix(f"-{seed}")
    data = ["--data-dir", str(args.data_dir)] if args.data_dir else []
    settings = [word for name, value in chosen.settings.items() for word in ("--set", f"{name}={_toml(value)}")]
    merged = out / "merged" if args.merge else out
    train = ["train", "--mixture", mixture, "--base", chosen.base, "--recipe", chosen.recipe, "--seed", str(seed)]
    train += ["--out", str(out), *settings, *data, *(["--merge"] if args.merge else [])]
    run = ["run", "--model", str(merged), "--engine", engine, "--benchmarks", ",".join(chosen.benchmarks)]
    run += ["--decoding", "both", "--max-tokens", str(chosen.max_tokens), "--results-dir", str(work / "results")]
    run += [*(["--limit", str(chosen.limit)] if chosen.limit else []), *data]
    run += [word for pair in args.engine_arg for word in ("--engine-arg", pair)]
    loudness = [f"--{flag}" for flag in ("quiet", "verbose") if getattr(args, flag)]
    return [(f"train {name}, seed {seed}", train + loudness), (f"evaluate {name}, seed {seed}", run + loudness)]


def _checkpoint(work: Path, mixture: str, seed: int) -> Path:
    """Where the training of one mixture and seed goes."""
    name = Path(mixture).stem if mixture.endswith(".toml") else mixture
    return work / "checkpoints" / f"{name}-{seed}"


def _ablation(chosen: Suite, work: Path, args: argparse.Namespace) -> list[str]:
    words = [
        "ablation",
        "--factor",
        chosen.factor,
        "--baseline",
        chosen.baseline,
        "--results-dir",
        str(work / "results"),
    ]
    return [*words, "--format", args.format]


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _run(words: list[str]) -> None:
    """One command.

    Its tables are not this command's. Raises `MammothError` where it failed: the suite goes on from there.
    """
    _log.info("%s", shlex.join(["mammoth-eval", *words]))
    done = subprocess.run([sys.executable, "-m", "mammoth_eval", *words], stdout=subprocess.DEVNULL, check=False)
    if done.returncode in (-2, 130):
        raise KeyboardInterrupt
    if done.returncode not in (0, ERRORED):  # of errored records the command itself has told
        kind = TrainingError if words[0] == "train" else MammothError
        raise kind(
            f"failed (exit {done.returncode}): {shlex.join(['mammoth-eval', *words])}; the same suite goes on from "
            f"there"
        )
