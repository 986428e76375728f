"""Any server that speaks the OpenAI protocol: ``/v1/completions`` for texts, ``/v1/chat/completions`` for chats.

Works with vLLM, SGLang, llama.cpp, TGI and hosted services. No environment variable is read here: key and addresses are
options.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from types import TracebackType
from typing import Any, Self

from mammoth_eval import chat_templates, thoughts
from mammoth_eval.engines import finish, openai_server
from mammoth_eval.engines.openai_body import FIELDS, droppable, goes_on, sampling_fields, turns
from mammoth_eval.engines.openai_pool import Servers
from mammoth_eval.engines.openai_refusal import Refusal, advice, stops_taken
from mammoth_eval.engines.openai_reply import Reply, read
from mammoth_eval.engines.openai_retry import Endpoint, room_left
from mammoth_eval.engines.options import at_least, read_options
from mammoth_eval.engines.thinking import Thinking, ask
from mammoth_eval.errors import EngineError, ModelError, UnknownName, UsageError
from mammoth_eval.redaction import Mask, hidden
from mammoth_eval.types import Completion, Query, Sampling


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
    """The field for the limit in chats; where a server asks for ``max_completion_tokens``, it is taken from then on."""
    max_stops: int = 0
    """Stop texts that the server accepts in a request (4 at OpenAI and vLLM); the others are applied here.

    0: all, until it refuses them.
    """
    omit: str = ""
    """Fields of the sampling that requests leave out, with commas between: the server's own defaults hold for them.

    Without it, fields that the server refuses are left out only where they do nothing (`top_k`, `min_p` and penalties
    at their neutral values), which is reported. Stop texts are applied here in any case.
    """
    extra_body: dict = field(default_factory=dict)  # type: ignore[type-arg]
    """Fields added to every request, as they are."""


class OpenAIEngine:
    """The model `model` of a server, or of several servers that all serve it."""

    def __init__(self, model: str, **options: object) -> None:
        self.model = model
        self.options = read_options("openai", OpenAIOptions, options)
        at_least("openai", self.options, concurrency=1, timeout=0.001, retries=0, retry_delay=0, max_stops=0)
        urls = [url.strip().rstrip("/") for url in self.options.base_url.split(",") if url.strip()]
        if not urls or not all(url.startswith(("http://", "https://")) for url in urls):
            shown = hidden(self.options.base_url)
            raise UsageError(f"base_url {shown!r}: expected addresses such as http://localhost:8000/v1")
        self._omitted = frozenset(name.strip() for name in self.options.omit.split(",") if name.strip())
        for name in self._omitted:
            if name not in FIELDS:
                raise UnknownName("field of requests in option omit", name, FIELDS)
        self._refused: set[str] = set()
        """Fields that a server has refused and that do nothing: left out since."""
        self._limit_name = self.options.max_tokens_name
        self._max_stops = self.options.max_stops
        self._servers = Servers(
            urls,
            Mask({"api_key": self.options.api_key, "base_url": urls, "extra_body": self.options.extra_body}),
            timeout=self.options.timeout,
            retries=self.options.retries,
            retry_delay=self.options.retry_delay,
        )
        self._served: Mapping[str, object] = {}
        self._room = asyncio.Semaphore(self.options.concurrency)
        self._form: thoughts.Form | None = None
        """How the model marks its thoughts, once a reply has shown one."""
        self._looking = asyncio.Lock()
        """Held by the query that looks how the model marks its thoughts."""

    async def __aenter__(self) -> Self:
        try:
            await self._servers.open(self.options.api_key or "EMPTY", self._check)
        except BaseException:
            await self._servers.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._servers.close()

    async def _check(self, endpoint: Endpoint) -> None:
        """Ask once which models there are. A server that has no such list is taken at its word."""
        try:
            served = await self._servers.insist(lambda where: openai_server.models(where.client), endpoint)
        except Refusal as error:
            if error.status in (404, 405):
                return
            raise self._refusal(error, endpoint.url) from error
        if served and self.model not in served:
            raise ModelError(
                f"{endpoint.url} serves no model {self.model!r}; it serves: {', '.join(sorted(served)[:20])}"
            )
        if self.model in served:
            self._served = await openai_server.describe(endpoint.client, served[self.model])

    async def generate(self, query: Query, sampling: Sampling) -> Completion:
        """Answer one query, tried again as the options say.

        Raises with the address and the status: `EngineError`, or, where no other query would fare better, `UsageError`.
        """
        form = thoughts.get(sampling.thoughts) or (self._form if sampling.thoughts == thoughts.AUTO else None)
        if form is None and sampling.thoughts == thoughts.AUTO and 0 < sampling.thinking_budget < sampling.max_tokens:
            async with self._looking:
                form = self._form or await self._look(query, sampling)
        thinking = Thinking(form, opened=lambda query: False) if form else None
        done = await ask(self._once, query, sampling, thinking)
        self._learn(done)
        return done

    async def _look(self, query: Query, sampling: Sampling) -> thoughts.Form | None:
        """How the model marks its thoughts, by what it writes within the budget of one."""
        self._learn(await self._once(query, replace(sampling, stop=(), max_tokens=sampling.thinking_budget)))
        return self._form

    def _learn(self, done: Completion) -> None:
        if self._form is None:
            shown = thoughts.form_of(done.thought or done.text)
            self._form = shown or (thoughts.FORMS["think"] if done.thought else None)

    async def _once(self, query: Query, sampling: Sampling) -> Completion:
        first = self._servers.first
        start = time.monotonic()
        try:
            async with self._room:
                reply, limit = await self._fit(query, sampling)
        except Refusal as error:
            if not error.withheld:
                raise self._refusal(error, first.url) from error
            word = error.code.split(" ")[0] or "refused"
            return Completion("", finish.FILTERED, 0, 0, time.monotonic() - start, server_reason=word)
        if reply is None:
            return Completion("", finish.CONTEXT, limit, 0, time.monotonic() - start)
        return self._completion(reply, query, sampling, time.monotonic() - start)

    async def _fit(self, query: Query, sampling: Sampling) -> tuple[Reply | None, int]:
        """The reply, asked with fewer new tokens where the server says that they do not fit.

        None and the prompt's length where no token does. Raises `Refusal`.
        """
        limit = sampling.max_tokens
        while True:
            body = self._body(query, sampling, limit)
            try:
                return await self._servers.insist(partial(self._ask, query, body)), limit
            except Refusal as error:
                room, prompt = (None, 0) if error.spent else room_left(f"{error.code} {error.message}", limit)
                if room is None:
                    if not self._adapt(error, body):
                        raise
                    continue
                if room < 1:
                    return None, prompt
                limit = room

    def _adapt(self, refusal: Refusal, body: Mapping[str, Any]) -> bool:
        """Send the next request in another way, after a refusal that asks for it; whether there is another way."""
        if refusal.status not in (0, 400, 422):
            return False
        if "max_tokens" in body and "max_completion_tokens" in refusal.fields and self.options.extra_body == {}:
            self._servers.warn("the limit of new tokens is sent as max_completion_tokens, as the server asks")
            self._limit_name = "max_completion_tokens"
            return True
        taken = stops_taken(refusal, len(body.get("stop", ())))
        if taken:
            self._servers.warn(f"the server takes {taken} stop texts in a request: the others are applied here")
            self._max_stops = taken
            return True
        names = droppable(body, refusal.fields)
        if names:
            self._servers.warn(
                f"the server refuses {', '.join(names)}, which did nothing here: left out of requests from now on"
            )
            self._refused.update(names)
        return bool(names)

    def _body(self, query: Query, sampling: Sampling, limit: int) -> dict[str, Any]:
        """What a request for `query` says."""
        fields = sampling_fields(sampling, self._max_stops, self._omitted | self._refused)
        body: dict[str, Any] = {"model": self.model, **fields}
        if not query.chat:
            return {**body, "prompt": query.text + query.start, "max_tokens": limit, **self.options.extra_body}
        asked = chat_templates.server_fields(sampling.thinking)
        return {**body, **turns(query), **asked, self._limit_name: limit, **self.options.extra_body}

    async def _ask(self, query: Query, body: Mapping[str, Any], endpoint: Endpoint) -> Reply:
        """One request, its answer read out of the bytes. Raises `Again`, `Refusal`, and what the client raises."""
        chat = endpoint.client.chat.completions if query.chat else endpoint.client.completions
        needed = {name: body[name] for name in ("model", "messages" if query.chat else "prompt")}
        extra = {name: value for name, value in body.items() if name not in needed}
        raw = await chat.with_raw_response.create(**needed, extra_body=extra)
        response = raw.http_response
        return read(response.content, response.charset_encoding or "")

    def _completion(self, reply: Reply, query: Query, sampling: Sampling, seconds: float) -> Completion:
        text, thought = reply.text, reply.thought
        if thought and not text.strip() and (sampling.thoughts == thoughts.OFF or goes_on(query)):
            text, thought = thought, None  # the server took for a thought what is none
        ends = [at for stop in sampling.stop if (at := text.find(stop)) >= 0]
        text = text[: min(ends)] if ends else text
        reason = finish.STOP if ends and reply.reason in (finish.LENGTH, finish.OTHER) else reply.reason
        if reason == finish.OTHER:
            self._servers.warn(
                f"completions ended with {reply.server_reason!r}, which is not a known reason: taken as cut off"
            )
        done = Completion(
            text, reason, reply.prompt_tokens, reply.completion_tokens, seconds, server_reason=reply.server_reason
        )
        return done if thought is None else self._with_thought(done, thought, reply.thought_tokens)

    def _with_thought(self, done: Completion, thought: str, tokens: int | None) -> Completion:
        """The completion with the thought that the server set apart; its `tokens` as far as the server counts them."""
        empty = not done.text.strip()
        if empty and done.finish_reason == finish.STOP:
            self._servers.warn(
                "a reply has nothing but a thought: the server put all of it into its reasoning field; if the answer "
                "stands there, give --thoughts off"
            )
        tokens = tokens or (done.completion_tokens if empty else None)
        unfinished = empty and done.finish_reason == finish.LENGTH
        return replace(done, thought=thought, thought_tokens=tokens, unfinished=unfinished)

    def _refusal(self, error: Refusal, where: str) -> EngineError | UsageError:
        """What a refusal by the server means for a run.

        A model, a key, a field that it refuses once, and an account without money, are wrong for every problem.
        """
        said = f"{where}: {error}"
        if error.spent:
            return UsageError(
                f"{said}; the account behind the key has no balance left: see to it, then go on with the same command"
            )
        if error.status == 404:
            return ModelError(f"{where}: 404 for model {self.model!r}: {error.message}")
        if error.status in (401, 403):
            return UsageError(
                f"{where}: {error.status}, key refused: {error.message}; set OPENAI_API_KEY or --engine-arg "
                f"api_key=... to one that may use {self.model!r}"
            )
        error.fields -= self._omitted | self._refused  # they were not sent
        hint = advice(error)
        for_all = error.fields & set(FIELDS) and hint and "max_stops" not in hint
        return UsageError(said + hint) if for_all else EngineError(said + hint)

    @property
    def capacity(self) -> int:
        """Requests under way at once."""
        return self.options.concurrency

    def describe(self) -> Mapping[str, object]:
        """Addresses, what the server says of its model, and the fields added to every request; never the key."""
        self._servers.require_open()
        import openai

        return {
            "engine": "openai",
            "openai": openai.__version__,
            "base_url": self._servers.urls,
            "server": dict(self._served),
            **({"context": limit} if (limit := self._served.get("max_model_len")) else {}),
            "max_stops": self._max_stops,
            "max_tokens_name": self._limit_name,
            "left_out": sorted(self._omitted | self._refused),
            "extra_body": hidden(self.options.extra_body),
        }

    async def prompt_ids(self, query: Query, sampling: Sampling) -> list[int] | None:
        """The prompt as the server's tokens; None where it is no vLLM, which alone tells."""
        first = self._servers.first
        if self._served.get("owned_by") != "vllm":
            return None
        switch = chat_templates.server_fields(sampling.thinking)
        asked = {**turns(query), **switch} if query.chat else {"prompt": query.text + query.start}
        return await openai_server.tokens(first.client, {"model": self.model, **asked})
