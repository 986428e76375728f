"""``mammoth-eval train``: fine-tune a model on a mixture, or go on where the same command stopped.

On several GPUs: ``mammoth-eval train --launch fsdp ...``, which calls ``accelerate launch`` with this very command in
each process.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from mammoth_eval import models, prompts
from mammoth_eval.cli import messages, options
from mammoth_eval.engines.default_model import NAME as DEFAULT_MODEL
from mammoth_eval.errors import UsageError
from mammoth_eval.resources import cache_folder
from mammoth_eval.training import encode, launch, manifest, mixture, prepare, recipe, rows, sft
from mammoth_eval.training.manifest import Manifest
from mammoth_eval.training.rows import Row


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is trained, on what, how, and where it goes."""
    parser.add_argument(
        "--mixture", required=True, metavar="NAME", help=f"a TOML file, or one of {', '.join(mixture.names())}"
    )
    parser.add_argument(
        "--base", default=DEFAULT_MODEL, metavar="MODEL", help=f"hub id or folder (default: {DEFAULT_MODEL})"
    )
    parser.add_argument(
        "--recipe", default="lora", metavar="NAME", help=f"one of {', '.join(recipe.RECIPES)} (default: lora)"
    )
    options.add_pairs(parser, "--set", "a setting of the recipe, e.g. epochs=1; repeatable")
    parser.add_argument(
        "--seed", type=int, metavar="N", help="of the drawing and of the training (default: the mixture's)"
    )
    parser.add_argument(
        "--prompt", default="alpaca", metavar="NAME", help="the evaluation's prompt style (default: alpaca)"
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="default: checkpoints/<base>-<mixture>-<seed>")
    parser.add_argument(
        "--merge", action="store_true", help="of a LoRA: write FOLDER/merged too, base and adapter in one"
    )
    options.add_data_dir(parser)
    _add_launch(parser)
    parser.add_argument("--json", action="store_true", help="print train.json at the end")
    messages.add_verbosity(parser)


def _add_launch(parser: argparse.ArgumentParser) -> None:
    names = ", ".join(launch.names())
    parser.add_argument(
        "--launch", metavar="NAME", help=f"train in several processes: {names}, or a configuration file of accelerate"
    )
    parser.add_argument("--processes", type=int, metavar="N", help="with --launch: how many (default: one per GPU)")


def main(args: argparse.Namespace) -> int:
    """Train, or go on; says where the checkpoint is."""
    chosen = recipe.changed(recipe.get(args.recipe), options.pairs("--set", args.set))
    drawn = mixture.get(args.mixture)
    if args.launch:
        return _launch(args)
    if args.processes is not None:
        raise UsageError("--processes: only with --launch")
    seed = drawn.seed if args.seed is None else args.seed
    base = models.local(models.resolve(args.base, "transformers", cache_folder()))
    out = args.out or Path("checkpoints") / f"{Path(base.name).name}-{drawn.name}-{seed}"
    tell = _teller(args)
    if not manifest.is_finished(out):
        sft.check_installed()
    data, tests = _draw(drawn, seed, args, tell)
    tokenizer = sft.load_tokenizer(base.location)
    prompt = prompts.get(args.prompt)
    counted = encode.encode_all(data, prompt, tokenizer, base.name, chosen.max_length)
    tell(f"{len(counted.examples)} rows, {counted.tokens:,} tokens per epoch; {_too_long(counted, chosen)}")
    note = _manifest(args.base, base, drawn, seed, data, chosen, prompt, tests, counted)
    model = sft.Base(base.location, tokenizer, args.base)
    with manifest.alone(out) if _is_first() else nullcontext():
        trained = _train(out, note, lambda: sft.train(model, counted.examples, chosen, seed, out, tell), tell)
        if args.merge and chosen.lora:
            _merge(base, out, trained)
    if _is_first():
        print(json.dumps(asdict(trained), indent=1) if args.json else out)
    return 0


def _launch(args: argparse.Namespace) -> int:
    """This very command again, in each of several processes."""
    launched = launch.command(args.launch, args.processes, _without_launch(sys.argv[1:]))
    sft.check_installed()
    return subprocess.run(launched, check=False).returncode


def _draw(
    drawn: mixture.Mixture, seed: int, args: argparse.Namespace, tell: sft.Tell
) -> tuple[list[Row], prepare.Against]:
    """The rows of the mixture, and the test sets that none of them leaks."""
    tests = prepare.against(prepare.test_sets(drawn.against), args.data_dir, cache_folder())
    if tests.missing:
        tell(f"not compared with (no file here): {', '.join(tests.missing)}")
    return mixture.build(drawn, lambda name: prepare.cached(name, tests, args.data_dir, cache_folder()), seed), tests


def _train(out: Path, note: Manifest, train: Callable[[], dict[str, Any]], tell: sft.Tell) -> Manifest:
    """Call `train` unless `out` holds the training of `note`, finished; the manifest with what came of it."""
    earlier = manifest.check(out, note)
    if earlier is not None and earlier.finished:
        tell("this training is finished already")
        return earlier
    if earlier is None and _is_first():
        manifest.write(out, note)
    trained = replace(note, finished=True, result=train())
    if _is_first():
        manifest.write(out, trained)
    return trained


def _merge(base: models.Model, out: Path, trained: Manifest) -> None:
    """Adapter and base in one, below `out`.

    Its manifest is its last file, so that a merge that broke off is made again.
    """
    if _is_first() and manifest.read(out / "merged") is None:
        sft.merge(base.location, out, out / "merged")
        manifest.write(out / "merged", trained)


def _without_launch(words: list[str]) -> list[str]:
    """What each process is called with: this command, without what would launch it again."""
    parser = argparse.ArgumentParser(add_help=False)
    _add_launch(parser)
    return parser.parse_known_args(words)[1]


def _too_long(counted: encode.Counted, chosen: recipe.Recipe) -> str:
    if not counted.too_long:
        return f"the longest has {counted.longest} tokens"
    return f"{counted.too_long} left out: longer than {chosen.max_length} tokens (the longest has {counted.longest})"


def _manifest(
    name: str,
    base: models.Model,
    drawn: mixture.Mixture,
    seed: int,
    data: list[Row],
    chosen: recipe.Recipe,
    prompt: prompts.Prompt,
    tests: prepare.Against,
    counted: encode.Counted,
) -> Manifest:
    return Manifest(
        base=name,
        base_hash=base.fingerprint,
        mixture=drawn.name,
        kinds=tuple(sorted({row.kind for row in counted.rows})),
        seed=seed,
        rows=dict(sorted(Counter(row.source for row in counted.rows).items())),
        data=rows.digest(data),
        recipe=asdict(chosen),
        prompt=prompt.name,
        prompt_hash=prompt.hash,
        against=tests.names,
        tokens=counted.tokens,
        too_long=counted.too_long,
        versions=manifest.versions(),
        command=shlex.join(["mammoth-eval", *sys.argv[1:]]),
    )


def _is_first() -> bool:
    """Whether this is the process that writes, of those that `accelerate launch` started."""
    return os.environ.get("RANK", "0") == "0"


def _teller(args: argparse.Namespace) -> sft.Tell:
    """What prints a line of progress, in one process of several."""
    console = messages.open_console(args)

    def tell(line: str) -> None:
        if _is_first():
            messages.say(console, line)

    return tell
