"""The main job for real: the embedded model on the real engine, sampled, killed in the middle, going on to the end.

10 problems and 4 samples of each are more requests at once than two cores take: what breaks when the engine's batch is
full (seeded sampling under chunked prefill killed the engine on a processor) does not show with three prompts. Three
starts show all: a run that is killed, the same command again, and the same run undisturbed.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from marks import needs_vllm
from real_runs import SAMPLING, check, texts

from mammoth_eval import store
from mammoth_eval.types import Record

pytestmark = [pytest.mark.engine, pytest.mark.slow, needs_vllm]
PROBLEMS = 10
BENCHMARKS = 2
SAMPLES = 4


@dataclass(frozen=True)
class Seen:
    """What came of the run that was killed, and of the same run undisturbed."""

    left: list[int]
    """Processes of the killed run that were still there after half a minute."""
    kept: int
    """Records of the killed run."""
    summary: dict
    sessions: list[dict]
    records: list[Record]
    undisturbed: list[Record]


def command(folder, *words):
    sets = ["--benchmarks", "rg_gsm_symbolic,rg_arithmetic", "--limit", str(PROBLEMS // BENCHMARKS)]
    fixed = [*sets, *SAMPLING, "--max-tokens", "32", "--json", "--results-dir", str(folder)]
    return [sys.executable, "-m", "mammoth_eval", "run", *fixed, *words]


def finish(folder):
    """The run of the command in `folder`, gone on with to its end: its summary and its folder."""
    done = subprocess.run(command(folder), capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    (summary,) = json.loads(done.stdout)
    (path,) = store.find_runs(folder)
    return summary, path


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


def kill(folder):
    """Kill a run that has three records: what is left of its processes, and how many records it kept."""
    slowly = command(
        folder, "--concurrency", "4"
    )  # with all at once, all may end at once, and nothing is left to interrupt
    process = subprocess.Popen(slowly, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 600
    while lines(folder) < 3:
        assert process.poll() is None, "it ended before its third record"
        assert time.monotonic() < deadline, "no record within ten minutes"
        time.sleep(0.1)
    left = descendants(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 30
    while left and time.monotonic() < deadline:
        left = {pid for pid in left if alive(pid)}
        time.sleep(0.1)
    return sorted(left), lines(folder)


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    left, kept = kill(folder / "killed")
    summary, path = finish(folder / "killed")
    _, undisturbed = finish(folder / "undisturbed")
    loaded = (sorted(store.load_records(one), key=lambda record: record.problem.id) for one in (path, undisturbed))
    return Seen(left, kept, summary, store.load_run(path).sessions, *loaded)


def test_a_killed_run_leaves_no_process_and_keeps_its_records(seen):
    assert seen.left == []
    assert 3 <= seen.kept < PROBLEMS


def test_the_same_command_goes_on_to_the_table(seen):
    results = seen.summary["results"]
    assert [one["n"] for one in results] == [PROBLEMS // BENCHMARKS] * BENCHMARKS
    assert all(sum(one["outcomes"].values()) == one["n"] and one["outcomes"]["fault"] == 0 for one in results)
    assert len(seen.sessions) == 2
    assert all(session["engine"]["engine"] == "vllm" for session in seen.sessions)


def test_every_problem_has_its_samples_and_programs_were_run(seen):
    check(seen.records, PROBLEMS, SAMPLES)
    assert any(attempt.execution is not None for record in seen.records for attempt in record.attempts)


def test_the_same_sampling_command_gives_the_same_texts_interrupted_or_not(seen):
    assert texts(seen.records) == texts(seen.undisturbed)
    drawn = texts(seen.records)
    distinct = {text for text in drawn.values() if text}
    assert len(distinct) > len(drawn) // 2, "the samples of a problem are not drawn apart"
