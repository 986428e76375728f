"""``--max-tokens auto``: as many new tokens as the model's makers recommend, and no more than the context holds.

Engines lower it further for each prompt to what the context leaves behind it.
"""

from __future__ import annotations

import re

from mammoth_eval.asking.choice import Chosen
from mammoth_eval.asking.model_files import ModelFiles

UNKNOWN = 32_768
"""New tokens where neither a recommendation nor the context is known: a server says itself what does not fit."""
MATHARENA = "as in MathArena's evaluations"
RECOMMENDED = (
    (re.compile(r"mammoth(?!2|-?vl)"), 1500, "as in the paper's commands"),
    (re.compile(r"qwen2(\.5)?-math"), 2048, "as in its authors' evaluation"),
    (re.compile(r"deepseek-math-7b"), 1024, "as in its authors' evaluation"),
    (re.compile(r"(?<![a-z])tora(?![a-z])"), 1024, "as in its authors' evaluation"),
    (re.compile(r"qwen3.*2507"), 81_920, MATHARENA),
    (re.compile(r"qwen3\.5"), 65_536, MATHARENA),
    (re.compile(r"qwen3|qwq|limo|openthinker|(?<![a-z])s1\b"), 32_000, MATHARENA),
    (re.compile(r"deepseek-r1-0528|deepseek-reasoner|deepseek-v3\.[12]"), 64_000, MATHARENA),
    (re.compile(r"deepseek-r1|deepseek-v3"), 32_000, MATHARENA),
    (re.compile(r"gpt-oss"), 128_000, MATHARENA),
    (re.compile(r"phi-4-reasoning"), 30_000, MATHARENA),
    (re.compile(r"glm-4\.[67]"), 122_880, MATHARENA),
    (re.compile(r"glm-4\.5"), 81_920, MATHARENA),
)
"""What those who made or measured a model gave it, by its name in lower case.

MathArena: configs/models of eth-sri/matharena at e927660; the others: the sources named in ``prompts/``.
"""


def choose(files: ModelFiles) -> Chosen:
    """The new tokens of one completion, with the reason in words."""
    wanted, reason = _recommended(files)
    if files.context is None or files.context >= wanted:
        return Chosen("max_tokens", wanted, reason)
    return Chosen("max_tokens", files.context, f"the model's context, below {wanted} ({reason})")


def _recommended(files: ModelFiles) -> tuple[int, str]:
    if files.new_tokens:
        return files.new_tokens, "max_new_tokens of its generation_config.json"
    for name in files.names:
        for pattern, tokens, source in RECOMMENDED:
            if pattern.search(name.lower()):
                return tokens, f"{name}, {source}"
    if files.context:
        return files.context, "the model's context; nothing is recommended"
    return UNKNOWN, "nothing is known of the model; less where its context is shorter"
