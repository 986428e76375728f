"""The servers of a run: each request goes to the least busy one, and is tried again until one has answered it.

A server that fails for a while is asked last. One that refuses what another one answers (another model, another key,
a smaller limit of its own) is left out from then on, which is said once. A reply has limits in time and size as a
whole: a server that drips, or that never stops, is one that fails.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from mammoth_eval.engines.importing import import_module
from mammoth_eval.engines.openai_refusal import Again, Refusal
from mammoth_eval.engines.openai_retry import Endpoint, pause, retry_reason, say_wait
from mammoth_eval.engines.openai_size import hold_to_size
from mammoth_eval.errors import EngineClosed, EngineError, ModelError, UsageError
from mammoth_eval.redaction import Mask

_log = logging.getLogger(__name__)
_OVERLOADED = "see that the server runs and is not overloaded (option concurrency), then give the same command again"

OF_ONE_SERVER = frozenset((401, 402, 403, 404, 405, 413))
"""Refusals that may be one server's alone: its key, its models, its limits."""

Answer = TypeVar("Answer")
Ask = Callable[[Endpoint], Awaitable[Answer]]


class Servers:
    """Several servers that all serve one model, or one."""

    def __init__(self, urls: Sequence[str], mask: Mask, *, timeout: float, retries: int, retry_delay: float) -> None:
        """`mask` hides the secrets in whatever is said of the servers."""
        self.urls = [mask(url) for url in urls]
        """As they are shown."""
        self._addresses, self._mask = list(urls), mask
        self._timeout, self._retries, self._retry_delay = timeout, retries, retry_delay
        self._endpoints: list[Endpoint] = []
        self._warned: set[str] = set()

    async def open(self, key: str, check: Ask[None]) -> None:
        """Make the clients, and `check` each server once.

        One that is down is said and left for later, one that is wrong is left out, as long as another is there; else
        the error of the first is raised.
        """
        openai = import_module("openai", "openai")
        self._endpoints = [
            Endpoint(
                shown,
                openai.AsyncOpenAI(
                    api_key=key,
                    base_url=url,
                    max_retries=0,
                    timeout=self._timeout,
                    default_headers={"Accept-Encoding": "identity"},
                    http_client=openai.DefaultAsyncHttpxClient(event_hooks={"response": [hold_to_size]}),
                ),
            )
            for url, shown in zip(self._addresses, self.urls, strict=True)
        ]
        found = await asyncio.gather(*map(check, self._endpoints), return_exceptions=True)
        errors = [error for error in found if error is not None]
        expected = (EngineError, ModelError, UsageError)
        unexpected = next((error for error in errors if not isinstance(error, expected)), None)
        if unexpected is not None or len(errors) == len(self._endpoints):
            raise unexpected or min(errors, key=lambda error: isinstance(error, EngineError))
        for endpoint, error in zip(self._endpoints, found, strict=True):
            if isinstance(error, EngineError):
                endpoint.failed_at_last = True
                _log.warning("%s; the run goes on with the other servers", error)
            elif error is not None:
                self._leave_out(endpoint, str(error))

    async def close(self) -> None:
        """Close the clients."""
        endpoints, self._endpoints = self._endpoints, []
        for endpoint in endpoints:
            await endpoint.client.close()

    @property
    def first(self) -> Endpoint:
        """The first that is not left out. Raises `EngineClosed`."""
        self.require_open()
        return next(endpoint for endpoint in self._endpoints if not endpoint.left_out)

    def require_open(self) -> None:
        """Raise `EngineClosed` where there are no clients."""
        if not self._endpoints:
            raise EngineClosed("openai")

    def warn(self, message: str) -> None:
        """Say something about the servers, once."""
        if message not in self._warned:
            self._warned.add(message)
            _log.warning("%s: %s", self.urls[0], message)

    async def insist(self, ask: Ask[Answer], only: Endpoint | None = None) -> Answer:
        """The answer of the least busy server, asked until one answers or the tries are spent.

        Raises `EngineError`; a refusal that no further try and no other server changes as it is.
        """
        refused: list[tuple[Endpoint, Refusal]] = []
        attempt = 0
        while True:
            endpoint = only or self._choose([endpoint for endpoint, _ in refused])
            if endpoint is None:
                raise refused[0][1]
            endpoint.under_way += 1
            try:
                answer = await self._within(ask, endpoint)
            except Again as error:
                raised: Again | Refusal = error
            except Refusal as error:
                raised = error
                if not error.passing and error.status in OF_ONE_SERVER and only is None:
                    refused.append((endpoint, error))
                    continue
            else:
                endpoint.failed_at_last = False
                for other, refusal in refused:
                    self._leave_out(other, str(refusal))
                return answer
            finally:
                endpoint.under_way -= 1
            reason = retry_reason(raised)
            if reason is None:
                raise raised
            endpoint.failed_at_last = True
            if attempt == self._retries:
                raise EngineError(f"{endpoint.url}: {reason}, after {attempt + 1} tries; {_OVERLOADED}") from raised
            seconds = pause(raised, attempt, self._retry_delay)
            attempt += 1
            say_wait(endpoint, reason, seconds)
            await asyncio.sleep(seconds)

    def _choose(self, without: Sequence[Endpoint]) -> Endpoint | None:
        """The server to ask next; None where there is none left."""
        usable = [one for one in self._endpoints if not one.left_out and one not in without]
        return min(usable, key=lambda one: (one.failed_at_last, one.under_way), default=None)

    async def _within(self, ask: Ask[Answer], endpoint: Endpoint) -> Answer:
        """One try, the whole of it within the time for a request. Raises `Again` and `Refusal`, and nothing else of
        the client's."""
        import openai

        try:
            async with asyncio.timeout(self._timeout):
                return await ask(endpoint)
        except openai.APIStatusError as error:
            raise self._masked(Refusal.of(error.response)) from None
        except Refusal as error:
            raise self._masked(error) from None
        except Again as error:
            raise Again(self._mask(str(error))) from None
        except (TimeoutError, openai.APITimeoutError) as error:
            raise Again("no answer in time") from error
        except openai.APIConnectionError as error:
            cause = error.__cause__
            said = str(cause) if isinstance(cause, Again) else f"no connection ({cause or error})"
            raise Again(self._mask(said)) from None
        except openai.OpenAIError as error:
            raise Again(self._mask(str(error))) from None

    def _masked(self, refusal: Refusal) -> Refusal:
        refusal.message, refusal.code = self._mask(refusal.message), self._mask(refusal.code)
        return refusal

    def _leave_out(self, endpoint: Endpoint, reason: str) -> None:
        if not endpoint.left_out:
            endpoint.left_out = True
            said = reason if endpoint.url in reason else f"{endpoint.url}: {reason}"
            _log.warning("%s; the run goes on without this server", said)
