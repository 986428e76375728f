"""Fine-tuning on a model of a few thousand parameters: what the loss sees, packing, resuming, what is written."""

import json
from dataclasses import replace

import pytest
from train_tools import make_model, write_rows

from mammoth_eval import prompts
from mammoth_eval.errors import DataError, TrainingError
from mammoth_eval.training import encode, rows
from mammoth_eval.training.recipe import RECIPES, Recipe
from mammoth_eval.types import Problem

torch = pytest.importorskip("torch")
pytest.importorskip("trl", reason="trl is not installed: make test installs it")
pytest.importorskip("peft", reason="peft is not installed: make test installs it")

from mammoth_eval.cli import main  # noqa: E402
from mammoth_eval.engines.tokens import prompt_tokens  # noqa: E402
from mammoth_eval.training import manifest, sft  # noqa: E402
from mammoth_eval.training.progress import make_callback  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
]  # what the libraries of training warn of is theirs
TINY = Recipe(
    learning_rate=1e-2, epochs=1, batch=2, micro_batch=2, max_length=200, bf16=False, gradient_checkpointing=False,
    save_steps=2, log_steps=1, scheduler="constant", warmup=0.0,
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """A model this small only waits for a second thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    return folder, make_model(folder)


@pytest.fixture
def examples(model, tmp_path):
    _, tokenizer = model
    found = rows.read(write_rows(tmp_path / "rows.jsonl"))
    return encode.encode_all(found, prompts.get("alpaca"), tokenizer, "tiny", 200).examples


def batches(model, examples, recipe, tmp_path):
    folder, tokenizer = model
    trainer = sft.make_trainer(
        sft.Base(str(folder), tokenizer, "tiny"), examples, recipe, 0, tmp_path / "out", lambda line: None
    )
    return trainer, list(trainer.get_train_dataloader())


@pytest.mark.parametrize("method", ["pot", "cot"])
def test_a_model_is_trained_on_the_very_tokens_that_the_evaluation_asks_with(model, method):
    _, tokenizer = model
    prompt = prompts.get("alpaca")
    problem = Problem("gsm8k/0", "gsm8k", "How many apples has Tom?", "4")
    row = rows.make("apples", method, problem.question, "print(4)", {})
    asked = prompt_tokens(prompt.query(problem, method), tokenizer, "tiny")
    assert encode.encode(row, prompt, tokenizer, "tiny").input_ids[: len(asked)] == asked


def test_a_program_asked_for_in_other_words_is_trained_with_those_words():
    row = rows.Row("PoT/gsm_gpt4", "How many apples? Please write a program to solve it", "print(4)")
    text = encode.query(row, prompts.get("alpaca")).text
    assert text.endswith("### Instruction:\nHow many apples? Please write a program to solve it\n\n### Response:")


def test_the_devices_are_set_up_before_the_model_is_loaded(model, examples, tmp_path):
    _, tokenizer = model
    nowhere = sft.Base(str(tmp_path / "no-model"), tokenizer, "tiny")
    with pytest.raises(ValueError, match="staircase"):
        sft.make_trainer(
            nowhere, examples, replace(TINY, scheduler="staircase"), 0, tmp_path / "out", lambda line: None
        )


def test_labels_are_the_output_and_the_end_token_alone(model):
    _, tokenizer = model
    row = rows.make("apples", "cot", "How many?", "The answer is 4", {})
    found = encode.encode(row, prompts.get("alpaca"), tokenizer, "tiny")
    seen = [label for label in found.labels if label != encode.IGNORED]
    assert tokenizer.decode(seen) == "The answer is 4<end>"
    assert found.input_ids[-len(seen) :] == seen


def test_the_loss_of_a_batch_is_that_of_its_outputs_alone(model, examples, tmp_path):
    trainer, found = batches(model, examples, TINY, tmp_path)
    batch = found[0]
    with torch.no_grad():
        loss = trainer.compute_loss(trainer.model, dict(batch), num_items_in_batch=None)
        logits = trainer.model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    ours = torch.nn.functional.cross_entropy(
        logits[:, :-1].reshape(-1, logits.shape[-1]).float(),
        batch["labels"][:, 1:].reshape(-1),
        ignore_index=encode.IGNORED,
    )
    assert (batch["labels"] == encode.IGNORED).any()
    assert float(loss) == pytest.approx(float(ours), rel=1e-4)


def test_a_packed_row_sees_nothing_of_the_row_before_it(model, examples, tmp_path):
    trainer, found = batches(
        model, examples, replace(TINY, packing=True, micro_batch=1, batch=1, max_length=400), tmp_path
    )
    batch = found[0]
    starts = (batch["position_ids"][0] == 0).nonzero().flatten().tolist()
    assert len(starts) > 1, "several rows are in one sequence"
    inputs = {name: value for name, value in batch.items() if name != "labels"}
    end = starts[2] if len(starts) > 2 else batch["input_ids"].shape[1]
    with torch.no_grad():
        packed = trainer.model(**inputs).logits[0, starts[1] : end]
        alone = trainer.model(input_ids=batch["input_ids"][:, starts[1] : end]).logits[0]
    assert torch.allclose(packed, alone, atol=1e-4)


def test_packing_keeps_every_target(model, examples, tmp_path):
    _, found = batches(model, examples, replace(TINY, packing=True, micro_batch=1, batch=1, max_length=400), tmp_path)
    packed = sum(int((batch["labels"] != encode.IGNORED).sum()) for batch in found)
    assert packed == sum(label != encode.IGNORED for one in examples for label in one.labels)


def train(model, examples, recipe, out, tell=lambda line: None):
    folder, tokenizer = model
    return sft.train(sft.Base(str(folder), tokenizer, "tiny"), examples, recipe, 0, out, tell)


def weights(out):
    from safetensors.torch import load_file

    return load_file(next(out.glob("*model.safetensors")))


def test_a_training_killed_and_resumed_ends_with_the_same_weights(model, examples, tmp_path):
    def killed_after(line):
        if line.startswith("step 3/"):
            raise KeyboardInterrupt

    train(model, examples, TINY, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(model, examples, TINY, tmp_path / "resumed", killed_after)
    lines = []
    result = train(model, examples, TINY, tmp_path / "resumed", lines.append)
    assert "checkpoint-2" in lines[0]
    assert result["steps"] == 4
    assert all("tokens/s" in line for line in lines[1:]), lines
    whole, resumed = weights(tmp_path / "whole"), weights(tmp_path / "resumed")
    assert all(torch.allclose(whole[name], resumed[name], atol=1e-6) for name in whole)


@pytest.mark.parametrize("state", ["", '{"global_', None], ids=["empty", "torn", "absent"])
def test_a_checkpoint_that_a_full_disk_tore_is_removed_and_the_one_before_it_used(model, examples, tmp_path, state):
    out = tmp_path / "out"
    train(model, examples, TINY, out)
    torn, own = out / "checkpoint-6", out / "checkpoint-best"
    for folder in (torn, own):
        folder.mkdir()
        if state is not None:
            (folder / "trainer_state.json").write_text(state)
    lines = []
    assert train(model, examples, TINY, out, lines.append)["steps"] == 4
    assert lines == [f"going on from {out / 'checkpoint-4'}"]
    assert (torn.exists(), own.exists()) == (False, True)


def test_what_is_no_matter_of_disk_or_memory_is_not_hidden(tmp_path):
    with pytest.raises(ZeroDivisionError), sft._failures(tmp_path / "not" / "there"):
        raise ZeroDivisionError


def test_progress_says_loss_speed_and_time_left(model, examples, tmp_path):
    lines = []
    train(model, examples, TINY, tmp_path / "out", lines.append)
    assert lines[-1].startswith("step 4/4  loss ")
    assert "tokens/s" in lines[-1]
    assert lines[-1].endswith("0:00 left")


def test_a_loss_that_is_no_number_stops_with_what_to_lower():
    class State:
        global_step, max_steps, is_world_process_zero = 7, 9, True

    callback = make_callback(lambda line: None)
    callback.on_train_begin(None, State, None)
    with pytest.raises(TrainingError, match="step 7: the loss is nan: lower the learning rate"):
        callback.on_log(None, State, None, logs={"loss": float("nan")})


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError(), "out of memory: lower micro_batch"),
        (OSError(28, "No space left on device"), "the disk is full; make room"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "out of memory: lower micro_batch"),
        (Exception("No space left on device (os error 28)"), "the disk is full; make room"),
        (
            RuntimeError("[enforce fail at inline_container.cc:668] . unexpected pos 64 vs 0"),
            "the disk is full; make room",
        ),
        (OSError(122, "Disk quota exceeded"), "the disk is full; make room"),
    ],
)
def test_what_breaks_a_training_says_what_to_do(tmp_path, error, message):
    with pytest.raises(TrainingError, match=message), sft._failures(tmp_path):
        raise error


def command(model, tmp_path, *words):
    folder, _ = model
    mixture = tmp_path / "apples.toml"
    mixture.write_text('against = ["gsm8k"]\n[[sources]]\nname = "rows.jsonl"\n')
    write_rows(tmp_path / "rows.jsonl")
    base = ["train", "--mixture", str(mixture), "--base", str(folder), "--out", str(tmp_path / "out"), "--quiet"]
    settings = ("epochs=1", "batch=2", "micro_batch=2", "bf16=false", "save_steps=100", "max_length=200")
    return main([*base, *(word for pair in settings for word in ("--set", pair)), *words])


def test_an_adapter_is_evaluated_by_its_folder_and_the_run_says_what_it_was_trained_on(
    model, tmp_path, own_cache, capsys, data_dir
):
    assert command(model, tmp_path, "--recipe", "small-cpu", "--set", "lora=4", "--merge") == 0
    found = manifest.read(tmp_path / "out")
    assert (found.finished, found.kinds, found.mixture) == (True, ("cot", "pot"), "apples")
    assert (found.rows, found.result["processes"]) == ({"CoT/apples": 4, "PoT/apples": 4}, 1)
    assert json.loads((tmp_path / "out" / "adapter_config.json").read_text())["base_model_name_or_path"] == str(
        model[0]
    )
    run = ["run", "--engine", "transformers", "--benchmarks", "svamp", "--limit", "2", "--max-tokens", "4", "--quiet"]
    run += ["--data-dir", str(data_dir), "--results-dir", str(tmp_path / "results"), "--json"]
    capsys.readouterr()
    assert main([*run, "--model", str(tmp_path / "out")]) == 0
    (summary,) = json.loads(capsys.readouterr().out)
    assert summary["spec"]["train"]["mixture"] == "apples"
    assert main([*run, "--model", str(tmp_path / "out" / "merged")]) == 0


def test_another_training_is_not_laid_over_a_checkpoint(model, tmp_path, own_cache, capsys):
    assert command(model, tmp_path) == 0
    assert command(model, tmp_path, "--seed", "1") == 2
    assert "holds another training (seed: 0 there, 1 asked)" in capsys.readouterr().err


def test_a_training_goes_on_with_settings_that_change_no_more_than_its_cost(model, tmp_path, own_cache, capsys):
    assert command(model, tmp_path) == 0
    changed = ("micro_batch=1", "gradient_checkpointing=false", "save_steps=1", "log_steps=1")
    assert command(model, tmp_path, *(word for pair in changed for word in ("--set", pair))) == 0
    assert command(model, tmp_path, "--set", "batch=4") == 2
    assert "holds another training (recipe batch: 2 there, 4 asked)" in capsys.readouterr().err


def test_the_manifest_counts_the_rows_that_were_trained_on(model, tmp_path, own_cache):
    with (tmp_path / "more.jsonl").open("w") as file:
        for source, words in (("CoT/long", 80), ("CoT/short", 1)):
            file.write(
                json.dumps({"source": source, "instruction": "How many? " * words, "output": "The answer is 4"}) + "\n"
            )
    mixture = tmp_path / "two.toml"
    mixture.write_text('against = ["gsm8k"]\n[[sources]]\nname = "more.jsonl"\n')
    assert command(model, tmp_path, "--mixture", str(mixture)) == 0
    found = manifest.read(tmp_path / "out")
    assert (found.rows, found.too_long) == ({"CoT/short": 1}, 1)


def test_a_training_resumed_with_a_smaller_micro_batch_learns_the_same(model, examples, tmp_path):
    def killed_after(line):
        if line.startswith("step 3/"):
            raise KeyboardInterrupt

    train(model, examples, TINY, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(model, examples, TINY, tmp_path / "resumed", killed_after)
    smaller = replace(TINY, micro_batch=1, gradient_checkpointing=True, save_steps=3)
    assert train(model, examples, smaller, tmp_path / "resumed")["steps"] == 4
    whole, resumed = weights(tmp_path / "whole"), weights(tmp_path / "resumed")
    assert all(torch.allclose(whole[name], resumed[name], atol=1e-5) for name in whole)


@pytest.mark.parametrize(
    ("batch", "micro", "world", "expected"),
    [
        (128, 4, 1, (4, 32)),
        (128, 3, 1, (2, 64)),
        (16, 3, 2, (2, 4)),
        (2, 2, 8, (1, 1)),
        (7, 4, 1, (1, 7)),
        (4, 8, 1, (4, 1)),
    ],
)
def test_any_micro_batch_makes_the_same_batch(batch, micro, world, expected):
    assert sft._batches(replace(TINY, batch=batch, micro_batch=micro), world) == expected


@pytest.fixture
def eight_gpus(monkeypatch):
    """What torch says on a machine with eight H100; nothing can be computed on them."""
    from accelerate.state import AcceleratorState

    told = {"is_available": True, "device_count": 8, "current_device": 0, "is_bf16_supported": True, "set_device": None}
    for name, value in told.items():
        monkeypatch.setattr(torch.cuda, name, lambda *_, value=value, **__: value)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.mark.parametrize("name", RECIPES)
def test_one_process_on_a_machine_with_eight_gpus_trains_on_one_of_them_with_the_batch_of_its_recipe(
    eight_gpus, tmp_path, name
):
    found, recipe = sft._config(RECIPES[name], 0, tmp_path), RECIPES[name]
    assert (str(found.device), found.n_gpu, found.parallel_mode.value) == ("cuda:0", 1, "not_parallel")
    assert found.train_batch_size * found.gradient_accumulation_steps == recipe.batch
    assert (found.bf16, found.optim.value, found.dataloader_pin_memory) == (recipe.bf16, "adamw_torch_fused", True)


def test_rows_that_do_not_fit_are_counted_and_left_out(model, tmp_path):
    _, tokenizer = model
    found = [*rows.read(write_rows(tmp_path / "rows.jsonl", 2)), rows.make("apples", "cot", "How many? " * 80, "4", {})]
    counted = encode.encode_all(found, prompts.get("alpaca"), tokenizer, "tiny", 200)
    assert (len(counted.examples), counted.too_long) == (2, 1)
    assert counted.rows == tuple(found[:2])
    assert counted.longest > 200


def test_rows_of_which_none_fits_are_an_error(model, tmp_path):
    _, tokenizer = model
    with pytest.raises(DataError, match="none of 2 rows fits into 10 tokens"):
        encode.encode_all(
            rows.read(write_rows(tmp_path / "rows.jsonl", 2)), prompts.get("alpaca"), tokenizer, "tiny", 10
        )


def test_an_adapter_is_trained_packed_in_bfloat16_and_saved_so(model, examples, tmp_path):
    settings = {
        "lora": 4,
        "bf16": True,
        "gradient_checkpointing": True,
        "packing": True,
        "max_length": 400,
        "micro_batch": 1,
    }
    result = train(model, examples, replace(TINY, **settings, batch=1), tmp_path / "out")
    saved = weights(tmp_path / "out")
    assert {tensor.dtype for tensor in saved.values()} == {torch.bfloat16}
    assert any(tensor.abs().sum() > 0 for name, tensor in saved.items() if "lora_B" in name), (
        "B starts at zero: it has learnt"
    )
    assert result["loss"] > 0
