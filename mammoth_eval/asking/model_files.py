"""What the small files of a model say of how it wants to be asked: chat template, special tokens, names, lengths.

Read from the model's folder, or from the hub at the pinned commit. A file that is not there or cannot be read says
nothing: the engine reads it again, and its error is the one that counts. A hub that fails is an error at once: a guess
would make the run another one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mammoth_eval import hub
from mammoth_eval.models import WEIGHTS_ENGINES, Model
from mammoth_eval.types import DRAWN

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
    special: frozenset[str] = frozenset()
    """The tokens that the tokenizer has beside its words: marks of turns among them."""
    new_tokens: int | None = None
    """``max_new_tokens`` of ``generation_config.json``."""
    sampling: Mapping[str, float] = field(default_factory=dict)
    """The values of ``generation_config.json`` for the drawing of tokens, by the names of `types.Sampling`."""
    context: int | None = None
    """Tokens of prompt and completion together."""
    trained_with: str = ""
    """The prompt style of its ``train.json``; empty where it was not trained here."""
    trained_hash: str = ""
    """The hash of that style."""


def look(model: Model, engine: str) -> ModelFiles:
    """What is known of `model`; of one behind a server only its name. Raises `ModelError` where the hub fails."""
    trained_with, trained_hash, base = (_token(model.train.get(key)) for key in ("prompt", "prompt_hash", "base"))
    if engine not in WEIGHTS_ENGINES:
        return ModelFiles((model.name,), trained_with=trained_with, trained_hash=trained_hash)
    read = _reader(model)
    config, tokenizer = _table(read("config.json")), _table(read("tokenizer_config.json"))
    generation = _table(read("generation_config.json"))
    names = (model.name, base, Path(model.location).name, str(config.get("_name_or_path") or ""))
    tokens = _table(read("tokenizer.json")) if tokenizer else {}
    start, added = _token(tokenizer.get("bos_token")), _added(tokenizer, tokens)
    return ModelFiles(
        tuple(dict.fromkeys(filter(None, names))),
        seen=bool(tokenizer or tokens),
        template=_template(read, tokenizer),
        start=start,
        adds_start=bool(start) and _adds(start, tokenizer, tokens),
        ends=frozenset(filter(None, _ends((config, generation), tokenizer, added))),
        special=frozenset(filter(None, added.values())),
        new_tokens=_count(generation.get("max_new_tokens")),
        sampling=_sampling(generation),
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
        except (OSError, ValueError):
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


def _added(tokenizer: Mapping[str, Any], tokens: Mapping[str, Any]) -> dict[str, str]:
    """The tokens beside the words: number to text, in either of the forms in which tokenizers are kept."""
    found = {str(number): _token(value) for number, value in _mapping(tokenizer.get("added_tokens_decoder")).items()}
    listed = tokens.get("added_tokens")
    items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    return found | {str(item.get("id")): _token(item) for item in items}


def _ends(tables: Sequence[Mapping[str, Any]], tokenizer: Mapping[str, Any], added: Mapping[str, str]) -> Iterator[str]:
    """The texts of the tokens that end a completion: by name in the tokenizer, by number in `tables`."""
    yield _token(tokenizer.get("eos_token"))
    for table in tables:
        numbers = table.get("eos_token_id")
        for number in numbers if isinstance(numbers, list) else [numbers]:
            yield added.get(str(number), "")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _context(config: Mapping[str, Any], asked: object) -> int | None:
    """The context in force: what the engine is told, else the model's own."""
    if found := _count(asked):
        return found
    tables = (config, _mapping(config.get("text_config")))
    return next((found for table in tables for name in CONTEXTS if (found := _count(table.get(name)))), None)


def _sampling(generation: Mapping[str, Any]) -> dict[str, float]:
    """How its makers draw tokens of a model: ``do_sample`` false is greedy; with it alone the temperature is 1."""
    found = {name: value for name in DRAWN if (value := _number(generation.get(name))) is not None}
    if "top_k" in found:
        found["top_k"] = max(0, int(found["top_k"]))  # -1 is another word for all tokens
    if generation.get("do_sample") is False:
        return {name: value for name, value in found.items() if name.endswith("penalty")} | {"temperature": 0.0}
    if generation.get("do_sample") or found.keys() & {"top_p", "top_k", "min_p"}:
        found.setdefault("temperature", 1.0)
    return found


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if is_number else None  # type: ignore[return-value]


def _count(value: object) -> int | None:
    """A number of tokens; None for what is none."""
    try:
        found = int(str(value))
    except ValueError:
        return None
    return found if 0 < found < 1 << 31 else None
