"""An engine without a model: it says what a script says. For tests and demonstrations."""

from __future__ import annotations

import asyncio
import inspect
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mammoth_eval import registry
from mammoth_eval.engines.options import at_least, read_options
from mammoth_eval.errors import EngineClosed, EngineError, MammothError, ModelError, UsageError
from mammoth_eval.types import Completion, Query, Sampling

Reply = str | Completion | BaseException
"""A completion's text, a whole completion, or an error to raise."""
Script = Callable[[Query, Sampling], Reply]


@dataclass(frozen=True, slots=True)
class ScriptedOptions:
    """What the engine takes besides its script."""

    script: Any = None
    """A function ``(query, sampling) -> reply``, or a mapping (see `ScriptedEngine`).

    Without it the model names one.
    """
    latency: float = 0.0
    """Seconds that each answer takes."""
    tokens_per_second: float = 0.0
    """Adds one answer's length (in words) over this; 0: no such pacing."""


class ScriptedEngine:
    """Answers from a function or a mapping.

    A mapping is looked up by ``(problem id, method, sample)``, ``(problem id, method)``, ``problem id`` and the
    prompt's text, in that order; the key ``*`` answers all else. An exception as a reply is raised; one that a function
    raises itself, and a reply that is none of these, end the run with a `UsageError`. Without the option
    `script`, `model` is a ``module:attribute`` or a JSON file with a mapping (keys ``problem id`` or ``problem id
    method``).
    """

    def __init__(self, model: str = "scripted", **options: object) -> None:
        self.model = model
        self.options = read_options("scripted", ScriptedOptions, options)
        at_least("scripted", self.options, latency=0, tokens_per_second=0)
        script = self.options.script
        if not (script is None or callable(script) or isinstance(script, Mapping)):
            raise UsageError(f"option script of engine scripted: {script!r}, expected a function or a mapping")
        self.calls: list[Query] = []
        self._script: Script | None = None

    async def __aenter__(self) -> Self:
        script = self.options.script if self.options.script is not None else _find(self.model)
        self._script = script if callable(script) else _looked_up(script)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._script = None

    async def generate(self, query: Query, sampling: Sampling) -> Completion:
        """What the script says, after `latency` seconds; text is cut at the first stop and at `max_tokens` words."""
        if self._script is None:
            raise EngineClosed("scripted")
        start = time.monotonic()
        self.calls.append(query)
        reply = self._reply(self._script, query, sampling)
        if isinstance(reply, BaseException):
            await asyncio.sleep(self.options.latency)
            raise reply
        done = reply if isinstance(reply, Completion) else _complete(reply, query, sampling)
        pace = self.options.tokens_per_second
        await asyncio.sleep(self.options.latency + (done.completion_tokens / pace if pace else 0.0))
        if isinstance(reply, Completion):
            return reply
        return Completion(
            done.text, done.finish_reason, done.prompt_tokens, done.completion_tokens, time.monotonic() - start
        )

    def _reply(self, script: Script, query: Query, sampling: Sampling) -> Reply:
        """What the script says. Raises `UsageError`, with the script's name, where that is not a reply."""
        asked = f"for {query.problem_id} ({query.method}, sample {query.sample})"
        try:
            reply: Any = script(query, sampling)
        except MammothError:
            raise
        except Exception as error:  # the script is the caller's, and may raise anything
            raise UsageError(f"script {self._name}: raised {type(error).__name__} {asked}: {error}") from error
        if isinstance(reply, str | BaseException) or (isinstance(reply, Completion) and isinstance(reply.text, str)):
            return reply
        if inspect.iscoroutine(reply):
            reply.close()
            raise UsageError(
                f"script {self._name}: is an async function; expected a plain one, `latency` makes it wait"
            )
        raise UsageError(
            f"script {self._name}: gave {type(reply).__name__} {asked}, expected a text, a Completion or an exception"
        )

    @property
    def _name(self) -> str:
        """How messages call the script: the function, or what the model names."""
        script = self.options.script
        if script is None:
            return repr(self.model)
        return str(getattr(script, "__qualname__", f"of type {type(script).__name__}"))

    def describe(self) -> Mapping[str, object]:
        """The pacing; a script has no versions."""
        if self._script is None:
            raise EngineClosed("scripted")
        return {
            "engine": "scripted",
            "latency": self.options.latency,
            "tokens_per_second": self.options.tokens_per_second,
        }


def _find(model: str) -> Script | Mapping[object, Reply]:
    """The script that `model` names."""
    path = Path(model)
    if path.suffix == ".json" and path.is_file():
        try:
            content: Mapping[str, str] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise ModelError(f"{path}: cannot be read as a script: {error}") from error
        if not isinstance(content, Mapping) or not all(isinstance(text, str) for text in content.values()):
            raise ModelError(
                f"{path}: expected a JSON object, `problem id` or `problem id method` to a completion's text"
            )
        pairs = ((tuple(key.split(" ")) if " " in key else key, text) for key, text in content.items())
        return dict(pairs)
    if ":" in model:
        script: Script | Mapping[object, Reply] = registry.load("script", model, {})
        if not callable(script) and not isinstance(script, Mapping):
            raise ModelError(f"script {model!r}: a {type(script).__name__}, expected a function or a mapping")
        return script
    raise ModelError(
        f"the scripted engine has no script {model!r}: pass `script=`, or as the model a module:attribute or a .json "
        f"file"
    )


def _looked_up(mapping: Mapping[object, Reply]) -> Script:
    def script(query: Query, sampling: Sampling) -> Reply:
        whole = (query.problem_id, query.method, query.sample)
        for key in (whole, whole[:2], query.problem_id, _asked(query), "*"):
            if key in mapping:
                return mapping[key]
        raise EngineError(f"the script has no answer for {query.problem_id} ({query.method}, sample {query.sample})")

    return script


def _asked(query: Query) -> str:
    return query.messages[-1].content if query.messages else query.text


def _complete(text: str, query: Query, sampling: Sampling) -> Completion:
    """`text` as an engine would have ended it; a token is a word."""
    ends = [at for stop in sampling.stop if (at := text.find(stop)) >= 0]
    text = text[: min(ends)] if ends else text
    words = text.split(" ")
    cut = len(words) > sampling.max_tokens
    text = " ".join(words[: sampling.max_tokens]) if cut else text
    spent = min(len(words), sampling.max_tokens) if text else 0
    return Completion(text, "length" if cut else "stop", len(query.shown.split()), spent, 0.0)
