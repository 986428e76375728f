"""Every form of `mammoth-eval run` in the README, on the real engine with the real model, under the load of an
evaluation.

20 problems and several samples of each: what breaks when the engine's batch is full (seeded sampling under chunked
prefill did) does not show with three prompts. They take a minute or more each and run with MAMMOTH_LONG_TESTS=1: what
they share is tested always, sampling in `test_end_to_end.py`, a server in `test_served.py`, and every command line of
the README in `test_docs.py`.
"""

import pytest
from marks import long_run, needs_vllm
from real_runs import PROBLEMS, SAMPLING, check, run

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    needs_vllm,
]
FORMS = {
    "mammoth": (["--benchmarks", "gsm8k", "--preset", "mammoth"], 1),
    "both-chat": (["--benchmarks", "gsm8k,svamp", "--decoding", "both", "--prompt", "chat"], 1),
    "fewshot": (["--benchmarks", "gsm8k", "--prompt", "fewshot", *SAMPLING], 4),
    "chat_fewshot": (["--benchmarks", "aqua", "--prompt", "chat_fewshot"], 1),
    "mammoth-sc": (["--benchmarks", "gsm8k", "--preset", "mammoth-sc"], 10),
    "sampling": (["--benchmarks", "math500", "--samples", "8", "--temperature", "0.7"], 8),
}
"""Options of a run, and the samples of each problem that it makes."""


@long_run
@pytest.mark.parametrize("name", FORMS)
def test_a_form_of_the_readme_runs_under_load(name, tmp_path, data_dir):
    words, samples = FORMS[name]
    summary, records = run(tmp_path, data_dir, *words)
    check(records, PROBLEMS * (words[1].count(",") + 1), samples)
    outcomes = [row["outcomes"] for one in summary for row in one["results"]]
    assert outcomes
    assert all(sum(one.values()) == PROBLEMS and one["fault"] == 0 for one in outcomes)
