"""``mammoth-eval sandbox check FILE`` and ``sandbox bench FILE``: does the sandbox hold, and how fast is it."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from mammoth_eval.sandbox import LEVELS, Limits, bench, cases, open_sandbox
from mammoth_eval.sandbox.canary import Canary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two actions and their options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="run a file of hostile and ordinary programs, and say which held")
    timed = actions.add_parser("bench", help="programs per second, against a fresh interpreter and an unprotected pool")
    for child, what in (
        (check, "JSON list of cases"),
        (timed, "JSON list of programs that are trusted: code, and stdout where known"),
    ):
        child.add_argument("file", type=Path, help=what)
        child.add_argument(
            "--level",
            default="auto",
            choices=("auto", *LEVELS),
            help="level of protection (default: the best there is)",
        )
        child.add_argument("--seconds", type=float, default=5.0, help="CPU seconds of a program (default: %(default)s)")
        child.add_argument(
            "--wall",
            type=float,
            default=10.0,
            help="seconds that a program may wait without computing (default: %(default)s)",
        )
        child.add_argument("--json", action="store_true", help="print one JSON object")
    check.add_argument("--only", default="", metavar="TEXT", help="only the cases whose name contains this")
    timed.add_argument("--workers", type=int, metavar="N", help="programs at once (default: one per core)")
    timed.add_argument("--repeat", type=int, default=5, help="rounds through the file (default: %(default)s)")


def main(args: argparse.Namespace) -> int:
    """0 where every case holds, 1 where one does not."""
    if args.action == "check":
        return asyncio.run(_check(args))
    limits = Limits(args.seconds, args.wall)
    figures = bench.measure(bench.read_programs(args.file), args.level, args.workers, args.repeat, limits)
    print(json.dumps(figures, indent=2) if args.json else bench.as_text(figures))
    return 0 if figures["outputs_equal"] == figures["outputs_known"] else 1


async def _check(args: argparse.Namespace) -> int:
    chosen = [case for case in cases.read_cases(args.file) if args.only in case.name]
    failed: list[dict[str, str]] = []
    with Canary() as canary:
        async with open_sandbox(args.level, args.seconds, args.wall, workers=1) as sandbox:
            facts = sandbox.describe()
            for case in chosen:
                wrong = await cases.check_case(case, sandbox, canary)
                if wrong:
                    failed.append({"name": case.name, "reason": "; ".join(wrong)})
                if not args.json:
                    print(
                        f"{'FAIL' if wrong else 'pass'}  {case.name}{''.join(f'  {text}' for text in wrong)}",
                        flush=True,
                    )
    _print_summary(args, len(chosen), failed, facts)
    return 1 if failed else 0


def _print_summary(args: argparse.Namespace, count: int, failed: list[dict[str, str]], facts: Any) -> None:
    passed = count - len(failed)
    if args.json:
        summary = {"passed": passed, "failed": failed, "level": facts["level"], "layers": facts["layers"]}
        print(json.dumps(summary, indent=2))
        return
    print(f"{passed} of {count} held at level {facts['level']}")
    for layer, state in facts["layers"].items():
        print(f"  {layer}: {'yes' if state is True else state}")
