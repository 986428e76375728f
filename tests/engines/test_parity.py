"""The same queries through every engine that decodes: the same tokens read, the same greedy texts, the same counts."""

import json
import subprocess
import sys

import pytest
from checkout import TESTS
from marks import needs_vllm
from vllm_server import CONTEXT, serve

from mammoth_eval.engines.default_model import ensure
from mammoth_eval.resources import cache_folder

pytestmark = [pytest.mark.engine, pytest.mark.slow, needs_vllm]

DTYPE = "float32"
"""In bfloat16 the order of a sum decides many a token; in float32 few."""
OPTIONS = {
    "transformers": {"dtype": DTYPE, "max_model_len": CONTEXT, "device": "cpu"},
    "vllm": {"dtype": DTYPE, "max_model_len": CONTEXT},
}
EQUAL = 22
"""Texts of 24 that must be the same: two kinds of kernels may part where two tokens are as likely."""


def ask(engine, model, options):
    command = [sys.executable, str(TESTS / "support" / "parity_session.py"), engine, model, json.dumps(options)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """By engine, what it answered to each query."""
    pytest.importorskip("transformers")
    found = {name: ask(name, str(ensure(cache_folder())), options) for name, options in OPTIONS.items()}
    with serve(tmp_path_factory.mktemp("serve") / "log", dtype=DTYPE) as url:
        found["openai"] = ask("openai", "small", {"base_url": url, "api_key": "none"})
    return found


OTHERS = ("transformers", "openai")


@pytest.mark.parametrize("other", OTHERS)
def test_the_same_tokens_are_read(answers, other):
    read = {name: {query: tokens for query, (_, tokens, _, _) in found.items()} for name, found in answers.items()}
    assert read[other] == read["vllm"]


@pytest.mark.parametrize("other", OTHERS)
def test_greedy_texts_are_the_same_and_so_are_their_counts(answers, other):
    pairs = [(answers["vllm"][query], found) for query, found in answers[other].items()]
    same = [(ours, theirs) for ours, theirs in pairs if ours[0] == theirs[0]]
    print(f"vllm and {other}: {len(same)} of {len(pairs)} greedy texts are the same in {DTYPE}")
    assert len(same) >= EQUAL
    assert all(ours == theirs for ours, theirs in same)
