"""What the commands of a page print, and the run that the reference shows: made here, with the scripted engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
RUN_WITH_OUTPUT = re.compile(
    r"(```sh\n(?P<script>(?:(?!```).)*?)```\n+```text\n).*?(?=^```$)", re.DOTALL | re.MULTILINE
)
"""A block of commands with a block of their output right under it."""


def with_outputs(text: str) -> str:
    """The text of a page, each block of output replaced by what its commands print.

    The blocks of a page share a folder.
    """
    with tempfile.TemporaryDirectory() as folder:
        return RUN_WITH_OUTPUT.sub(lambda found: found[1] + printed(found["script"], Path(folder)), text)


def printed(script: str, folder: Path) -> str:
    """What `script` prints to standard output, run by sh in `folder`, with our examples and kept summaries.

    Raises `SystemExit` where it fails.
    """
    if not (folder / "docs").exists():
        shutil.copytree(DOCS / "examples", folder / "docs" / "examples")
        shutil.copytree(ROOT / "results" / "summaries", folder / "results" / "summaries")
    bin_folder = folder / ".bin"
    bin_folder.mkdir(exist_ok=True)
    shim = bin_folder / "mammoth-eval"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mammoth_eval "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    changes = {"PATH": f"{bin_folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "COLUMNS": "100", "TERM": "dumb"}
    kept = {
        name: value for name, value in os.environ.items() if name not in ("MAMMOTH_DATA_DIR", "NO_COLOR", "FORCE_COLOR")
    }
    done = subprocess.run(
        ["sh", "-e", "-c", script], cwd=folder, env={**kept, **changes}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"docs: a command of a page failed ({done.returncode}):\n{script}\n{done.stderr}")
    return settled(done.stdout)


def settled(output: str) -> str:
    """Output without what differs from machine to machine.

    Hashes of runs, and the list of what their ``run.json`` say.
    """
    output = re.sub(r"Differences between the run\.json *\n *\n.*?(?=\n\S|\Z)", "", output, flags=re.DOTALL)
    output = re.sub(r"(?<=-)[0-9a-f]{8}\b", "1a2b3c4d", output)
    return "\n".join(line.rstrip() for line in output.strip("\n").splitlines()) + "\n"


def example() -> tuple[dict[str, Any], dict[str, Any]]:
    """``run.json`` and one record of a run that really was made: the problem whose program failed."""
    script = (
        "mammoth-eval run --quiet --engine scripted --model docs/examples/coins-script.json"
        " --benchmarks docs/examples/coins.toml --json"
    )
    with tempfile.TemporaryDirectory() as name:
        printed(script, Path(name))
        (folder,) = Path(name).glob("results/*/*/")
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        found = [json.loads(line) for line in (folder / "records.jsonl").read_text(encoding="utf-8").splitlines()]
    return run, _without_times(next(one for one in found if one["problem"]["id"] == "coins/1"))


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: 0.0 if key == "seconds" else _without_times(one) for key, one in value.items()}
    return [_without_times(one) for one in value] if isinstance(value, list) else value
