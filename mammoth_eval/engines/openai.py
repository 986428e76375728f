"""Any server that speaks the OpenAI protocol: ``/v1/completions`` for texts, ``/v1/chat/completions`` for chats.

Works with vLLM, SGLang, llama.cpp, TGI and hosted services. No environment variable is read here: key and addresses are
options.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

from mammoth_eval import chat_templates, thoughts
from mammoth_eval.engines.importing import import_module
from mammoth_eval.engines.openai_retry import Again, Endpoint, advice, pause, retry_reason, room_left, say_wait
from mammoth_eval.engines.options import at_least, read_options
from mammoth_eval.engines.thinking import Thinking, ask
from mammoth_eval.engines.tokens import as_dicts
from mammoth_eval.errors import EngineClosed, EngineError, ModelError, UsageError
from mammoth_eval.types import Completion, Query, Sampling

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OpenAIOptions:
    """Where the server is and how it is asked."""

    base_url: str = "http://localhost:8000/v1"
    """One address or several with commas between: each request goes to the one with the fewest under way."""
    api_key: str = field(default="EMPTY", repr=False)
    """Kept out of ``run.json``."""
    concurrency: int = 64
    """Requests under way at once, over all addresses."""
    timeout: float = 600.0
    """Seconds for one request, once sent."""
    retries: int = 6
    """Further tries after 429, 408, 5xx, a refused or broken connection, a timeout, or a reply that is no completion.
    """
    retry_delay: float = 0.5
    """Seconds before the second try.

    Doubled each time up to 30, unless the server's Retry-After says more (60 at most).
    """
    max_tokens_name: str = "max_tokens"
    """The field for the limit in chats: some hosted models want ``max_completion_tokens``."""
    max_stops: int = 0
    """Stop texts that the server accepts (4 at OpenAI); the others are applied here. 0: it accepts all."""
    extra_body: dict = field(default_factory=dict)  # type: ignore[type-arg]
    """Fields added to every request, as they are."""


class OpenAIEngine:
    """The model `model` of a server, or of several servers that all serve it."""

    def __init__(self, model: str, **options: object) -> None:
        self.model = model
        self.options = read_options("openai", OpenAIOptions, options)
        at_least("openai", self.options, concurrency=1, timeout=0.001, retries=0, retry_delay=0, max_stops=0)
        self._urls = [url.strip().rstrip("/") for url in self.options.base_url.split(",") if url.strip()]
        if not self._urls or not all(url.startswith(("http://", "https://")) for url in self._urls):
            raise UsageError(f"base_url {self.options.base_url!r}: expected addresses such as http://localhost:8000/v1")
        self._endpoints: list[Endpoint] = []
        self._served: Mapping[str, object] = {}
        self._room = asyncio.Semaphore(self.options.concurrency)
        self._form: thoughts.Form | None = None
        """How the model marks its thoughts, once a reply has shown one."""

    async def __aenter__(self) -> Self:
        library = import_module("openai", "openai")
        key = self.options.api_key or "EMPTY"
        self._endpoints = [
            Endpoint(url, library.AsyncOpenAI(api_key=key, base_url=url, max_retries=0, timeout=self.options.timeout))
            for url in self._urls
        ]
        try:
            await self._check_all()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        endpoints, self._endpoints = self._endpoints, []
        for endpoint in endpoints:
            await endpoint.client.close()

    async def _check_all(self) -> None:
        """Ask every server; one that is down is said and left for later, as long as another is there."""
        found = await asyncio.gather(*map(self._check, self._endpoints), return_exceptions=True)
        wrong = next((error for error in found if error is not None and not isinstance(error, EngineError)), None)
        if wrong is not None or all(found):
            raise wrong or next(filter(None, found))
        for endpoint, error in zip(self._endpoints, found, strict=True):
            if error is not None:
                endpoint.failed_at_last = True
                _log.warning("%s; the run goes on with the other servers", error)

    async def _check(self, endpoint: Endpoint) -> None:
        """Ask once which models there are. A server that has no such list is taken at its word."""
        import openai

        try:
            page = await self._insist(lambda where: where.client.models.list(), endpoint)
        except openai.NotFoundError:
            return
        except openai.APIStatusError as error:
            raise self._refusal(error, endpoint) from error
        served = {one.id: one for one in page.data}
        if served and self.model not in served:
            raise ModelError(
                f"{endpoint.url} serves no model {self.model!r}; it serves: {', '.join(sorted(served)[:20])}"
            )
        if self.model in served:
            self._served = {
                key: value
                for key in ("root", "max_model_len", "owned_by")
                if (value := getattr(served[self.model], key, None)) is not None
            }

    async def generate(self, query: Query, sampling: Sampling) -> Completion:
        """Answer one query, tried again as the options say.

        Raises with the address and the status: `EngineError`, or, where no other query would fare better, `UsageError`.
        """
        form = thoughts.get(sampling.thoughts) or (self._form if sampling.thoughts == thoughts.AUTO else None)
        thinking = Thinking(form, opened=lambda query: False) if form else None
        done = await ask(self._once, query, sampling, thinking)
        if done.thought and self._form is None:
            self._form = thoughts.form_of(done.thought) or thoughts.FORMS["think"]
        return done

    async def _once(self, query: Query, sampling: Sampling) -> Completion:
        if not self._endpoints:
            raise EngineClosed("openai")
        start = time.monotonic()
        async with self._room:
            reply, limit = await self._fit(query, sampling)
        if reply is None:
            return Completion("", "context", limit, 0, time.monotonic() - start)
        return self._completion(reply, query, sampling, time.monotonic() - start)

    async def _fit(self, query: Query, sampling: Sampling) -> tuple[Any, int]:
        """The reply, asked with fewer new tokens where the server says that they do not fit.

        None and the prompt's length.
        """
        import openai

        limit = sampling.max_tokens
        while True:
            try:
                return await self._insist(lambda where, limit=limit: self._ask(where, query, sampling, limit)), limit
            except openai.BadRequestError as error:
                room, prompt = room_left(str(error), limit)
                if room is None:
                    raise self._refusal(error, None) from error
                if room < 1:
                    return None, prompt
                limit = room
            except openai.APIStatusError as error:
                raise self._refusal(error, None) from error

    async def _ask(self, endpoint: Endpoint, query: Query, sampling: Sampling, limit: int) -> Any:
        stops = sampling.stop[: self.options.max_stops] if self.options.max_stops else sampling.stop
        extra = {"top_k": sampling.top_k} if sampling.top_k > 0 else {}
        if query.chat:
            extra |= chat_templates.server_fields(sampling.thinking)
        body: dict[str, Any] = {
            "model": self.model,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            **({"seed": sampling.seed} if sampling.temperature > 0 else {}),
            "extra_body": {**extra, **self.options.extra_body},
            **({"stop": list(stops)} if stops else {}),
        }
        if not query.chat:
            reply = await endpoint.client.completions.create(prompt=query.text + query.start, max_tokens=limit, **body)
        else:
            body["messages"] = as_dicts(query.messages)
            if query.start:  # vLLM and SGLang go on with the last message where they are told to
                body["messages"].append({"role": "assistant", "content": query.start})
                body["extra_body"] |= {"continue_final_message": True, "add_generation_prompt": False}
            reply = await endpoint.client.chat.completions.create(**{self.options.max_tokens_name: limit}, **body)
        if not getattr(reply, "choices", None):
            raise Again("a reply without choices")
        return reply

    async def _insist(self, ask: Any, only: Endpoint | None = None) -> Any:
        """Ask the least busy server until it answers or the tries are spent.

        Raises `EngineError`; a refusal as it is.
        """
        import openai

        for attempt in range(self.options.retries + 1):
            endpoint = only or min(self._endpoints, key=lambda one: (one.failed_at_last, one.under_way))
            endpoint.under_way += 1
            try:
                reply = await ask(endpoint)
                endpoint.failed_at_last = False
            except (openai.OpenAIError, Again, ValueError) as error:
                reason = retry_reason(error)
                if reason is None:
                    raise
                endpoint.failed_at_last = True
                if attempt == self.options.retries:
                    tries = f"after {attempt + 1} tries"
                    hint = (
                        "see that the server runs and is not overloaded (option concurrency), then give the same "
                        "command again"
                    )
                    raise EngineError(f"{endpoint.url}: {reason}, {tries}; {hint}") from error
                seconds = pause(error, attempt, self.options.retry_delay)
                say_wait(endpoint, reason, seconds)
                await asyncio.sleep(seconds)
            else:
                return reply
            finally:
                endpoint.under_way -= 1
        raise AssertionError("unreachable")

    def _completion(self, reply: Any, query: Query, sampling: Sampling, seconds: float) -> Completion:
        choice = reply.choices[0]
        text = (choice.message.content if query.chat else choice.text) or ""
        thought = _thought(choice.message) if query.chat else None
        ends = [at for stop in sampling.stop if (at := text.find(stop)) >= 0]
        text = text[: min(ends)] if ends else text
        reason = "length" if choice.finish_reason == "length" and not ends else "stop"
        usage = getattr(reply, "usage", None)
        counts = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
        done = Completion(text, reason, counts[0] or 0, counts[1] or 0, seconds)
        if thought is None:
            return done
        details = getattr(usage, "completion_tokens_details", None)
        return replace(
            done,
            thought=thought,
            thought_tokens=getattr(details, "reasoning_tokens", None),
            unfinished=reason != "stop" and not text.strip(),
        )

    def _refusal(self, error: Any, endpoint: Endpoint | None) -> EngineError | UsageError:
        """What a refusal by the server means: a model or a key that it refuses once is wrong for every problem."""
        where = endpoint.url if endpoint else str(error.request.url)
        if error.status_code == 404:
            return ModelError(f"{where}: 404 for model {self.model!r}: {error.message}")
        if error.status_code in (401, 403):
            refused = f"{where}: {error.status_code}, key refused: {error.message}"
            return UsageError(
                f"{refused}; set OPENAI_API_KEY or --engine-arg api_key=... to one that may use {self.model!r}"
            )
        return EngineError(f"{where}: {error.status_code}: {error.message}{advice(error.message)}")

    @property
    def capacity(self) -> int:
        """Requests under way at once."""
        return self.options.concurrency

    def describe(self) -> Mapping[str, object]:
        """Addresses, what the server says of its model, and the fields added to every request; never the key."""
        if not self._endpoints:
            raise EngineClosed("openai")
        import openai

        return {
            "engine": "openai",
            "openai": openai.__version__,
            "base_url": self._urls,
            "server": dict(self._served),
            "max_stops": self.options.max_stops,
            "extra_body": self.options.extra_body,
        }


def _thought(message: Any) -> str | None:
    """What a server's reasoning parser set apart; None where there is none. The names are vLLM's, new and old."""
    for name in ("reasoning", "reasoning_content"):
        value = getattr(message, name, None)
        if isinstance(value, str) and value:
            return value
    return None
