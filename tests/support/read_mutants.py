"""Every reading command on a changed run folder: what it says, and what it must never do."""

import contextlib
import io
import random
import shutil
import time
import traceback
from pathlib import Path

import runs
from mutations import mutate

from mammoth_eval import cli, prompts

READERS = {
    "view": ["view", "{run}", "--output", "{out}/page.html"],
    "export jsonl": ["export", "{run}", "--format", "jsonl", "--output", "{out}/rows.jsonl"],
    "export csv": ["export", "{run}", "--format", "csv", "--output", "{out}/rows.csv"],
    "export lm-eval": ["export", "{run}", "--format", "lm-eval", "--output", "{out}/lm"],
    "export every-eval-ever": ["export", "{run}", "--format", "every-eval-ever", "--output", "{out}/eee"],
    "diff": ["diff", "{run}", "{other}"],
    "compare": ["compare", "{run}", "{other}"],
    "ablation": ["ablation", "{run}", "{other}", "--factor", "model"],
    "report": ["report", "{run}", "--save", "{out}/summaries"],
    "report --hybrid": ["report", "{run}", "--hybrid"],
    "report --skip-damaged": ["report", "{run}", "--skip-damaged", "--json"],
    "leaderboard": ["leaderboard", "{run}", "--format", "csv"],
    "grade": ["grade", "{run}", "--dry-run"],
    "audit": ["audit", "{run}"],
}
SLOW = 10.0
"""Seconds that no command may take on a run of three records."""


def two_runs(results):
    """Two small runs with prompts, exemplars, two benchmarks and three records each."""
    style = prompts.get("fewshot")
    asked = {"prompt": style.name, "prompt_hash": style.hash}
    asked |= {"prompt_text": style.source, "prompt_files": style.files}
    outcomes = {"gsm8k": ["correct", "wrong"], "svamp": [("no_answer", "correct")]}
    return [runs.make(results, model=model, outcomes=outcomes, **asked) for model in ("m-1b", "n-1b")]


def read(words, run, other, out):
    """What one command does: "read", "refused", or what is wrong; and the seconds that it took."""
    command = [word.format(run=run, other=other, out=out) for word in words]
    said, start = io.StringIO(), time.monotonic()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = cli.main(command)
    except SystemExit as error:
        code = error.code
    except BaseException:  # noqa: BLE001  whatever comes through is what is looked for
        return f"traceback: {traceback.format_exc()}", time.monotonic() - start
    took = time.monotonic() - start
    if took > SLOW:
        return f"took {took:.0f} s", took
    if "Traceback" in said.getvalue() or "\x1b[2J" in said.getvalue():
        return f"said: {said.getvalue()[:2000]}", took
    return ("read" if code == 0 else "refused") if code in (0, 1, 2, 3) else f"exit code {code}", took


def attack(base, other, place, seed, readers):
    """Change a copy of the run `base` and read it with `readers`: outcomes by command, and the change in words.

    `place` is a folder of its own with a canary; an outcome says so where a file beside the named output was touched.
    """
    rng = random.Random(seed)
    shutil.rmtree(place, ignore_errors=True)
    run, out, canary = place / "store" / base.parent.name / base.name, place / "out", place / "victim"
    run.parent.mkdir(parents=True)
    out.mkdir()
    canary.write_text("the user's own")
    shutil.copytree(base, run)
    change = mutate(run, rng)
    kept = tree(place)
    found = {}
    for name in readers:
        found[name] = read(READERS[name], run, other, out)[0]
        if tree(place) != kept:
            found[name] = f"wrote outside: {sorted(tree(place) ^ kept)[:3]}"
    return found, change


def tree(place):
    """Every file but those of the named output, with its size and time."""
    files = (path for path in Path(place).rglob("*") if "out" not in path.relative_to(place).parts[:1])
    return {(str(path), path.lstat().st_size, path.lstat().st_mtime_ns) for path in files if path.name != "lock"}
