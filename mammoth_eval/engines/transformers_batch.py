"""One batch of the engine `transformers`: which rows go together, when each ends, how each is drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from mammoth_eval.engines.transformers_load import Loaded
from mammoth_eval.types import Sampling

TAIL = 16
"""New tokens decoded again at each step in search of a stop text, beyond the stop's own length in characters."""

Answer = tuple[str, str, int]
"""Text, finish reason, new tokens."""


class Row:
    """One waiting query; answered from the worker thread."""

    __slots__ = ("answer", "cancelled", "keep_special", "limit", "loop", "sampling", "tokens")

    def __init__(
        self,
        tokens: list[int],
        sampling: Sampling,
        limit: int,
        loop: asyncio.AbstractEventLoop,
        keep_special: bool = False,
    ) -> None:
        self.tokens, self.sampling, self.limit, self.loop = tokens, sampling, limit, loop
        self.keep_special = keep_special
        self.answer: asyncio.Future[Answer] = loop.create_future()
        self.cancelled = False

    def succeed(self, answer: Answer) -> None:
        """Hand over the answer, unless nobody waits for it any more."""
        self._settle(lambda: self.answer.set_result(answer))

    def fail(self, error: Exception) -> None:
        """Hand over an error."""
        self._settle(lambda: self.answer.set_exception(error))

    def _settle(self, act: Callable[[], None]) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(lambda: None if self.answer.done() else act())


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


def _way(sampling: Sampling) -> tuple[float, float, int]:
    return sampling.temperature, sampling.top_p, sampling.top_k


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
            logits_processor=_draw(batch, device),
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


def _draw(batch: list[Row], device: Any) -> Any:
    """Processors that make the greedy choice a draw.

    Temperature, top-k, top-p, then Gumbel noise of the row's own generator.
    """
    import torch
    from transformers import LogitsProcessorList, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    sampling = batch[0].sampling
    found = LogitsProcessorList()
    if sampling.temperature <= 0:
        return found
    found.append(TemperatureLogitsWarper(sampling.temperature))
    if sampling.top_k > 0:
        found.append(TopKLogitsWarper(sampling.top_k))
    if sampling.top_p < 1:
        found.append(TopPLogitsWarper(sampling.top_p))
    generators = [torch.Generator().manual_seed(row.sampling.seed) for row in batch]

    def noise(input_ids: Any, scores: Any) -> Any:
        uniform = torch.stack([torch.rand(scores.shape[-1], generator=one, dtype=torch.float64) for one in generators])
        return scores.double() - torch.log(-torch.log(uniform.clamp_min(1e-300))).to(device)

    found.append(noise)
    return found
