"""A model of a few thousand parameters and a tokenizer, made in place, for tests of the training."""

import json

SENTENCES = [
    "Below is an instruction that describes a task. Write a response that appropriately completes the request.",
    "### Instruction: ### Response: Let's write a program. print(apples) apples = 1 + 2 The answer is 0123456789.",
    "How many apples are there in a box with two rows of three? Tom has 4 apples and buys 7 more.",
]


def make_tokenizer(folder):
    """A byte-level BPE tokenizer with an end token and no padding token."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<end>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES * 3, trainer)
    made = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>")
    made.save_pretrained(folder)
    return made


def make_model(folder, hidden=32, context=512):
    """A Llama of two layers beside its tokenizer; the folder loads like any checkpoint."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = make_tokenizer(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=hidden, intermediate_size=2 * hidden, num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=context, eos_token_id=tokenizer.eos_token_id,
        tie_word_embeddings=True,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    return tokenizer


def write_rows(path, count=8):
    """Rows of both kinds about apples."""
    lines = []
    for number in range(count):
        kind = "PoT" if number % 2 else "CoT"
        ask = " Let's write a program." if number % 2 else ""
        output = (
            f"apples = {number} + 2\nprint(apples)"
            if number % 2
            else f"Tom has {number} + 2. The answer is {number + 2}"
        )
        question = f"Tom has {number} apples and buys 2 more. How many apples has Tom?"
        lines.append(json.dumps({"source": f"{kind}/apples", "instruction": question + ask, "output": output}))
    path.write_text("\n".join(lines) + "\n")
    return path
