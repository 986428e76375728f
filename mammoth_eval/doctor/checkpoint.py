"""What a checkpoint's own files say, held against how it will be asked.

Its chat template, its start and end tokens, the sampling that its authors recommend, its context, its adapter. What
goes wrong here gives no error: the model answers, worse, or does not stop.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mammoth_eval import thoughts
from mammoth_eval.doctor.finding import Finding
from mammoth_eval.engines import checkpoint
from mammoth_eval.engines.importing import import_transformers
from mammoth_eval.engines.tokens import dialogue_text, prompt_text, prompt_tokens
from mammoth_eval.errors import ModelError
from mammoth_eval.models import ADAPTER, Model
from mammoth_eval.types import Message, Query, Sampling

NEUTRAL: Mapping[str, tuple[object, ...]] = {
    "temperature": (1.0,),
    "top_p": (1.0,),
    "top_k": (0, -1, 50),  # 50: what transformers writes where nothing is chosen
    "min_p": (0.0,),
    "repetition_penalty": (1.0,),
    "presence_penalty": (0.0,),
    "frequency_penalty": (0.0,),
}
"""Settings of ``generation_config.json`` that move a text, with the values that move nothing."""
ANSWER = "ANSWER-OF-THE-MODEL"
"""A turn of the model in the trial of its template."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model's files, without its weights."""

    name: str
    tokenizer: Any
    context: int | None
    """Tokens of prompt and answer together; None where the configuration does not say."""
    generation: Mapping[str, Any]
    """``generation_config.json``; empty where there is none."""
    adapter: Mapping[str, Any]
    """``adapter_config.json``; empty where there is no adapter."""

    @property
    def ends(self) -> frozenset[int]:
        """The tokens that end an answer, as the engines take them: of the generation settings and the tokenizer."""
        named = self.generation.get("eos_token_id")
        ids = named if isinstance(named, list) else [named]
        return frozenset(one for one in (*ids, self.tokenizer.eos_token_id) if one is not None)


def load(model: Model) -> Checkpoint:
    """The files of `model`, of which the hub's are downloaded. Raises `ModelError`."""
    transformers = import_transformers()
    revision = model.options.get("revision")
    checkpoint.check(model.location, revision)
    try:
        tokenizer: Any = transformers.AutoTokenizer.from_pretrained(model.location, revision=revision)
        config = transformers.AutoConfig.from_pretrained(model.location, revision=revision)
    except (OSError, ValueError, KeyError) as error:
        said = (str(error).strip() or repr(error)).splitlines()[0]
        raise ModelError(f"{model.name}: its tokenizer or configuration cannot be read: {said}") from error
    context = getattr(config.get_text_config(), "max_position_embeddings", None)
    folder = checkpoint.snapshot(model.location, revision)
    generation = _read(folder / "generation_config.json")
    return Checkpoint(
        model.name, tokenizer, context, generation, _read(Path(model.adapter) / ADAPTER) if model.adapter else {}
    )


def _read(path: Path) -> Mapping[str, Any]:
    """A JSON object; empty where there is no such file. Raises `ModelError`."""
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read: {error}") from error
    return content if isinstance(content, dict) else {}


def findings(model: Checkpoint, query: Query, sampling: Sampling) -> list[Finding]:
    """One for each thing that can be wrong with asking `query` of the model. Raises `ModelError` of its template."""
    return [
        _thoughts(model, query, sampling.thinking),
        _start(model, query, sampling.thinking),
        _end(model, query, sampling),
        _recommended(model),
        _context(model, query, sampling),
        *([_adapter(model)] if model.adapter else []),
    ]


def _thoughts(model: Checkpoint, query: Query, thinking: str) -> Finding:
    template = str(getattr(model.tokenizer, "chat_template", None) or "")
    form = thoughts.of_template(template, sorted(model.tokenizer.get_added_vocab()))
    if form is None:
        return Finding("thoughts", "ok", "no mark of a thought in template or tokens", facts={"form": None})
    prompt = prompt_text(query, model.tokenizer, model.name, thinking)
    opened = thoughts.opened_by(prompt, form)
    closed = not opened and prompt.rstrip().endswith(form.closing.strip())
    facts = {"form": form.name, "opened_by_template": opened, "closed_by_template": closed}
    if closed:
        text = f"form {form.name}; the template closes the thought before it begins: the model does not think"
        return Finding("thoughts", "ok" if thinking == "off" else "warn", text, facts=facts)
    text = f"form {form.name}" + (", opened by the template" if opened else "")
    return Finding("thoughts", "ok", text, facts=facts)


def _start(model: Checkpoint, query: Query, thinking: str) -> Finding:
    tokens, start = prompt_tokens(query, model.tokenizer, model.name, thinking), model.tokenizer.bos_token_id
    count = 0
    while start is not None and count < len(tokens) and tokens[count] == start:
        count += 1
    by_itself = start is not None and model.tokenizer.encode("x")[:1] == [start]
    facts = {"token": model.tokenizer.bos_token, "times": count, "added_by_tokenizer": by_itself}
    name = model.tokenizer.bos_token
    if count > 1:
        advice = "leave it out of the prompt or the template: the tokenizer adds it"
        return Finding("start token", "warn", f"{name} stands {count} times before the prompt", advice, facts)
    if by_itself and not count:
        advice = "the model was trained with it: the chat template leaves it out"
        return Finding("start token", "warn", f"{name} does not stand before the prompt", advice, facts)
    return Finding("start token", "ok", f"{name} once" if count else "none, as the tokenizer wants it", facts=facts)


def _end(model: Checkpoint, query: Query, sampling: Sampling) -> Finding:
    named = sorted(str(model.tokenizer.convert_ids_to_tokens(one)) for one in model.ends)
    facts: dict[str, object] = {"tokens": named, "ids": sorted(model.ends)}
    ends = " or ".join(named) or "no token"
    if not query.chat:
        return Finding("end tokens", "ok" if named else "warn", f"{ends} ends an answer", facts=facts)
    turn = _behind_a_turn(model, query)
    facts["turn"] = turn
    first = model.tokenizer.encode(turn, add_special_tokens=False)[:1]
    if not turn.strip() or set(first) <= model.ends or turn.strip() in sampling.stop:
        return Finding("end tokens", "ok", f"{ends} ends an answer", facts=facts)
    mark = model.tokenizer.decode(first)
    text = f"the template ends a turn with {mark}, and {ends} ends an answer: the model may not stop"
    return Finding("end tokens", "warn", text, f"--stop '{mark}'", facts)


def _behind_a_turn(model: Checkpoint, query: Query) -> str:
    """What the chat template writes behind a turn of the model; empty where it cannot be told."""
    dialogue = (*query.messages, Message("assistant", ANSWER))
    try:
        text = dialogue_text(dialogue, model.tokenizer, model.name, opened=False)
    except ModelError:
        return ""
    return text.rpartition(ANSWER)[2] if ANSWER in text else ""


def _recommended(model: Checkpoint) -> Finding:
    values = {name: value for name in NEUTRAL if (value := model.generation.get(name)) is not None}
    moved = {name: value for name, value in values.items() if value not in NEUTRAL[name]}
    if not moved:
        return Finding("sampling", "ok", "its files recommend none of its own", facts={"recommended": {}})
    text = "its files recommend " + ", ".join(f"{name} {value}" for name, value in moved.items())
    advice = "not taken by itself: every field is sent, by default greedy and without penalties"
    return Finding("sampling", "ok", text, advice, {"recommended": moved})


def _context(model: Checkpoint, query: Query, sampling: Sampling) -> Finding:
    used = len(prompt_tokens(query, model.tokenizer, model.name, sampling.thinking))
    facts = {"context": model.context, "prompt": used, "max_tokens": sampling.max_tokens}
    if model.context is None:
        return Finding("context", "ok", "the configuration does not say", facts=facts)
    text = f"{model.context} tokens; this prompt has {used}, an answer up to {sampling.max_tokens}"
    if used + sampling.max_tokens > model.context:
        return Finding("context", "warn", text, f"--max-tokens {max(1, model.context - used)} or fewer", facts)
    return Finding("context", "ok", text, facts=facts)


def _adapter(model: Checkpoint) -> Finding:
    base, rank = model.adapter.get("base_model_name_or_path"), model.adapter.get("r")
    text = f"LoRA of rank {rank}, trained on {base}"
    return Finding("adapter", "ok", text, facts={"base": base, "rank": rank})
