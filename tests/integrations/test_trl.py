"""A step of TRL's GRPOTrainer on a random model of a few thousand parameters, with our reward."""

import importlib.util
import json
import math
import os
import subprocess
import sys

import pytest
from checkout import ROOT

VALUES = {"correct": 1.0, "wrong": -0.5, "no_answer": -1.0}
NO_TRL = importlib.util.find_spec("trl") is None
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(NO_TRL, reason="trl is not installed: make setup ARGS=--train"),
]


STEPS = {
    "text": ([list("01234"), list("56789")], False),
    "conversation": ([list("01234"), list("56789")], True),
    "no gold": ([None, None], False),
}
"""The golds of a step's two prompts, and whether they are messages."""


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    """What each of `STEPS` logs, in a process of its own."""
    script = ROOT / "tests" / "support" / "grpo_step.py"
    command = [sys.executable, str(script), str(tmp_path_factory.mktemp("grpo")), json.dumps(list(STEPS.values()))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(zip(STEPS, json.loads(done.stdout.splitlines()[-1]), strict=True))


@pytest.mark.parametrize("kind", ["text", "conversation"])
def test_a_step_of_grpo_takes_our_rewards_and_moves_the_model(steps, kind):
    found = steps[kind]
    assert len(found["rewards"]) == 16
    assert {"correct", "wrong"} <= set(found["outcomes"])
    assert found["rewards"] == [VALUES[outcome] for outcome in found["outcomes"]]
    assert found["logged"]["rewards/maths/mean"] == pytest.approx(sum(found["rewards"]) / 16)
    for completion, answer in zip(found["completions"], found["answers"], strict=True):
        assert answer is None or answer in completion
    assert found["moved"]


def test_completions_that_cannot_be_graded_move_nothing(steps):
    found = steps["no gold"]
    assert all(math.isnan(value) for value in found["rewards"])
    assert found["logged"]["maths/faults"] == 1.0
    assert not found["moved"]
