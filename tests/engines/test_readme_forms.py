"""Every form of `mammoth-eval run` in the README, on the real engine with the real model, under the load of an evaluation.

20 problems and several samples of each: what breaks when the engine's batch is full (seeded sampling under chunked prefill did)
does not show with three prompts. The sampling form runs always, as does the one that asks a server (`test_served.py`);
the rest, a minute or more each, with MAMMOTH_LONG_TESTS=1.
"""

import pytest
from marks import long_run, needs_vllm
from real_runs import PROBLEMS, SAMPLING, check, run, texts

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
    check(records, words[1].count(",") + 1, samples)
    outcomes = [row["outcomes"] for one in summary for row in one["results"]]
    assert outcomes
    assert all(sum(one.values()) == PROBLEMS and one["fault"] == 0 for one in outcomes)


def test_the_same_sampling_command_gives_the_same_texts(tmp_path, data_dir):
    """20 problems of gsm8k, 4 samples at temperature 0.7: it killed the engine on a processor."""
    words = ["--benchmarks", "gsm8k", *SAMPLING]
    first, second = (run(tmp_path / name, data_dir, *words)[1] for name in ("first", "second"))
    check(first, 1, 4)
    assert texts(first) == texts(second)
    drawn = texts(first)
    distinct = {text for text in drawn.values() if text}
    assert len(distinct) > len(drawn) // 2, "the samples of a problem are not drawn apart"
