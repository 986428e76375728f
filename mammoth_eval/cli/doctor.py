"""``mammoth-eval doctor``: what this machine can do, and what to do about what it cannot."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from mammoth_eval import doctor
from mammoth_eval.cli import options, show
from mammoth_eval.resources import cache_folder

STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}
HUB = "https://huggingface.co"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to look, and how to print."""
    options.add_data_dir(parser)
    options.add_results_dir(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object: healthy, and a list of findings")


def main(args: argparse.Namespace) -> int:
    """0 where the default job can run here, 1 where something that it needs is missing."""
    setting = doctor.Setting(args.data_dir, cache_folder(), args.results_dir, os.environ.get("HF_ENDPOINT") or HUB)
    findings = doctor.examine(setting)
    healthy = doctor.is_healthy(findings)
    if args.json:
        print(
            json.dumps(
                {"healthy": healthy, "findings": [dataclasses.asdict(finding) for finding in findings]}, indent=2
            )
        )
    else:
        _show(findings, healthy)
    return 0 if healthy else 1


def _show(findings: Sequence[doctor.Finding], healthy: bool) -> None:
    table = Table.grid(padding=(0, 2))
    for finding in findings:
        table.add_row(Text(finding.state, STYLES[finding.state]), finding.name, Text(finding.text))
        if finding.advice:
            table.add_row("", "", Text(finding.advice, "italic"))
    out = show.console()
    out.print(table)
    out.print(
        "the default job (mammoth-eval run) can run here"
        if healthy
        else "the default job cannot run here: see fail above"
    )
