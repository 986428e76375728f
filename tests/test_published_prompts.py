"""Prompts of others' evaluations, to the byte.

Each hash is of what the published code itself builds for `QUESTION`: its functions (``construct_prompt`` of
Qwen2.5-Math and ToRA, ``markup_question`` of DeepSeek-Math and the loop of its ``infer``, ``doc_to_text`` and
``list_fewshot_samples`` of lm-evaluation-harness, its ``gsm8k-cot.yaml`` through Jinja, the instruction of MathArena's
YAML files through ``str.format_map``) were run at the commits that the prompt files name, and the text was hashed.
Of Llemma it is the constant ``NL_PROMPT`` and ``_doc_to_text``; Qwen's prompt for programs is its prompt for chain of
thought with the system message that its README gives for programs.
"""

import hashlib

import pytest

from mammoth_eval import presets, prompts
from mammoth_eval.types import Problem

QUESTION = (
    "If $f(x) = \\frac{3x-2}{x-2}$ and $\\{a, b\\} \\subset \\mathbb{R}$, what is $f(-2) + f(-1)$?\n"
    "Express your answer as a common fraction: 5% of {{ it }}."
)
PUBLISHED = {
    ("qwen-math", "cot", "math"): "35dc2cc01696e2217a8496ceb4d78e9f773012504bc7df8a7bec910533dd0b6d",
    ("qwen-math", "pot", "math"): "cfd68c6c4a871121f9d2fee650e5ca03b7cbc18fcd41178025a1d722e143a546",
    ("deepseek-math", "cot", "math"): "df59fd59919d2477760daea59cd7fe9278cdcb190a741864524f89505fe83bee",
    ("deepseek-math", "pot", "math"): "c2503be89fe18d833e04cce431dac73b7f57c27d18b7cb64162c6b55e20efef0",
    ("tora", "cot", "math"): "c10c9c59e344c3d6cd33d393bbe8035b0caf2caabaa61d35a93a2977afa51bb8",
    ("tora", "pot", "gsm8k"): "c10c9c59e344c3d6cd33d393bbe8035b0caf2caabaa61d35a93a2977afa51bb8",
    ("llemma", "cot", "math"): "903319b113a209992277f56cef706b4413b64d2f1a697bb2300c697b252473b8",
    ("lm-eval", "cot", "math"): "98af1929fac66aae0b930661faa3ed9a2939447bdd1b26225cc26fc02ca24065",
    ("lm-eval", "cot", "gsm8k"): "b0f60f16b128eebaabf2bab5523933d652e8e51d12db32b930d10e1e5a61d8b9",
    ("matharena", "cot", "aime24"): "67d6b03eaade398d80f73872297c4639091f5bc86c09d66ccecd9f69e8136826",
    ("matharena", "cot", "olympiadbench"): "2dc0eaa9ea0dd11ddbdb487365226cdee1aecfad1f74335387e9da7e73722536",
}
STOPS = {
    ("qwen-math", "cot"): ("</s>", "<|im_end|>", "<|endoftext|>"),
    ("qwen-math", "pot"): ("</s>", "<|im_end|>", "<|endoftext|>", "```output"),
    ("deepseek-math", "cot"): (),
    ("deepseek-math", "pot"): ("```output",),
    ("tora", "pot"): ("</s>", "```output"),
    ("llemma", "cot"): ("I hope it is correct.",),
    ("lm-eval", "cot"): ("Q:", "</s>", "<|im_end|>", "Problem:"),
    ("matharena", "cot"): (),
}


@pytest.mark.parametrize(
    ("case", "digest"), PUBLISHED.items(), ids=lambda value: ".".join(value) if len(value) == 3 else ""
)
def test_a_published_prompt_is_what_its_source_asks(case, digest):
    style, method, benchmark = case
    query = prompts.get(style).query(Problem("x/0", benchmark, QUESTION, "1"), method)
    assert hashlib.sha256(query.shown.encode()).hexdigest() == digest


@pytest.mark.parametrize(("case", "stops"), STOPS.items(), ids=".".join)
def test_a_published_prompt_stops_where_its_source_does(case, stops):
    style, method = case
    assert prompts.get(style).stops(method) == stops


@pytest.mark.parametrize("name", sorted({style for style, *_ in PUBLISHED}))
def test_a_published_prompt_names_its_source_and_has_a_preset(name):
    assert " at " in prompts.get(name).origin
    assert presets.get(name).prompt == name
