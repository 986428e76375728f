"""The main job for real: the embedded model on the real engine, killed in the middle, going on to the end."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from marks import needs_vllm

from mammoth_eval import store

pytestmark = [
    pytest.mark.engine,
    needs_vllm,
]
PROBLEMS = 12


def command(folder, *words):
    fixed = [
        "run",
        "--benchmarks",
        "rg_gsm_symbolic,rg_arithmetic",
        "--limit",
        str(PROBLEMS // 2),
        "--max-tokens",
        "32",
        "--concurrency",
        "4",
    ]
    return [sys.executable, "-m", "mammoth_eval", *fixed, "--results-dir", str(folder), *words]


def descendants(pid):
    """Every process below `pid`, as /proc has it."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found, fresh = set(), {pid}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def lines(folder):
    return sum(path.read_bytes().count(b"\n") for path in folder.glob("*/*/records.jsonl"))


def test_a_real_run_that_is_killed_goes_on_to_its_table_and_leaves_no_process(tmp_path):
    process = subprocess.Popen(command(tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 600
    while lines(tmp_path) < 3:
        assert process.poll() is None, "it ended before its third record"
        assert time.monotonic() < deadline, "no record within ten minutes"
        time.sleep(0.1)
    below = descendants(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for _ in range(300):
        left = [pid for pid in below if alive(pid)]
        if not left:
            break
        time.sleep(0.1)
    assert not left, "processes of the killed run are still there"
    kept = lines(tmp_path)
    assert 3 <= kept < PROBLEMS

    done = subprocess.run(command(tmp_path, "--json"), capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    (summary,) = json.loads(done.stdout)
    assert [one["n"] for one in summary["results"]] == [PROBLEMS // 2] * 2
    assert all(sum(one["outcomes"].values()) == one["n"] and one["outcomes"]["fault"] == 0 for one in summary["results"])
    (path,) = store.find_runs(tmp_path)
    records = list(store.load_records(path))
    assert len({record.problem.id for record in records}) == PROBLEMS
    assert all(record.attempts[0].completion.completion_tokens > 0 for record in records)
    assert any(attempt.execution is not None for record in records for attempt in record.attempts)
    sessions = store.load_run(path)["sessions"]
    assert len(sessions) == 2
    assert all(session["engine"]["engine"] == "vllm" for session in sessions)
