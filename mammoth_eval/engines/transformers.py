"""Hugging Face transformers in process: for models that vLLM does not serve, and for machines without it.

Waiting queries are gathered into batches of like length, padded on the left and decoded together in a worker thread. A
row ends at its own stop, limit or cancellation. Sampling is by the Gumbel maximum with a generator for each row, so
that what is drawn for a query does not depend on the batch that it happens to be in.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from mammoth_eval.engines.options import at_least, read_options
from mammoth_eval.engines.thinking import ask, thinking_of
from mammoth_eval.engines.tokens import prompt_tokens
from mammoth_eval.engines.transformers_batch import decode_batch, next_batch
from mammoth_eval.engines.transformers_draw import Row
from mammoth_eval.engines.transformers_load import Loaded, TransformersOptions, load
from mammoth_eval.errors import EngineClosed, EngineError
from mammoth_eval.types import Completion, Query, Sampling

CHOICE = 4
"""Batches' worth of waiting queries from which one of like length is chosen."""


class TransformersEngine:
    """A checkpoint decoded by transformers in this process."""

    def __init__(self, model: str, **options: object) -> None:
        self.model = model
        self.options = read_options("transformers", TransformersOptions, options)
        at_least("transformers", self.options, batch_size=1)
        self._loaded: Loaded | None = None
        self._waiting: queue.SimpleQueue[Row | None] = queue.SimpleQueue()
        self._worker: threading.Thread | None = None

    async def __aenter__(self) -> Self:
        self._loaded = await asyncio.to_thread(load, self.model, self.options)
        self._waiting = queue.SimpleQueue()
        self._worker = threading.Thread(
            target=_work, args=(self._loaded, self._waiting, self.options.batch_size), name="transformers", daemon=True
        )
        self._worker.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        worker, self._worker, self._loaded = self._worker, None, None
        if worker is not None:
            self._waiting.put(None)
            await asyncio.to_thread(worker.join)

    async def generate(self, query: Query, sampling: Sampling) -> Completion:
        """Answer one query; a cancelled call ends its row. Raises `EngineError` where decoding broke."""
        loaded = self._loaded
        if loaded is None:
            raise EngineClosed("transformers")
        thinking = thinking_of(sampling, loaded.tokenizer, self.model)
        return await ask(self._once, query, sampling, thinking)

    async def _once(self, query: Query, sampling: Sampling) -> Completion:
        loaded = self._loaded
        if loaded is None:
            raise EngineClosed("transformers")
        start = time.monotonic()
        tokens = prompt_tokens(query, loaded.tokenizer, self.model, sampling.thinking)
        room = loaded.context - len(tokens)
        if room < 1:
            return Completion("", "context", len(tokens), 0, time.monotonic() - start)
        thinking = thinking_of(sampling, loaded.tokenizer, self.model)
        keep = thinking is not None and thinking.special
        row = Row(tokens, sampling, min(room, sampling.max_tokens), asyncio.get_running_loop(), keep)
        self._waiting.put(row)
        try:
            text, reason, spent = await row.answer
        finally:
            row.cancelled = True
        return Completion(text, reason, len(tokens), spent, time.monotonic() - start)

    async def prompt_ids(self, query: Query, sampling: Sampling) -> list[int] | None:
        """The prompt as the model's tokens."""
        if self._loaded is None:
            raise EngineClosed("transformers")
        return prompt_tokens(query, self._loaded.tokenizer, self.model, sampling.thinking)

    @property
    def capacity(self) -> int:
        """Queries that are decoded together, and those from which the next batch is chosen."""
        return CHOICE * self.options.batch_size

    def describe(self) -> Mapping[str, object]:
        """Versions, device, dtype, context, batch size."""
        if self._loaded is None:
            raise EngineClosed("transformers")
        return {"engine": "transformers", "batch_size": self.options.batch_size, **self._loaded.described}


def _work(loaded: Loaded, waiting: queue.SimpleQueue[Row | None], size: int) -> None:
    """Decode batches until None comes; a batch that breaks fails its own rows and no others."""
    rows: list[Row] = []
    while True:
        if not rows:
            first = waiting.get()
            if first is None:
                return
            rows.append(first)
        closing = False
        while not waiting.empty():
            row = waiting.get()
            closing = closing or row is None
            if row is not None:
                rows.append(row)
        batch, rows = next_batch(rows, size)
        if closing:
            for row in (*batch, *rows):
                row.fail(EngineError("the transformers engine was closed while the request waited"))
            return
        if batch:
            _decode(loaded, batch)


def _decode(loaded: Loaded, batch: list[Row]) -> None:
    try:
        answers = decode_batch(loaded, batch)
    except (RuntimeError, ValueError, IndexError, MemoryError) as error:
        hint = "; lower the option batch_size" if "memory" in str(error).lower() else ""
        failure = EngineError(f"transformers failed on a batch of {len(batch)}: {type(error).__name__}: {error}{hint}")
        failure.__cause__ = error
        for row in batch:
            row.fail(failure)
        return
    for row, answer in zip(batch, answers, strict=True):
        row.succeed(answer)
