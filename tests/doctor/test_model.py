"""``doctor --model``: what a checkpoint's files say against how it is asked, and one question to an engine."""

import json

import pytest

pytest.importorskip("transformers", reason="checkpoints' files are read by transformers, which is not installed")

from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import LlamaConfig, PreTrainedTokenizerFast

from mammoth_eval import prompts
from mammoth_eval.cli import main
from mammoth_eval.doctor import checkpoint, question
from mammoth_eval.models import Model
from mammoth_eval.types import Sampling

SPECIAL = ("<s>", "</s>", "<turn>", "<end>", "<think>", "</think>")
PLAIN = "{% for m in messages %}<turn>{{ m.role }}: {{ m.content }}<end>{% endfor %}"
OPEN = "{% if add_generation_prompt %}<turn>assistant: {% endif %}"


def folder(path, *, template="", bos_by_tokenizer=False, eos="<end>", generation=None, context=512):
    """A checkpoint's files without weights that anything could load."""
    words = Tokenizer(models.WordLevel({word: at for at, word in enumerate(("?", *SPECIAL))}, unk_token="?"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.add_special_tokens(list(SPECIAL))
    if bos_by_tokenizer:
        start = ("<s>", words.token_to_id("<s>"))
        words.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[start])
    made = PreTrainedTokenizerFast(tokenizer_object=words, bos_token="<s>", eos_token=eos)
    made.chat_template = template or None
    made.save_pretrained(path)
    LlamaConfig(vocab_size=16, max_position_embeddings=context).save_pretrained(path)
    (path / "model.safetensors").write_bytes(b"")
    if generation is not None:
        (path / "generation_config.json").write_text(json.dumps(generation))
    return path


def look(path, style="chat", **sampling):
    """The findings by name."""
    model = Model(path.name, str(path), "")
    query = prompts.get(style).query(question.PROBLEM, "cot", family="gsm")
    found = checkpoint.findings(checkpoint.load(model), query, Sampling(max_tokens=64, **sampling))
    return {finding.name: finding for finding in found}


def test_a_checkpoint_that_is_asked_as_it_wants_gives_no_warning(tmp_path):
    found = look(folder(tmp_path, template="<s>" + PLAIN + OPEN))
    assert {name: finding.state for name, finding in found.items() if finding.state != "ok"} == {}
    assert found["start token"].facts["times"] == 1


def test_a_start_token_twice_is_said(tmp_path):
    path = folder(tmp_path, template="<s><s>" + PLAIN + OPEN, bos_by_tokenizer=True)
    assert look(path)["start token"].text == "<s> stands 2 times before the prompt"


def test_a_template_without_the_start_token_that_the_tokenizer_sets_is_said(tmp_path):
    path = folder(tmp_path, template=PLAIN + OPEN, bos_by_tokenizer=True)
    assert look(path)["start token"].state == "warn"


def test_a_text_has_the_start_token_of_the_tokenizer(tmp_path):
    found = look(folder(tmp_path, bos_by_tokenizer=True), "alpaca")["start token"]
    assert (found.state, found.facts["times"]) == ("ok", 1)


@pytest.mark.parametrize(
    ("eos", "generation", "stop", "state"),
    [
        ("<end>", None, (), "ok"),
        ("</s>", None, (), "warn"),
        ("</s>", None, ("<end>",), "ok"),
        ("</s>", {"eos_token_id": [2, 4]}, (), "ok"),
        ("</s>", {"eos_token_id": 2}, (), "warn"),
    ],
)
def test_a_turn_that_ends_with_no_end_token_is_said_with_the_stop_text_to_give(tmp_path, eos, generation, stop, state):
    found = look(folder(tmp_path, template=PLAIN + OPEN, eos=eos, generation=generation), stop=stop)["end tokens"]
    assert found.state == state
    assert found.advice == ("--stop '<end>'" if state == "warn" else "")


@pytest.mark.parametrize(
    ("end", "opened", "closed"),
    [("", False, False), ("<think>", True, False), ("<think>\n\n</think>\n\n", False, True)],
)
def test_a_template_that_opens_or_closes_the_thought_is_said(tmp_path, end, opened, closed):
    template = PLAIN + "{% if add_generation_prompt %}<turn>assistant: " + end + "{% endif %}{# <think> #}"
    found = look(folder(tmp_path, template=template))["thoughts"]
    assert (found.facts["opened_by_template"], found.facts["closed_by_template"]) == (opened, closed)
    assert found.state == ("warn" if closed else "ok")


def test_sampling_that_the_files_recommend_is_said(tmp_path):
    generation = {"temperature": 0.6, "top_p": 1.0, "top_k": 20, "repetition_penalty": 1.05, "eos_token_id": 4}
    found = look(folder(tmp_path, template=PLAIN + OPEN, generation=generation))["sampling"]
    assert found.facts["recommended"] == {"temperature": 0.6, "top_k": 20, "repetition_penalty": 1.05}


def test_an_answer_that_cannot_fit_is_said_with_the_tokens_that_are_left(tmp_path):
    found = look(folder(tmp_path, template=PLAIN + OPEN, context=80))["context"]
    left = 80 - found.facts["prompt"]
    assert (found.state, found.advice) == ("warn", f"--max-tokens {left} or fewer")


def test_an_engine_is_asked_one_question_and_the_text_is_shown(tmp_path, capsys):
    script = tmp_path / "script.json"
    script.write_text(json.dumps({question.PROBLEM.id: "5 * 12 = \\boxed{60}"}))
    assert main(["doctor", "--model", str(script), "--engine", "scripted", "--prompt", "chat", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert question.PROBLEM.question in said["sent"]
    assert said["answer"] == "5 * 12 = \\boxed{60}"
    assert [finding["name"] for finding in said["findings"]] == ["prompt", "engine", "question"]


def test_a_model_that_cannot_be_read_fails_and_says_why(tmp_path, capsys):
    (tmp_path / "config.json").write_text("{")
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert main(["doctor", "--model", str(tmp_path), "--engine", "transformers"]) == 1
    assert "config.json: cannot be read" in " ".join(capsys.readouterr().out.split())


def test_the_prompt_is_chosen_and_a_wrong_pair_is_warned_of_as_in_a_run(tmp_path, capsys):
    path = folder(tmp_path / "some-chat", template="<s>" + PLAIN + OPEN)
    for words, name, warned in (([], "chat", 0), (["--prompt", "alpaca"], "alpaca", 1)):
        main(["doctor", "--model", str(path), "--engine", "transformers", "--json", *words])
        found = [finding for finding in json.loads(capsys.readouterr().out)["findings"] if finding["name"] == "prompt"]
        assert found[0]["text"].partition(":")[0] == name
        assert [finding["state"] for finding in found[1:]] == ["warn"] * warned
