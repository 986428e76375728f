"""A step of TRL's GRPOTrainer on a random model of a few thousand parameters, with our reward."""

import math

import pytest

from mammoth_eval.reward import Reward

torch = pytest.importorskip("torch", reason="torch is not installed: make setup ARGS=--train")
trl = pytest.importorskip("trl", reason="trl is not installed: make setup ARGS=--train")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # what these libraries warn of is theirs

WORDS = ["<end>", "<pad>", "<unknown>", "Pick", "a", "digit", ".", *map(str, range(10))]
TEMPLATE = "{% for message in messages %}{{ message.content }} {% endfor %}"
QUESTION = "Pick a digit ."
TWIN = 8
"""Completions of one prompt, which are compared with each other."""


def make_tokenizer():
    """One token for each word."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="<unknown>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    names = {"eos_token": "<end>", "pad_token": "<pad>", "unk_token": "<unknown>"}
    return PreTrainedTokenizerFast(tokenizer_object=made, chat_template=TEMPLATE, **names)


def make_model(tokenizer):
    """A Llama of one layer that knows the words and nothing else."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=64, eos_token_id=0, pad_token_id=1, tie_word_embeddings=True,
    )  # fmt: skip
    return LlamaForCausalLM(config)


def step(folder, reward, prompt, golds):
    """The trainer after one step, the model's parameters before it, and after."""
    from datasets import Dataset

    tokenizer = make_tokenizer()
    model = make_model(tokenizer)
    before = torch.cat([part.detach().flatten().clone() for part in model.parameters()])
    args = trl.GRPOConfig(
        output_dir=str(folder), max_steps=1, per_device_train_batch_size=len(golds) * TWIN, num_generations=TWIN,
        max_completion_length=2, learning_rate=0.1, use_cpu=True, report_to=[], save_strategy="no", logging_steps=1,
        seed=0,
        bf16=False, gradient_checkpointing=False, disable_tqdm=True,
    )  # fmt: skip
    rows = Dataset.from_list([{"prompt": prompt, reward.gold: gold} for gold in golds])
    trainer = trl.GRPOTrainer(
        model=model, reward_funcs=reward, args=args, train_dataset=rows, processing_class=tokenizer
    )
    trainer.train()
    return trainer, before, torch.cat([part.detach().flatten() for part in trainer.model.parameters()])


@pytest.mark.parametrize("prompt", [QUESTION, [{"role": "user", "content": QUESTION}]], ids=["text", "conversation"])
def test_a_step_of_grpo_takes_our_rewards_and_moves_the_model(tmp_path, prompt):
    digits = [[str(digit) for digit in range(5)], [str(digit) for digit in range(5, 10)]]
    reward = Reward(gold="solution", wrong=-0.5, no_answer=-1.0, name="maths")
    trainer, before, after = step(tmp_path, reward, prompt, digits)
    logs, table = trainer.state.log_history[0], trainer._logs
    rewards, answers, outcomes = (
        table["rewards"]["maths"],
        table["extra"]["maths/answer"],
        table["extra"]["maths/outcome"],
    )
    assert len(rewards) == 2 * TWIN
    assert {"correct", "wrong"} <= set(outcomes)
    assert list(rewards) == [reward.value(outcome) for outcome in outcomes]
    assert logs["rewards/maths/mean"] == pytest.approx(sum(rewards) / len(rewards))
    for completion, answer in zip(table["completion"], answers, strict=True):
        assert answer is None or answer in str(completion)
    assert not torch.equal(before, after)


def test_a_completion_that_cannot_be_graded_moves_nothing(tmp_path):
    trainer, before, after = step(tmp_path, Reward(gold="solution"), QUESTION, [None, None])
    assert all(math.isnan(value) for value in trainer._logs["rewards"]["mammoth_eval"])
    assert trainer.state.log_history[0]["mammoth_eval/faults"] == 1.0
    assert torch.equal(before, after)
