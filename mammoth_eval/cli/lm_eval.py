"""Flags of lm-evaluation-harness on ``mammoth-eval run``, under the names and with the values that they have there.

    mammoth-eval run --model vllm --model_args pretrained=Qwen/Qwen3-0.6B,dtype=bfloat16 --tasks gsm8k --num_fewshot 5

They are read into our own settings before anything else is done; what cannot be said in them is refused, not dropped in
silence. After ``lm_eval/_cli`` and ``lm_eval/models`` of release 0.4.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mammoth_eval import presets, prompts
from mammoth_eval.errors import UsageError
from mammoth_eval.types import DRAWN

ENGINES = {
    "vllm": "vllm",
    "hf": "transformers",
    "hf-auto": "transformers",
    "huggingface": "transformers",
    "local-completions": "openai",
    "openai-completions": "openai",
    "local-chat-completions": "openai",
    "openai-chat-completions": "openai",
}
"""What ``--model`` names there, and our engine."""
MODEL_KEYS = ("pretrained", "model")
SERVER_KEYS = {"num_concurrent": "concurrency", "max_retries": "retries", "timeout": "timeout"}
"""``--model_args`` of a server, and our engine's options."""
UNNEEDED = ("tokenizer", "tokenizer_backend", "tokenized_requests", "batch_size")
"""``--model_args`` that say how to tokenise for a server, or how many to ask at once.

The server and the engine see to it.
"""
LENGTHS = ("max_gen_toks", "max_new_tokens", "max_tokens")
GEN_KWARGS = (*DRAWN, "seed", "do_sample", "until", *LENGTHS)

Tell = Callable[[str], None]


def add_aliases(parser: argparse.ArgumentParser) -> None:
    """The flags, in a group of their own."""
    group = parser.add_argument_group("flags of lm-evaluation-harness")
    group.add_argument("--tasks", metavar="NAMES", help="--benchmarks")
    group.add_argument(
        "--model_args",
        metavar="K=V,...",
        help="pretrained= is the model, other keys go to the engine that --model names",
    )
    group.add_argument("--num_fewshot", type=int, metavar="N", help="the prompt style with N exemplars; 0: zero-shot")
    group.add_argument(
        "--apply_chat_template",
        nargs="?",
        const="",
        metavar="NAME",
        help="a prompt style in the model's own chat template",
    )
    group.add_argument("--gen_kwargs", metavar="K=V,...", help=f"of {', '.join(GEN_KWARGS)}")
    group.add_argument("--output_path", type=Path, metavar="DIR", help="--results-dir")
    group.add_argument("--batch_size", metavar="N", help="accepted; the engine decides")
    group.add_argument("--log_samples", action="store_true", help="accepted; every text is kept in any case")


def translate(args: argparse.Namespace, tell: Tell) -> argparse.Namespace:
    """`args` with the flags of lm-evaluation-harness read into our own; `tell` gets what is accepted and has no effect.

    Raises `UsageError` for what is given twice, and for what has no counterpart here.
    """
    if args.tasks is not None:
        _give(args, "benchmarks", args.tasks, "--tasks")
    if args.output_path is not None:
        _give(args, "results_dir", args.output_path, "--output_path")
    if args.batch_size is not None:
        tell(f"--batch_size {args.batch_size}: not used, the engine batches as memory allows")
    kind = _read_model(args, tell) if args.model_args is not None else ""
    _read_prompt(args, chat="chat" in kind or args.apply_chat_template is not None)
    if args.prompt is None and kind.endswith("-completions"):
        args.prompt = _style(0, chat=False)  # such a server completes texts: a chat is not to be tried
    if args.gen_kwargs is not None:
        _read_sampling(args, arguments("--gen_kwargs", args.gen_kwargs))
    return args


def arguments(flag: str, text: str) -> dict[str, Any]:
    """``key=value,key=value``, or a JSON object, as a dict. Raises `UsageError`."""
    if text.lstrip().startswith("{"):
        try:
            return dict(json.loads(text))
        except ValueError as error:
            raise UsageError(f"{flag} {text!r}: not a JSON object ({error})") from error
    values: dict[str, Any] = {}
    for part in text.split(","):
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"{flag} {text!r}: {part!r}, expected key=value, with commas between")
        values[key.strip()] = value if key.strip().endswith("revision") else _value(value)  # 1.10 is no number there
    return values


def _value(text: str) -> Any:
    """A number, true, false or None in either spelling, else the text without the quotes around it."""
    words = {"true": True, "false": False, "none": None, "null": None}
    if text.lower() in words:
        return words[text.lower()]
    try:
        return json.loads(text)
    except ValueError:
        return text.strip("'\"")


def _read_model(args: argparse.Namespace, tell: Tell) -> str:
    """``--model`` and ``--model_args`` as our model, engine and engine arguments.

    The kind of model that ``--model`` names there, ``local-chat-completions`` say; empty where it names none.
    """
    given = arguments("--model_args", args.model_args)
    named = [str(given.pop(key)) for key in MODEL_KEYS if key in given]
    kind = args.model if args.model in ENGINES and (named or "base_url" in given) else ""
    if kind:
        _choose_engine(args, kind, named)
    if named:
        _give(args, "model", named[0], f"--model_args {args.model_args}")
    if ENGINES.get(kind) == "openai":
        given = _server(given)
    unneeded = [key for key in UNNEEDED if key in given] if args.engine != "vllm" else []
    for key in unneeded:
        tell(f"--model_args {key}={given.pop(key)}: not used, the engine sees to it")
    args.engine_arg = [*(f"{key}={_written(value)}" for key, value in given.items()), *args.engine_arg]
    return kind


def _choose_engine(args: argparse.Namespace, kind: str, named: list[str]) -> None:
    """Take the engine that ``--model`` names there. Raises `UsageError` where no model or another engine is given."""
    if not named:
        raise UsageError(
            f"--model {kind} --model_args {args.model_args}: model= is missing, the name that the server knows"
        )
    if args.engine not in ("vllm", ENGINES[kind]):
        raise UsageError(f"--model {kind} is engine {ENGINES[kind]}, and --engine is {args.engine}: give one of them")
    args.engine, args.model = ENGINES[kind], None


def _server(given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a server under our names; there, its address has the path of the one request in it."""
    ours = {SERVER_KEYS.get(key, key): value for key, value in given.items()}
    if "base_url" in ours:
        url = str(ours["base_url"]).rstrip("/")
        ours["base_url"] = url.removesuffix("/chat/completions").removesuffix("/completions")
    return ours


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _read_prompt(args: argparse.Namespace, *, chat: bool) -> None:
    """The prompt style with that many exemplars, in a chat or not."""
    if args.apply_chat_template:
        raise UsageError(
            f"--apply_chat_template {args.apply_chat_template}: the model's own template is applied; "
            "words of your own go into a prompt file (--prompt mine.jinja)"
        )
    if args.num_fewshot is None and not chat:
        return
    if args.prompt is None:
        args.prompt = _style(args.num_fewshot or 0, chat=chat)
    elif args.num_fewshot is not None or not prompts.get(args.prompt).chat:
        raise UsageError(
            f"--prompt {args.prompt} decides exemplars and chat: leave out --num_fewshot, --apply_chat_template"
        )


def _style(exemplars: int, *, chat: bool) -> str:
    """The first prompt style with that many exemplars. Raises `UsageError` where there is none."""
    styles = [style for style in map(prompts.get, prompts.names()) if style.chat == chat]
    styles = [style for style in styles if style.name not in presets.PRESETS]  # others' evaluations are presets
    fitting = next((style.name for style in styles if style.exemplars == exemplars), None)
    if fitting is None:
        there = ", ".join(f"{style.exemplars} ({style.name})" for style in styles)
        where = "with --apply_chat_template" if chat else "without --apply_chat_template"
        raise UsageError(
            f"--num_fewshot {exemplars}: {where} there are styles with so many exemplars: {there}; or --prompt FILE"
        )
    return fitting


def _read_sampling(args: argparse.Namespace, given: dict[str, Any]) -> None:
    """Temperature, shares, lengths and stops."""
    for key in given:
        if key not in GEN_KWARGS:
            raise UsageError(f"--gen_kwargs {key}: there are {', '.join(GEN_KWARGS)}")
    _read_temperature(args, given)
    until = given.pop("until", [])
    args.stop = [*args.stop, *([until] if isinstance(until, str) else until)]
    for key, value in given.items():
        name = "max_tokens" if key in LENGTHS else key
        whole = name in ("max_tokens", "top_k", "seed")
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            raise UsageError(f"--gen_kwargs {key}={value}: expected a {'whole number' if whole else 'number'}")
        _give(args, name, value if whole else float(value), f"--gen_kwargs {key}")


def _read_temperature(args: argparse.Namespace, given: dict[str, Any]) -> None:
    """``do_sample`` as a temperature: false is greedy, true needs one. Raises `UsageError` where the two disagree."""
    sampled = given.pop("do_sample", None)
    if sampled is False:
        if given.get("temperature"):
            raise UsageError(
                f"--gen_kwargs do_sample=false is greedy, and temperature is {given['temperature']}: give one of them"
            )
        given["temperature"] = 0.0
    elif sampled and not given.get("temperature") and not args.temperature:
        raise UsageError("--gen_kwargs do_sample=true: at which temperature? add temperature=0.7")


_UNSET = {"seed": 0, "results_dir": Path("results")}
"""What a setting is where its own flag was not given; the others are None."""


def _give(args: argparse.Namespace, name: str, value: Any, flag: str) -> None:
    """Set what `flag` says. Raises `UsageError` where our own flag says something else."""
    own = getattr(args, name)
    if own != _UNSET.get(name) and own != value:
        raise UsageError(f"--{name.replace('_', '-')} {own} and {flag} {value}: give one of them")
    setattr(args, name, value)
