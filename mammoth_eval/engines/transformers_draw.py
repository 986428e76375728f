"""A row of a batch of the engine `transformers`, and how its next token is drawn: penalties first, then the shares."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from mammoth_eval.types import Sampling

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


def draw(batch: Sequence[Row], device: Any, width: int) -> Any:
    """Processors that make the greedy choice a draw, of rows that are drawn alike, padded on the left to `width`.

    Penalties hold for greedy rows too. Then temperature, min-p, top-k, top-p, and Gumbel noise of the row's own
    generator.
    """
    import torch
    from transformers import (
        LogitsProcessorList,
        MinPLogitsWarper,
        TemperatureLogitsWarper,
        TopKLogitsWarper,
        TopPLogitsWarper,
    )

    sampling = batch[0].sampling
    found = LogitsProcessorList()
    if (sampling.repetition_penalty, sampling.presence_penalty, sampling.frequency_penalty) != (1, 0, 0):
        found.append(_penalties(batch, sampling, width))
    if sampling.temperature <= 0:
        return found
    found.append(TemperatureLogitsWarper(sampling.temperature))
    if sampling.min_p > 0:
        found.append(MinPLogitsWarper(sampling.min_p))
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


def _penalties(batch: Sequence[Row], sampling: Sampling, width: int) -> Callable[[Any, Any], Any]:
    """The three penalties as vLLM applies them: the repetition's counts prompt and answer, the others' the answer.

    The padding counts nowhere.
    """
    import torch

    def lowered(input_ids: Any, scores: Any) -> Any:
        scores = scores.clone()
        for place, row in enumerate(batch):
            new = input_ids[place, width:]
            seen = torch.unique(torch.cat([input_ids[place, width - len(row.tokens) : width], new]))
            held = scores[place, seen]
            factor = sampling.repetition_penalty
            scores[place, seen] = torch.where(held > 0, held / factor, held * factor)
            often = torch.bincount(new, minlength=scores.shape[-1]).to(scores.dtype)
            scores[place] -= sampling.frequency_penalty * often + sampling.presence_penalty * (often > 0)
        return scores

    return lowered
