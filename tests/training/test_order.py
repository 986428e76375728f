"""The order of a training's rows: the same after a kill, in whatever epoch and with whatever micro batch."""

import random
from dataclasses import replace

import pytest
from train_tools import make_model, write_rows

from mammoth_eval import prompts
from mammoth_eval.training import encode, rows, sft
from mammoth_eval.training.order import Order
from mammoth_eval.training.recipe import Recipe

TWENTY_FOUR = Recipe(
    learning_rate=1e-2, epochs=3, batch=4, micro_batch=2, max_length=200, bf16=False, gradient_checkpointing=False,
    save_steps=4, log_steps=1, scheduler="constant", warmup=0.0,
)  # fmt: skip


def epochs_of(order, count=3):
    found = []
    for epoch in range(count):
        order.epoch = epoch
        found.append(list(order))
    return found


@pytest.mark.parametrize("lengths", [[], [length % 7 for length in range(50)]], ids=["packed", "by length"])
def test_every_epoch_has_every_row_once_in_another_order(lengths):
    found = epochs_of(Order(50, 0, batch=4, lengths=lengths))
    assert [sorted(places) for places in found] == [list(range(50))] * 3
    assert found[0] != found[1] != found[2] != found[0]


def test_an_epoch_is_drawn_alike_whichever_was_drawn_before_it():
    whole, late = epochs_of(Order(50, 7, batch=4)), Order(50, 7, batch=4)
    late.epoch = 2
    assert list(late) == whole[2]
    assert list(Order(50, 8, batch=4)) != whole[0]


def test_rows_of_one_length_stand_together_and_the_longest_comes_first():
    lengths = [random.Random(place).randrange(1, 500) for place in range(400)]
    found = list(Order(400, 0, batch=4, lengths=lengths))
    assert lengths[found[0]] == max(lengths)
    batches = [[lengths[place] for place in found[start : start + 4]] for start in range(0, 400, 4)]
    padding = sum(max(batch) - length for batch in batches for length in batch)
    assert padding < 0.1 * sum(lengths)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    pytest.importorskip("trl", reason="trl is not installed: make test installs it")
    pytest.importorskip("peft", reason="peft is not installed: make test installs it")
    folder = tmp_path_factory.mktemp("model")
    return folder, make_model(folder)


def batches(model, recipe, out, killed_at=None):
    """The rows of each micro batch of a training, which goes on where it was killed; one is read ahead."""
    folder, tokenizer = model
    found = rows.read(write_rows(out.parent / "rows.jsonl", 24))
    examples = encode.encode_all(found, prompts.get("alpaca"), tokenizer, "tiny", 200).examples
    places = {tuple(example.input_ids): place for place, example in enumerate(examples)}

    def tell(line):
        if line.startswith(f"step {killed_at}/"):
            raise KeyboardInterrupt

    trainer = sft.make_trainer(sft.Base(str(folder), tokenizer, "tiny"), examples, recipe, 0, out, tell)
    collate, seen = trainer.data_collator, []

    def noted(batch):
        seen.append([places.get(tuple(row["input_ids"]), tuple(row["input_ids"])) for row in batch])
        return collate(batch)

    trainer.data_collator = noted
    last = sft._last_checkpoint(out)
    if killed_at is None:
        trainer.train(resume_from_checkpoint=last)
    else:
        with pytest.raises(KeyboardInterrupt):
            trainer.train(resume_from_checkpoint=last)
    return seen


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("killed_at", "micro", "packing"),
    [(10, 2, False), (17, 2, False), (6, 2, False), (13, 2, False), (10, 1, False), (10, 2, True)],
    ids=["second epoch", "third epoch", "end of an epoch", "start of an epoch", "another micro batch", "packed"],
)
def test_a_training_killed_in_any_epoch_goes_on_with_the_batches_of_one_that_was_not(
    model, tmp_path, killed_at, micro, packing
):
    recipe = replace(TWENTY_FOUR, packing=packing, **({"batch": 2, "max_length": 200} if packing else {}))
    whole = [place for batch in batches(model, recipe, tmp_path / "whole") for place in batch]
    batches(model, recipe, tmp_path / "resumed", killed_at)
    done = int(sft._last_checkpoint(tmp_path / "resumed").rpartition("-")[2]) * recipe.batch
    rest = [
        place for batch in batches(model, replace(recipe, micro_batch=micro), tmp_path / "resumed") for place in batch
    ]
    assert rest == whole[done:]
    assert rest, "something was left to do"
