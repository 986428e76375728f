"""``--prompt auto`` and ``--max-tokens auto``: what a model's small files say of how it wants to be asked."""

import json

import pytest
from model_folders import CHATML, DEEPSEEK, HARMONY, LLAMA3, MISTRAL, QWEN3, ZEPHYR, write
from msgspec import structs

from mammoth_eval import models, prompts
from mammoth_eval.asking import choice, length, model_files
from mammoth_eval.cli import main
from mammoth_eval.engines.scripted import ScriptedEngine
from mammoth_eval.evaluation import run_plan
from mammoth_eval.events import Notice
from mammoth_eval.plan import make_plan
from mammoth_eval.settings import Settings
from mammoth_eval.store import read_header

QWEN_BASE = {
    "template": CHATML,
    "eos_token": "<|endoftext|>",
    "generation": {"eos_token_id": 151643, "max_new_tokens": 2048},
    "added_tokens_decoder": {"151643": {"content": "<|endoftext|>"}, "151645": {"content": "<|im_end|>"}},
}
CASES = {
    # folder: files, style, part of the reason
    "MAmmoTH-7B": ({}, "alpaca", "MAmmoTH-7B is one of the models"),
    "mammoth-coder-34b": ({}, "alpaca", "were trained with it"),
    "TIGER-Lab--MAmmoTH-13B": ({"template": CHATML, "eos_token": "<|im_end|>"}, "alpaca", "MAmmoTH-13B"),
    "step-200": ({"config": {"_name_or_path": "TIGER-Lab/MAmmoTH-Coder-7B"}}, "alpaca", "MAmmoTH-Coder-7B"),
    "MAmmoTH2-8B-Plus": ({"template": LLAMA3, "eos_token": "<|eot_id|>"}, "chat", "chat template"),
    "tora-code-7b-v1.0": ({}, "tora", "tora-code-7b"),
    "historian-7b": ({}, "fewshot", "no chat template"),
    "ours": ({"train": {"prompt": "chat", "base": "x"}, "template": CHATML}, "chat", "train.json"),
    "ours-alpaca": ({"train": {"prompt": "alpaca"}, "template": CHATML}, "alpaca", "train.json"),
    "ours-of-a-file": ({"train": {"prompt": "my-own"}}, "fewshot", "no chat template"),
    "ours-odd": ({"train": {"prompt": 3}}, "fewshot", "no chat template"),
    "Llama-2-7b-hf": ({}, "fewshot", "a base model: it has no chat template"),
    "Qwen2.5-7B-Instruct": ({"template": CHATML, "eos_token": "<|im_end|>"}, "chat", "has a chat template"),
    "Qwen2.5-7B": (QWEN_BASE, "fewshot", "ends a turn with <|im_end|>, but the model ends a text with <|endoftext|>"),
    "Qwen3-8B-Base": ({"template": QWEN3, "eos_token": "<|im_end|>"}, "fewshot", "its name says so"),
    "Qwen3-8B": ({"template": QWEN3, "eos_token": "<|im_end|>"}, "chat", "has a chat template"),
    "gemma-3-4b-pt": ({"template": CHATML, "eos_token": "<|im_end|>"}, "fewshot", "its name says so"),
    "my-finetune": (
        {"template": CHATML, "eos_token": "<|im_end|>", "config": {"_name_or_path": "Qwen/Qwen3-8B-Base"}},
        "chat",
        "has a chat template",
    ),
    "Llama-3-8B-Instruct": ({"template": LLAMA3, "eos_token": "<|end_of_text|>"}, "chat", "has a chat template"),
    "early-llama-3": (
        {
            "template": LLAMA3,
            "eos_token": "<|end_of_text|>",
            "generation": {"eos_token_id": [128001, 128009]},
            "tokens": {"added_tokens": [{"id": 128009, "content": "<|eot_id|>"}]},
        },
        "chat",
        "has a chat template",
    ),
    "a-llama-3": (
        {
            "template": LLAMA3,
            "eos_token": "<|end_of_text|>",
            "tokens": {"added_tokens": [{"id": 1, "content": "<|end_of_text|>"}, {"id": 2, "content": "<|eot_id|>"}]},
        },
        "fewshot",
        "ends a turn with <|eot_id|>",
    ),
    "a-mark-of-words": ({"template": CHATML, "eos_token": "</s>"}, "chat", "has a chat template"),
    "mistral-like": ({"template": MISTRAL}, "chat", "has a chat template"),
    "turns-without-ends": ({"template": ZEPHYR}, "chat", "has a chat template"),
    "r1-like": ({"template": DEEPSEEK, "eos_token": {"content": "<｜end▁of▁sentence｜>"}}, "chat", "chat template"),
    "gpt-oss-like": ({"template": HARMONY, "eos_token": "<|return|>"}, "chat", "has a chat template"),
    "template-in-a-file": ({"jinja": CHATML, "eos_token": "<|im_end|>"}, "chat", "has a chat template"),
    "named-templates": (
        {"chat_template": [{"name": "tool_use", "template": "x"}, {"name": "default", "template": MISTRAL}]},
        "chat",
        "has a chat template",
    ),
    "broken-template": ({"template": "{% if %}"}, "chat", "has a chat template"),
    "checkpoint": ({}, "fewshot", "no chat template"),
    "smol-it": ({}, "fewshot", "no chat template"),
}


def seen(folder, engine="vllm", **options):
    model = models.resolve(str(folder), engine, folder.parent, options)
    return model_files.look(model, engine)


@pytest.mark.parametrize(("name", "case"), CASES.items(), ids=CASES)
def test_a_model_is_asked_as_it_wants(name, case, tmp_path):
    files, style, reason = case
    found = choice.choose(seen(write(tmp_path / name, **files)), "vllm")
    assert (found.value, reason in found.reason) == (style, True), found


SERVED = {
    "gpt-x": "chat",
    "Qwen/Qwen2.5-7B-Instruct": "chat",
    "Qwen/Qwen3-8B-Base": "fewshot",
    "TIGER-Lab/MAmmoTH-7B": "alpaca",
    "deepseek-reasoner": "chat",
}


@pytest.mark.parametrize(("name", "style"), SERVED.items())
def test_of_a_server_the_name_alone_is_known(name, style, tmp_path):
    files = model_files.look(models.resolve(name, "openai", tmp_path), "openai")
    assert choice.choose(files, "openai").value == style


@pytest.mark.parametrize("engine", ["scripted", "replay", "import", "mine:Engine"])
def test_an_engine_that_shows_no_model_is_asked_as_before(engine, tmp_path):
    files = model_files.look(models.resolve("some-instruct", engine, tmp_path), engine)
    assert choice.choose(files, engine).value == "alpaca"


def test_a_model_whose_tokenizer_cannot_be_read_is_known_by_its_name(tmp_path):
    for name, style in (("x-7b-chat", "chat"), ("x-7b", "fewshot")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "tokenizer_config.json").write_text("{")
        assert choice.choose(seen(folder), "vllm").value == style


def test_an_adapter_is_asked_with_the_prompt_that_it_was_trained_with(tmp_path):
    base = write(tmp_path / "base-model", template=CHATML, eos_token="<|im_end|>")
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": str(base)}))
    (adapter / "train.json").write_text(json.dumps({"prompt": "alpaca", "base": "base-model"}))
    assert choice.choose(seen(adapter), "vllm").value == "alpaca"
    (adapter / "train.json").unlink()
    assert choice.choose(seen(adapter), "vllm").value == "chat"


def test_a_tokenizer_from_another_folder_has_the_template(tmp_path):
    bare, other = write(tmp_path / "bare"), write(tmp_path / "other", template=CHATML, eos_token="<|im_end|>")
    assert seen(bare).template == ""
    assert seen(bare, tokenizer=str(other)).template == CHATML


TOML = """
title = "Toy sums"
paper = "none"
licence = "none"
rows = 1
form = "open"
file = "toy.jsonl"
exemplars = "gsm"

[columns]
question = "question"
gold = "answer"
"""


@pytest.fixture
def toy(tmp_path):
    (tmp_path / "toy.toml").write_text(TOML)
    (tmp_path / "toy.jsonl").write_text('{"question": "1 + 1?", "answer": "2"}\n')
    return tmp_path


def plan(toy, model, **settings):
    rows = (str(toy / "toy.toml"),)
    return make_plan(Settings(model=str(model), benchmarks=rows, engine="transformers", cache_dir=toy, **settings))


def test_a_run_is_the_same_whether_its_prompt_was_chosen_or_named(toy):
    model = write(toy / "m", template=CHATML, eos_token="<|im_end|>")
    chosen, named = plan(toy, model), plan(toy, model, prompt="chat")
    assert chosen.spec == named.spec
    assert chosen.spec.folder() == named.spec.folder()
    assert [setting.name for setting in chosen.chosen] == ["prompt"]
    assert chosen.notes() == ("prompt chat: the model has a chat template",)
    assert named.notes() == ()


def test_the_papers_preset_names_its_prompt(toy):
    model = write(toy / "m", template=CHATML, eos_token="<|im_end|>")
    assert plan(toy, model, preset="mammoth").spec.prompt == "alpaca"


def test_a_run_says_how_the_model_was_to_think(toy):
    model = write(toy / "m", template=QWEN3, eos_token="<|im_end|>")
    spec = plan(toy, model, thinking="off").spec
    assert spec.sampling["thinking"] == "off"
    assert "thinking" not in plan(toy, model).spec.sampling
    header = read_header({"spec": structs.asdict(spec)}, "here")
    assert header.spec.digest() == spec.digest() != plan(toy, model).spec.digest()


LENGTHS = {
    # folder: files, options of the engine, tokens, part of the reason
    "recommends": ({"generation": {"max_new_tokens": 700}}, {}, 700, "generation_config.json"),
    "short-context": ({"generation": {"max_new_tokens": 9000}}, {}, 4096, "the model's context, below 9000"),
    "told-context": ({"generation": {"max_new_tokens": 9000}}, {"max_model_len": 2048}, 2048, "below 9000"),
    "nothing-said": ({}, {}, 4096, "nothing is recommended"),
    "nested": ({"config": {"text_config": {"max_position_embeddings": 512}}}, {}, 512, "nothing is recommended"),
    "Qwen3-4B": ({"config": {"max_position_embeddings": 40960}}, {}, 32_000, "MathArena"),
    "Qwen3-4B-Thinking-2507": ({"config": {"max_position_embeddings": 262144}}, {}, 81_920, "MathArena"),
    "MAmmoTH-7B": ({}, {}, 1500, "the paper's commands"),
    "Qwen2.5-Math-7B-Instruct": ({}, {}, 2048, "its authors' evaluation"),
    "odd": ({"generation": {"max_new_tokens": "many"}, "config": {"n_positions": -1}}, {}, 32_768, "nothing is known"),
}


@pytest.mark.parametrize(("name", "case"), LENGTHS.items(), ids=LENGTHS)
def test_new_tokens_are_those_recommended_as_far_as_the_context_reaches(name, case, tmp_path):
    files, options, tokens, reason = case
    found = length.choose(seen(write(tmp_path / name, **files), **options))
    assert (found.value, reason in found.reason) == (tokens, True), found


def test_a_run_with_chosen_tokens_is_the_run_with_that_number(toy):
    model = write(toy / "m", generation={"max_new_tokens": 700})
    chosen, named = plan(toy, model, max_tokens="auto"), plan(toy, model, max_tokens=700)
    assert chosen.spec == named.spec
    assert chosen.sampling.max_tokens == 700
    assert str(chosen.chosen[1]) == "max_tokens 700: max_new_tokens of its generation_config.json"


def test_every_style_that_is_chosen_exists():
    assert {style for _, style in choice.KIN} | {"chat", "fewshot", choice.UNSEEN} <= set(prompts.names())


def test_a_dry_run_shows_what_was_chosen_and_what_is_wrong(toy, capsys):
    model = write(toy / "m", template=DEEPSEEK, eos_token="</s>")
    words = ["--model", str(model), "--engine", "transformers", "--benchmarks", str(toy / "toy.toml"), "--dry-run"]
    assert main(["run", *words]) == 0
    shown = capsys.readouterr().out
    assert "chosen     prompt chat: the model has a chat template" in shown
    assert "warning    the chat template of m turns thinking off where nothing is said: --thinking on" in shown
    assert main(["run", *words, "--thinking", "on", "--prompt", "chat"]) == 0
    shown = capsys.readouterr().out
    assert "thinking=on" in shown
    assert "chosen" not in shown
    assert "warning" not in shown


def test_the_reason_and_the_warnings_are_told_and_kept(toy):
    model = write(toy / "m", template=DEEPSEEK, eos_token="</s>")
    script = toy / "script.json"
    script.write_text(json.dumps({"toy/0 pot": "```python\nprint(2)\n```"}))
    events = []
    path = run_plan(plan(toy, model), toy / "results", engine=ScriptedEngine(str(script)), progress=events.append)
    told = [event.text for event in events if isinstance(event, Notice)]
    assert told[:1] == ["prompt chat: the model has a chat template"]
    assert "turns thinking off" in told[1]
    session = json.loads((path / "run.json").read_text())["sessions"][0]
    assert session["chosen"] == [{"name": "prompt", "value": "chat", "reason": "the model has a chat template"}]
    assert session["warnings"] == told[1:2]
