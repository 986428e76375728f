"""One batch of the engine `transformers`: which rows go together, when each ends, how each is drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mammoth_eval.engines.transformers_draw import Answer, Row, draw
from mammoth_eval.engines.transformers_load import Loaded
from mammoth_eval.types import Sampling

TAIL = 16
"""New tokens decoded again at each step in search of a stop text, beyond the stop's own length in characters."""


def next_batch(rows: list[Row], size: int) -> tuple[list[Row], list[Row]]:
    """Up to `size` rows drawn alike and of like length, the longest waiting among them; and the rows that are left."""
    rows = [row for row in rows if not row.cancelled]
    if not rows:
        return [], []
    first = rows[0]
    alike = [row for row in rows if _way(row.sampling) == _way(first.sampling)]
    alike.sort(key=lambda row: abs(len(row.tokens) - len(first.tokens)))
    batch = alike[:size]
    chosen = set(map(id, batch))
    return batch, [row for row in rows if id(row) not in chosen]


def _way(sampling: Sampling) -> Sampling:
    """The sampling without what may differ from row to row."""
    return replace(sampling, max_tokens=0, stop=(), seed=0, thoughts="", thinking_budget=0, thinking="")


def decode_batch(loaded: Loaded, batch: list[Row]) -> list[Answer]:
    """Decode the rows together; their answers in the same order."""
    import torch
    from transformers import GenerationConfig

    width = max(len(row.tokens) for row in batch)
    padded = [[loaded.pad] * (width - len(row.tokens)) + row.tokens for row in batch]
    mask = [[0] * (width - len(row.tokens)) + [1] * len(row.tokens) for row in batch]
    device = loaded.model.device
    settings = GenerationConfig(  # type: ignore[no-untyped-call]
        max_new_tokens=max(row.limit for row in batch),
        do_sample=False,
        pad_token_id=loaded.pad,
        eos_token_id=sorted(loaded.ends),
    )
    with torch.inference_mode():
        output = loaded.model.generate(
            input_ids=torch.tensor(padded, device=device),
            attention_mask=torch.tensor(mask, device=device),
            generation_config=settings,
            logits_processor=draw(batch, device, width),
            stopping_criteria=[_ender(loaded, batch, width)],
        )
    return [_read(loaded, row, new) for row, new in zip(batch, output[:, width:].tolist(), strict=True)]


def _read(loaded: Loaded, row: Row, new: list[int]) -> Answer:
    """What a row of the output says: up to its end token, its limit, its first stop."""
    end = next((at for at, token in enumerate(new[: row.limit]) if token in loaded.ends), None)
    kept = new[: row.limit] if end is None else new[:end]
    spent = len(kept) + (end is not None)
    text = loaded.tokenizer.decode(kept, skip_special_tokens=not row.keep_special)
    stops = [at for stop in row.sampling.stop if (at := text.find(stop)) >= 0]
    if stops:
        return text[: min(stops)], "stop", spent
    return text, "length" if end is None else "stop", spent


def _ender(loaded: Loaded, batch: list[Row], width: int) -> Any:
    """A stopping criterion that says for each row whether it is done."""
    import torch

    reach = [TAIL + max((len(stop) for stop in row.sampling.stop), default=0) for row in batch]

    def done(row: Row, new: list[int], reach: int) -> bool:
        if row.cancelled or len(new) >= row.limit:
            return True
        if not row.sampling.stop:
            return False
        tail = loaded.tokenizer.decode(new[-reach:], skip_special_tokens=True)
        return any(stop in tail for stop in row.sampling.stop)

    def criterion(input_ids: Any, scores: Any, **_: Any) -> Any:
        new = input_ids[:, width:].tolist()
        flags = [done(row, tokens, far) for row, tokens, far in zip(batch, new, reach, strict=True)]
        return torch.tensor(flags, device=input_ids.device, dtype=torch.bool)

    return criterion
