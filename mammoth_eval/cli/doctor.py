"""``mammoth-eval doctor``: what this machine can do, and how a model is asked; what to do about what is wrong."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from mammoth_eval import asking, chat_templates, doctor, models
from mammoth_eval.cli import options, show
from mammoth_eval.doctor import question
from mammoth_eval.engines import ENGINES
from mammoth_eval.resources import cache_folder
from mammoth_eval.safe_text import printable
from mammoth_eval.types import Sampling

STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}
HUB = "https://huggingface.co"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to look, which model to look at, and how to print."""
    options.add_data_dir(parser)
    options.add_results_dir(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object: healthy, and a list of findings")
    model = parser.add_argument_group(
        "a model", "with --model: its template, start and end tokens, context and adapter, and one question to it"
    )
    model.add_argument("--model", metavar="NAME", help="hub id or folder; to a server, the name that it knows")
    model.add_argument("--engine", default="vllm", metavar="NAME", help=f"one of {', '.join(ENGINES)} (default: vllm)")
    options.add_pairs(model, "--engine-arg", "passed on to the engine, e.g. tensor_parallel_size=2; repeatable")
    model.add_argument(
        "--prompt",
        default=asking.AUTO,
        metavar="NAME",
        help="auto (default): the one that the model wants; or a style, or a file",
    )
    model.add_argument(
        "--thinking",
        choices=chat_templates.CHOICES,
        default=chat_templates.AUTO,
        help="asked of the model's thinking by its chat template's switch (default: auto)",
    )
    model.add_argument(
        "--method", choices=("cot", "pot"), default="cot", help="ask for words or for a program (default: cot)"
    )
    model.add_argument("--max-tokens", type=int, default=256, metavar="N", help="new tokens (default: 256)")
    model.add_argument("--stop", action="append", default=[], metavar="TEXT", help="one more text that ends an answer")


def main(args: argparse.Namespace) -> int:
    """0 where the default job can run here, or the model can be asked; 1 where something that it needs is missing."""
    if args.model:
        return _look_at_model(args)
    setting = doctor.Setting(args.data_dir, cache_folder(), args.results_dir, os.environ.get("HF_ENDPOINT") or HUB)
    findings = doctor.examine(setting)
    healthy = doctor.is_healthy(findings)
    if args.json:
        _print_json(healthy, findings)
    else:
        _show(findings)
        can = "can" if healthy else "cannot"
        show.console().print(
            f"the default job (mammoth-eval run) {can} run here" + ("" if healthy else ": see fail above")
        )
    return 0 if healthy else 1


def _look_at_model(args: argparse.Namespace) -> int:
    model = models.resolve(args.model, args.engine, cache_folder(), options.pairs("--engine-arg", args.engine_arg))
    sampling = Sampling(max_tokens=args.max_tokens, stop=tuple(args.stop), thinking=args.thinking)
    asked = asyncio.run(question.ask(model, args.engine, args.prompt, args.method, sampling))
    healthy = doctor.is_healthy(list(asked.findings))
    if args.json:
        _print_json(healthy, asked.findings, sent=asked.sent, answer=asked.answer)
        return 0 if healthy else 1
    _show(asked.findings)
    for title, text in (("sent", asked.sent), ("answered", asked.answer)):
        print(f"{title} {'-' * (79 - len(title))}")
        print(printable(text))
    print("-" * 80)
    return 0 if healthy else 1


def _print_json(healthy: bool, findings: Sequence[doctor.Finding], **more: str) -> None:
    print(
        json.dumps(
            {"healthy": healthy, "findings": [dataclasses.asdict(finding) for finding in findings], **more}, indent=2
        )
    )


def _show(findings: Sequence[doctor.Finding]) -> None:
    table = Table.grid(padding=(0, 2))
    for finding in findings:
        table.add_row(Text(finding.state, STYLES[finding.state]), finding.name, Text(printable(finding.text)))
        if finding.advice:
            table.add_row("", "", Text(printable(finding.advice), "italic"))
    show.console().print(table)
