"""``--sampling model``: the values of a model's generation_config.json are taken, recorded, and said."""

import pytest
from model_folders import CHATML, write
from msgspec import structs

from mammoth_eval.cli import main
from mammoth_eval.errors import UsageError
from mammoth_eval.plan import make_plan
from mammoth_eval.settings import Settings

TOML = """
title = "Toy sums"
paper = "none"
licence = "none"
rows = 1
form = "open"
file = "toy.jsonl"

[columns]
question = "question"
gold = "answer"
"""
QWEN3 = {"do_sample": True, "temperature": 0.6, "top_p": 0.95, "top_k": 20}
OFF = {"temperature": 0.0, "top_p": 1.0, "top_k": 0}
CASES = [
    # generation_config.json, what of the sampling is not off
    (QWEN3, {"temperature": 0.6, "top_p": 0.95, "top_k": 20}),
    ({"temperature": 0.7}, {"temperature": 0.7}),  # as vllm reads it: do_sample is no key of its own there
    ({"do_sample": True}, {"temperature": 1.0}),
    ({"top_p": 0.9}, {"temperature": 1.0, "top_p": 0.9}),
    ({"do_sample": False, "temperature": 0.6, "top_p": 0.9}, {}),
    ({"do_sample": False, "repetition_penalty": 1.05}, {"repetition_penalty": 1.05}),
    ({"repetition_penalty": 1.1}, {"repetition_penalty": 1.1}),
    ({"temperature": 1, "top_k": -1, "min_p": 0.05}, {"temperature": 1, "min_p": 0.05}),
    ({"temperature": None, "top_p": "0.9", "top_k": True, "min_p": float("nan")}, {}),
    ({"eos_token_id": 2, "max_new_tokens": 2048}, {}),
]


@pytest.fixture
def toy(tmp_path):
    (tmp_path / "toy.toml").write_text(TOML)
    (tmp_path / "toy.jsonl").write_text('{"question": "1 + 1?", "answer": "2"}\n')
    return tmp_path


def plan(toy, generation, **settings):
    model = write(toy / "m", template=CHATML, eos_token="<|im_end|>", generation=generation)
    asked = {"engine": "transformers", "sampling": "model", "decoding": "cot", **settings}
    return make_plan(Settings(model=str(model), benchmarks=(str(toy / "toy.toml"),), cache_dir=toy, **asked))


@pytest.mark.parametrize(("generation", "moved"), CASES)
def test_the_models_own_values_are_taken(generation, moved, toy):
    planned = plan(toy, generation)
    written = {name: planned.spec.sampling[name] for name in {**OFF, **moved}}
    assert written == OFF | moved
    assert isinstance(planned.sampling.top_k, int)
    note = next(str(chosen) for chosen in planned.chosen if chosen.name == "sampling")
    assert all(f"{name} {value:g}" in note for name, value in moved.items())


def test_what_the_user_says_counts_before_the_models_own(toy):
    planned = plan(toy, QWEN3, temperature=0.0, top_k=0)
    assert (planned.sampling.temperature, planned.sampling.top_p, planned.sampling.top_k) == (0.0, 0.95, 0)


def test_the_models_own_count_before_a_presets(toy):
    assert plan(toy, {"temperature": 0.2}, preset="matharena").sampling.temperature == 0.2


def test_a_run_is_the_same_whether_values_were_taken_or_given(toy):
    taken = plan(toy, QWEN3).spec
    (toy / "m").rename(toy / "first")
    given = plan(toy, QWEN3, sampling="given", temperature=0.6, top_p=0.95, top_k=20).spec
    assert taken.digest() == given.digest()


def test_nothing_is_taken_unasked(toy):
    assert plan(toy, QWEN3, sampling="given").sampling.temperature == 0.0


def test_a_model_without_recommendations_says_so(toy):
    planned = plan(toy, {})
    assert "recommends nothing" in " ".join(planned.notes())


def test_a_model_that_cannot_be_seen_recommends_nothing(toy):
    settings = Settings(model="some-model", benchmarks=(str(toy / "toy.toml"),), engine="openai", cache_dir=toy)
    with pytest.raises(UsageError, match="are not to be seen from here"):
        make_plan(structs.replace(settings, sampling="model"))


def test_values_that_no_engine_can_draw_with_are_refused(toy):
    with pytest.raises(UsageError, match=r"--top-p 1\.5"):
        plan(toy, {"temperature": 1.0, "top_p": 1.5})


def test_the_command_line_shows_them(toy, capsys):
    model = write(toy / "m", template=CHATML, eos_token="<|im_end|>", generation=QWEN3)
    words = ["run", "--model", str(model), "--benchmarks", str(toy / "toy.toml"), "--engine", "transformers"]
    assert main([*words, "--sampling", "model", "--dry-run", "--results-dir", str(toy / "r")]) == 0
    out = capsys.readouterr().out
    assert "temperature 0.6, top_p 0.95, top_k 20, of its generation_config.json" in out
