"""Kills of a run on a real engine: killed with signal 9 twenty times, it ends with the records of one left alone.

``python tests/fuzz/kills.py vllm|openai [KILLS]``: `vllm` in the run's own process, or `openai` with a server of vLLM
that outlives the kills. Decoding ``both``, two samples, in float32, where the same seed gives the same text in every
batch. Each start is killed a random while after its first new record, in the middle of requests, programs, grading and
writing. Prints each point, and what differs at the end; exit code 1 where anything does.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

from vllm_server import serve

from mammoth_eval import store

PROBLEMS = 108
SETS = "rg_gsm_symbolic,rg_arithmetic,rg_algebra"
SEED = 7


def command(folder, engine, url):
    words = ["--benchmarks", SETS, "--limit", str(PROBLEMS // 3), "--decoding", "both", "--samples", "2"]
    words += [
        "--temperature",
        "0.7",
        "--max-tokens",
        "24",
        "--quiet",
        "--results-dir",
        str(folder),
        "--concurrency",
        "6",
    ]
    if engine == "openai":
        words += ["--engine", "openai", "--engine-arg", f"base_url={url}", "--model", "small", "--prompt", "alpaca"]
    else:
        words += ["--engine", "vllm", "--engine-arg", "dtype=float32", "--model", "smollm2-135m-instruct"]
    return [sys.executable, "-m", "mammoth_eval", "run", *words]


def lines(folder):
    return sum(path.read_bytes().count(b"\n") for path in folder.glob("*/*/records.jsonl"))


def kill(words, folder, rng):
    """Start, kill a while after the first new record; how many records there are, or None where it ended by itself."""
    before = lines(folder)
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    while process.poll() is None and lines(folder) <= before:
        time.sleep(0.01)
    time.sleep(rng.expovariate(4))
    ended = process.poll() is not None
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)  # this process alone: what it started has to notice
    process.wait()
    return None if ended else lines(folder)


def records(folder):
    """What must be the same: texts, outcomes, answers, by problem."""
    (path,) = store.find_runs(folder)
    found = {}
    for record in store.load_records(path):
        attempts = sorted((one.method, one.sample, one.completion.text) for one in record.attempts)
        scores = {name: (score.outcome, score.answer) for name, score in record.scores.items()}
        assert record.problem.id not in found, f"{record.problem.id} is there twice"
        found[record.problem.id] = (attempts, scores, record.fault)
    return found


def main(engine, kills, url, place):
    rng = random.Random(SEED)
    alone, killed = place / "alone", place / "killed"
    subprocess.run(command(alone, engine, url), check=True, stdout=subprocess.DEVNULL)
    points = 0
    while points < kills:
        kept = kill(command(killed, engine, url), killed, rng)
        if kept is None:
            print(f"the run ended after {points} kills: more problems are needed for {kills}", flush=True)
            break
        points += 1
        print(f"kill {points}: {kept} records", flush=True)
    subprocess.run(command(killed, engine, url), check=True, stdout=subprocess.DEVNULL)
    one, other = records(alone), records(killed)
    differing = [name for name in one if one[name] != other.get(name)] + [name for name in other if name not in one]
    print(f"{engine}: {points} kills, {len(other)} records, {len(differing)} differ from the run that was left alone")
    for name in differing[:5]:
        print(name, one.get(name), other.get(name), sep="\n  ")
    return int(bool(differing) or points < kills)


if __name__ == "__main__":
    wanted, count = sys.argv[1], int((sys.argv[2:] or ["20"])[0])
    with tempfile.TemporaryDirectory() as temporary, contextlib.ExitStack() as stack:
        home = Path(temporary)
        address = stack.enter_context(serve(home / "log", "float32")) if wanted == "openai" else ""
        sys.exit(main(wanted, count, address, home))
