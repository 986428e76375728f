"""Folders of models of which no more is there than what a test reads: the small files, or the head of the weights."""

import json

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
LLAMA3 = (
    "{{ bos_token }}{% for message in messages %}<|start_header_id|>{{ message.role }}<|end_header_id|>\n\n"
    "{{ message.content | trim }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
MISTRAL = (
    "{{ bos_token }}{% for message in messages %}{% if message.role == 'user' %}[INST] {{ message.content }} [/INST]"
    "{% else %}{{ message.content }}{{ eos_token }}{% endif %}{% endfor %}"
)
ZEPHYR = (
    "{% for message in messages %}<|{{ message.role }}|>\n{{ message.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
"""Ends no turn with a token of its own."""
QWEN3 = CHATML.removesuffix("{% endif %}") + (
    "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
DEEPSEEK = (
    "{% if not thinking is defined %}{% set thinking = false %}{% endif %}{{ bos_token }}"
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}{{ eos_token }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% if thinking %}<think>{% else %}</think>{% endif %}{% endif %}"
)
"""DeepSeek-V3.1's way: no thinking where nothing is said."""
HARMONY = (
    "{%- if reasoning_effort is not defined %}{%- set reasoning_effort = 'medium' %}{%- endif %}"
    "<|start|>system<|message|>Reasoning: {{ reasoning_effort }}<|end|>"
    "{% for message in messages %}<|start|>{{ message.role }}<|message|>{{ message.content }}"
    "{% if loop.last and message.role == 'assistant' %}<|return|>{% else %}<|end|>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant{% endif %}"
)
NEVER_THINKS = CHATML.removesuffix("{% endif %}") + "<think>\n\n</think>\n\n{% endif %}"


def write(folder, template="", **tokenizer):
    """A model's folder.

    `config`, `generation` and `train` among the named are files of their own; `jinja` is a template in its own file.
    """
    folder.mkdir(parents=True)
    files = {"config.json": tokenizer.pop("config", {"max_position_embeddings": 4096})}
    for name, file in (("generation", "generation_config.json"), ("train", "train.json"), ("tokens", "tokenizer.json")):
        if name in tokenizer:
            files[file] = tokenizer.pop(name)
    if jinja := tokenizer.pop("jinja", ""):
        (folder / "chat_template.jinja").write_text(jinja, encoding="utf-8")
    table = {"eos_token": "</s>", **tokenizer, **({"chat_template": template} if template else {})}
    files["tokenizer_config.json"] = table
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder


def thinking_copy(folder, to, **generation):
    """A copy of the default model that thinks as DeepSeek-R1 does: its template opens a thought.

    The marks are tokens of their own, as parsers of servers expect it: two that the tokenizer holds in reserve take
    their names. `generation` is what ``generation_config.json`` recommends besides.
    """
    to.mkdir()
    for path in folder.iterdir():
        if path.suffix == ".safetensors":
            (to / path.name).symlink_to(path)
        else:
            text = path.read_text(encoding="utf-8")
            (to / path.name).write_text(text.replace("<gh_stars>", "<think>").replace("<file_sep>", "</think>"))
    tokens = json.loads((to / "tokenizer.json").read_text())
    for token in tokens["added_tokens"]:
        token["special"] = token["special"] and "think" not in token["content"]
    (to / "tokenizer.json").write_text(json.dumps(tokens))
    (to / "chat_template.jinja").write_text(CHATML.replace("assistant\\n'", "assistant\\n<think>\\n'"))
    kept = json.loads((to / "generation_config.json").read_text())
    (to / "generation_config.json").write_text(json.dumps({**kept, **generation}))
    return to


def huge(path, dtype="F32", numbers=1 << 44):
    """A model folder whose weights file says in its head that it holds `numbers` numbers."""
    size = numbers * {"F32": 4, "BF16": 2, "U8": 1}[dtype]
    head = json.dumps(
        {"__metadata__": {}, "w": {"dtype": dtype, "shape": [2, numbers // 2], "data_offsets": [0, size]}}
    ).encode()
    (path / "model.safetensors").write_bytes(len(head).to_bytes(8, "little") + head)
    (path / "config.json").write_text('{"model_type": "llama"}')
    return str(path)
