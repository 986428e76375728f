"""Single steps of TRL's GRPOTrainer with our reward, on a model of a few thousand parameters made on the spot.

A process of its own, for TRL imports vllm where that is installed: ``python grpo_step.py FOLDER STEPS``, where STEPS is
JSON: for each step its golds, one for each prompt, and whether prompts are messages. Prints what was logged, as JSON.
"""

import json
import sys

import torch
import trl
from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from mammoth_eval.reward import Reward

WORDS = ["<end>", "<pad>", "<unknown>", "Pick", "a", "digit", ".", *map(str, range(10))]
TEMPLATE = "{% for message in messages %}{{ message.content }} {% endfor %}"
QUESTION = "Pick a digit ."
TWIN = 8
"""Completions of one prompt, which are compared with each other."""


def make_tokenizer():
    """One token for each word."""
    made = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="<unknown>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    names = {"eos_token": "<end>", "pad_token": "<pad>", "unk_token": "<unknown>"}
    return PreTrainedTokenizerFast(tokenizer_object=made, chat_template=TEMPLATE, **names)


def make_model(tokenizer):
    """A Llama of one layer that knows the words and nothing else."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=64, eos_token_id=0, pad_token_id=1, tie_word_embeddings=True,
    )  # fmt: skip
    return LlamaForCausalLM(config)


def step(folder, golds, conversation):
    """The rewards of one step, what was logged with them, and whether the model moved."""
    reward = Reward(gold="solution", wrong=-0.5, no_answer=-1.0, name="maths")
    tokenizer = make_tokenizer()
    model = make_model(tokenizer)
    before = torch.cat([part.detach().flatten().clone() for part in model.parameters()])
    args = trl.GRPOConfig(
        output_dir=folder, max_steps=1, per_device_train_batch_size=len(golds) * TWIN, num_generations=TWIN,
        max_completion_length=2, learning_rate=0.1, use_cpu=True, report_to=[], save_strategy="no", logging_steps=1,
        bf16=False, gradient_checkpointing=False, disable_tqdm=True, seed=0,
    )  # fmt: skip
    prompt = [{"role": "user", "content": QUESTION}] if conversation else QUESTION
    rows = Dataset.from_list([{"prompt": prompt, reward.gold: gold} for gold in golds])
    trainer = trl.GRPOTrainer(model, reward_funcs=reward, args=args, train_dataset=rows, processing_class=tokenizer)
    trainer.train()
    after = torch.cat([part.detach().flatten() for part in trainer.model.parameters()])
    table = trainer._logs
    return {
        "completions": [str(completion) for completion in table["completion"]],
        "rewards": list(table["rewards"]["maths"]),
        "answers": list(table["extra"]["maths/answer"]),
        "outcomes": list(table["extra"]["maths/outcome"]),
        "logged": trainer.state.log_history[0],
        "moved": not torch.equal(before, after),
    }


if __name__ == "__main__":
    print(json.dumps([step(sys.argv[1], *one) for one in json.loads(sys.argv[2])]))
