"""Recorded generations of published models, evaluated again: writes ``docs/replays.md``.

    python tools/replays.py --data-dir DIR [--results-dir DIR]

DIR holds ``benchmarks/`` and ``recorded/``: real generations, each with the figure that its authors report. Every file
goes through ``mammoth-eval import``; then each row's verdict is laid beside the authors' own, which is read off the
file by their rule. What a person found on looking at a row where they differ stands in ``tools/replays.toml``; a row
that nobody has looked at makes the exit code 1.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from replays_data import REPLAYS, Difference, Mixed, Replay, Result, Row
from replays_page import page

from mammoth_eval import importers, store
from mammoth_eval.cli import main as mammoth_eval
from mammoth_eval.types import Problem

ROOT = Path(__file__).resolve().parent.parent
PATIENT = ("--program-seconds", "30")
"""A recorded program that needs three seconds must not depend on how busy the machine is."""


def replay(one: Replay, data_dir: Path, results: Path) -> Result:
    """Import one file and lay the verdicts side by side."""
    path = data_dir / "recorded" / one.file
    words = ["import", str(path), "--format", one.format, "--benchmark", one.benchmark, "--method", one.method]
    words += [
        "--model",
        one.file.partition("/")[0],
        "--data-dir",
        str(data_dir),
        "--results-dir",
        str(results),
        *PATIENT,
    ]
    records = list(store.load_records(results / _command(words)["runs"][0]["run"]))
    rows = _their_rows(one, path, [record.problem for record in records])
    pairs = [(record, rows[record.problem.id]) for record in records]
    differences = [
        Difference(record, one.verdict(row), str(row["executed"] if "executed" in row else row["pred"][0]))
        for record, row in pairs
        if one.verdict(row) != (record.scores["exact"].outcome == "correct")
    ]
    differences.sort(key=lambda found: int(found.record.problem.id.rpartition("/")[2]))
    return Result(one, tuple(records), sum(one.verdict(row) for _, row in pairs), tuple(differences))


def mix(benchmark: str, data_dir: Path, results: Path) -> Mixed:
    """The mixed hybrid of the two Rho checkpoints.

    Imported, and then through the whole pipeline by the replay engine.
    """
    first, second = (
        str(data_dir / "recorded" / "rho_1b" / f"{benchmark}_{kind}.jsonl") for kind in ("interpreter", "cot")
    )
    where = ["--data-dir", str(data_dir), "--results-dir", str(results), *PATIENT]
    words = [
        "import",
        first,
        "--format",
        "tora",
        "--method",
        "pot",
        "--then",
        second,
        "--benchmark",
        benchmark,
        "--model",
        "rho_mixed",
    ]
    (run,) = _command([*words, *where])["runs"]
    words = [
        "run",
        "--engine",
        "replay",
        "--model",
        str(results / run["run"]),
        "--benchmarks",
        benchmark,
        "--decoding",
        "hybrid",
    ]
    (again,) = _command([*words, *where])
    return Mixed(benchmark, {one["reading"]: one for one in run["results"]}, again["results"][0])


def _command(words: Sequence[str]) -> Any:
    """What a command of ours prints as JSON."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        if mammoth_eval([*words, "--quiet", "--json"]) != 0:
            raise SystemExit(f"mammoth-eval {' '.join(words)}: failed")
    return json.loads(said.getvalue())


def _their_rows(one: Replay, path: Path, problems: Sequence[Problem]) -> dict[str, Row]:
    """The authors' own rows by problem id."""
    lines = path.read_text(encoding="utf-8").split("\n")
    found = importers.match(importers.read(path, one.format).rows, problems, "pot")
    return {problem: json.loads(lines[number - 1]) for (problem, _, _), number in found.lines.items()}


def judgements() -> dict[str, Row]:
    """What was found on looking: ``<file>:<method>:<problem>`` to a table with `right` and `why`."""
    table = tomllib.loads((ROOT / "tools" / "replays.toml").read_text(encoding="utf-8"))
    return {f"{name}:{row}": one for name, rows in table.items() for row, one in rows.items()}


def main() -> int:
    """Write the page; 1 where a differing row has no judgement."""
    parser = argparse.ArgumentParser(description="Evaluate recorded generations again; writes docs/replays.md.")
    named = os.environ.get("MAMMOTH_DATA_DIR")
    parser.add_argument(
        "--data-dir", type=Path, default=named and Path(named), required=not named, help="default: $MAMMOTH_DATA_DIR"
    )
    parser.add_argument("--results-dir", type=Path, help="where the runs go (default: a temporary folder)")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "replays.md")
    args = parser.parse_args()
    judged = judgements()
    with tempfile.TemporaryDirectory() as scratch:
        store_dir = args.results_dir or Path(scratch)
        results = [replay(one, args.data_dir, store_dir) for one in REPLAYS]
        mixed = [mix(name, args.data_dir, store_dir) for name in ("gsm8k", "math500")]
    args.out.write_text(page(results, mixed, judged), encoding="utf-8")
    keys = [f"{one.replay.name}:{found.record.problem.id}" for one in results for found in one.differences]
    unseen = [key for key in keys if key not in judged]
    for key in unseen:
        print(f"not looked at: {key}", file=sys.stderr)
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main())
