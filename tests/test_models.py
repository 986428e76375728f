"""A model by name.

What its folder says of its training is part of the run, and any change of the folder is another model.
"""

import json

import pytest

from mammoth_eval import models, resources
from mammoth_eval.engines import default_model
from mammoth_eval.errors import ModelError
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
TRAIN = {"base": "smollm2-135m", "mixture": "G+S", "kinds": ["cot", "pot"], "seed": 1}


@pytest.fixture
def checkpoint(tmp_path):
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "train.json").write_text(json.dumps(TRAIN))
    (tmp_path / "toy.toml").write_text(TOML)
    (tmp_path / "toy.jsonl").write_text('{"question": "1 + 1?", "answer": "2"}\n')
    return folder


def spec(checkpoint):
    toy = str(checkpoint.parent / "toy.toml")
    return make_plan(
        Settings(model=str(checkpoint), benchmarks=(toy,), engine="transformers", cache_dir=checkpoint.parent)
    ).spec


def test_what_a_checkpoint_was_trained_on_is_in_the_run(checkpoint):
    assert spec(checkpoint).train == TRAIN


def test_a_checkpoint_that_was_trained_otherwise_is_another_run(checkpoint):
    before = spec(checkpoint).folder()
    (checkpoint / "train.json").write_text(json.dumps({**TRAIN, "seed": 2}))
    assert spec(checkpoint).folder() != before


def test_a_model_that_says_nothing_of_its_training_has_none(checkpoint):
    (checkpoint / "train.json").unlink()
    assert spec(checkpoint).train == {}


@pytest.mark.parametrize(("content", "message"), [("{", "cannot be read"), ("[1]", "expected a JSON object")])
def test_a_train_json_that_is_none_is_named(checkpoint, content, message):
    (checkpoint / "train.json").write_text(content)
    with pytest.raises(ModelError, match=rf"train\.json: {message}"):
        models.resolve(str(checkpoint), "transformers", checkpoint)


@pytest.mark.parametrize("name", models.adapters())
def test_an_adapter_of_ours_is_small_and_says_how_it_was_made(name):
    folder = resources.folder("adapters") / name
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 12e6
    made = models.training(folder)
    assert made["finished"]
    assert made["base"] == default_model.NAME
    assert made["kinds"] == ["cot", "pot"]
    assert made["command"].startswith("mammoth-eval train ")
    assert f"--out adapters/{name}" in made["command"]


def test_the_default_is_our_adapter_on_the_embedded_model(tmp_path, monkeypatch):
    base = tmp_path / "base"
    base.mkdir()
    (base / "config.json").write_text("{}")
    monkeypatch.setattr(default_model, "ensure", lambda cache: base)
    found = models.resolve(models.DEFAULT, "vllm", tmp_path)
    assert (found.name, found.location) == (models.DEFAULT, str(base))
    assert found.adapter == str(resources.folder("adapters") / models.DEFAULT)
    assert found.train["prompt"] == "alpaca", "the prompt that the preset `demo` asks with"


def fingerprints(path, size, *places):
    """With zeros in a file of `size` bytes, then with another byte at each of `places`."""
    path.write_bytes(bytes(size))
    found = [models.fingerprint(path.parent)]
    for place in places:
        path.write_bytes(bytes(place) + b"x" + bytes(size - place - 1))
        found.append(models.fingerprint(path.parent))
    return found


@pytest.mark.parametrize("name", ["a.safetensors", "a.bin", "a.pt", "a.pth", "a.gguf", "a.ckpt", "a.msgpack", "a"])
def test_weights_of_whatever_form_are_read_at_both_ends(tmp_path, name):
    zeros, first, middle, last = fingerprints(
        tmp_path / name, 3 * models.EDGE, 0, 3 * models.EDGE // 2, 3 * models.EDGE - 1
    )
    assert middle == zeros
    assert len({zeros, first, last}) == 3


@pytest.mark.parametrize(("name", "size"), [("a.json", 3), ("a.model", 3), ("a.txt", 3), ("a.safetensors", 2)])
def test_tokenizers_and_small_weights_are_read_whole(tmp_path, name, size):
    zeros, middle = fingerprints(tmp_path / name, size * models.EDGE, size * models.EDGE // 2)
    assert middle != zeros
