"""What the small files of a model say of how it wants to be asked: chat template, special tokens, names, lengths.

Read from the model's folder, or from the hub at the pinned commit. A file that is not there or cannot be read says
nothing: the engine reads it again, and its error is the one that counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mammoth_eval import hub
from mammoth_eval.errors import UsageError
from mammoth_eval.models import WEIGHTS_ENGINES, Model

CONTEXTS = ("max_position_embeddings", "max_sequence_length", "max_seq_len", "seq_length", "n_positions", "n_ctx")
"""Names that configurations have for the length of the context."""
Read = Callable[[str], str]
"""The text of one file by name; empty where it is not there."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """What is known of a model without loading it."""

    names: tuple[str, ...]
    """What it is called, the nearest name first: its own, its base's, the one that its configuration notes."""
    seen: bool = False
    """Whether its tokenizer's files could be read; if not, only names and training are known."""
    template: str = ""
    """The chat template; empty where there is none."""
    start: str = ""
    """The token that begins a text (BOS); empty for none."""
    adds_start: bool = False
    """Whether the tokenizer puts it before a text by itself."""
    ends: frozenset[str] = frozenset()
    """The tokens that end a completion."""
    new_tokens: int | None = None
    """``max_new_tokens`` of ``generation_config.json``."""
    context: int | None = None
    """Tokens of prompt and completion together."""
    trained_with: str = ""
    """The prompt style of its ``train.json``; empty where it was not trained here."""
    trained_hash: str = ""
    """The hash of that style."""


def look(model: Model, engine: str) -> ModelFiles:
    """What is known of `model`; of one behind a server only its name."""
    trained_with, trained_hash, base = (_token(model.train.get(key)) for key in ("prompt", "prompt_hash", "base"))
    if engine not in WEIGHTS_ENGINES:
        return ModelFiles((model.name,), trained_with=trained_with, trained_hash=trained_hash)
    read = _reader(model)
    config, tokenizer = _table(read("config.json")), _table(read("tokenizer_config.json"))
    generation = _table(read("generation_config.json"))
    names = (model.name, base, Path(model.location).name, str(config.get("_name_or_path") or ""))
    tokens = _table(read("tokenizer.json")) if tokenizer else {}
    start = _token(tokenizer.get("bos_token"))
    return ModelFiles(
        tuple(dict.fromkeys(filter(None, names))),
        seen=bool(tokenizer or tokens),
        template=_template(read, tokenizer),
        start=start,
        adds_start=bool(start) and _adds(start, tokenizer, tokens),
        ends=frozenset(filter(None, _ends(config, generation, tokenizer, tokens))),
        new_tokens=_count(generation.get("max_new_tokens")),
        context=_context(config, model.options.get("max_model_len")),
        trained_with=trained_with,
        trained_hash=trained_hash,
    )


def _reader(model: Model) -> Read:
    """How the files of `model` are read; the option `tokenizer` may name another place for the tokenizer's."""
    place = Path(str(model.options.get("tokenizer") or model.location)).expanduser()
    pinned = model.pins[0] if model.pins and model.location.partition(":")[0] == model.pins[0].name else None

    def read(name: str) -> str:
        folder = place if "token" in name or "template" in name else Path(model.location)
        try:
            path = folder / name if folder.is_dir() else hub.file(pinned, name) if pinned else None
            return path.read_text(encoding="utf-8") if path and path.is_file() else ""
        except (OSError, ValueError, UsageError):
            return ""

    return read


def _table(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _template(read: Read, tokenizer: Mapping[str, Any]) -> str:
    """The chat template, wherever this generation of tokenizers keeps it; of several named ones the default."""
    beside = read("chat_template.jinja") or _table(read("chat_template.json")).get("chat_template")
    found = beside or tokenizer.get("chat_template")
    if isinstance(found, list):
        named = {str(item.get("name")): item.get("template") for item in found if isinstance(item, dict)}
        found = named.get("default") or next(iter(named.values()), "")
    return found if isinstance(found, str) else ""


def _token(value: object) -> str:
    """A special token as a tokenizer's configuration writes it: a text, or a table with its ``content``."""
    content = value.get("content") if isinstance(value, dict) else value
    return content if isinstance(content, str) else ""


def _adds(start: str, tokenizer: Mapping[str, Any], tokens: Mapping[str, Any]) -> bool:
    """Whether the tokenizer begins every text with `start`.

    The post-processor of ``tokenizer.json`` says so, else ``add_bos_token``, which tokenizers of Llama's kind default
    to true.
    """
    processor = tokens.get("post_processor")
    if isinstance(processor, dict):
        return json.dumps(start) in json.dumps(processor, ensure_ascii=False) or start in json.dumps(processor)
    said = tokenizer.get("add_bos_token")
    kind = str(tokenizer.get("tokenizer_class") or "")
    return bool(said) if said is not None else kind.startswith(("Llama", "CodeLlama", "Gemma"))


def _ends(*tables: Mapping[str, Any]) -> Iterator[str]:
    """The texts of the tokens that end a completion: by name in the tokenizer's configuration, by number elsewhere."""
    config, generation, tokenizer, tokens = tables
    yield _token(tokenizer.get("eos_token"))
    texts = {str(number): _token(value) for number, value in _mapping(tokenizer.get("added_tokens_decoder")).items()}
    added = tokens.get("added_tokens")
    for item in added if isinstance(added, list) else ():
        if isinstance(item, dict):
            texts[str(item.get("id"))] = _token(item)
    for table in (config, generation):
        numbers = table.get("eos_token_id")
        for number in numbers if isinstance(numbers, list) else [numbers]:
            yield texts.get(str(number), "")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _context(config: Mapping[str, Any], asked: object) -> int | None:
    """The context in force: what the engine is told, else the model's own."""
    if found := _count(asked):
        return found
    tables = (config, _mapping(config.get("text_config")))
    return next((found for table in tables for name in CONTEXTS if (found := _count(table.get(name)))), None)


def _count(value: object) -> int | None:
    """A number of tokens; None for what is none."""
    try:
        found = int(str(value))
    except ValueError:
        return None
    return found if 0 < found < 1 << 31 else None
