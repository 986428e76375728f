"""An engine that answers from recorded generations: a run of the store, or plain lines of JSON. No model is loaded."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mammoth_eval.engines.options import at_least, read_options
from mammoth_eval.errors import EngineError, ModelError
from mammoth_eval.types import Completion, Query, Sampling

Key = tuple[str, str, int]
"""Problem id, method, sample."""


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """How fast the recorded answers come."""

    delay: float = 0.0
    """Seconds before each answer."""
    tokens_per_second: float = 0.0
    """Adds an answer's recorded length over this; 0: no such pacing."""


class ReplayEngine:
    """Answers each query with what was recorded for its problem, method and sample; the prompt is not compared.

    `model` is a run folder, a ``records.jsonl`` of the store, or a file of lines ``{"problem_id", "method", "text"}``
    with optional ``sample``, ``finish_reason``, ``prompt_tokens``, ``completion_tokens``. The last line for a key
    counts.
    """

    def __init__(self, model: str, **options: object) -> None:
        self.path = Path(model)
        self.options = read_options("replay", ReplayOptions, options)
        at_least("replay", self.options, delay=0, tokens_per_second=0)
        self._recorded: dict[Key, Completion] = {}

    async def __aenter__(self) -> Self:
        path = self.path / "records.jsonl" if self.path.is_dir() else self.path
        if not path.is_file():
            raise ModelError(
                f"{self.path}: nothing to replay; name a run folder, its records.jsonl, or a file of JSON lines"
            )
        self._recorded = dict(_read(path))
        if not self._recorded:
            raise ModelError(f"{path}: holds no generation")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._recorded = {}

    async def generate(self, query: Query, sampling: Sampling) -> Completion:
        """The recorded answer. Raises `EngineError` where there is none."""
        start = time.monotonic()
        recorded = self._recorded.get((query.problem_id, query.method, query.sample))
        if recorded is None:
            raise EngineError(
                f"{self.path}: nothing recorded for {query.problem_id}, {query.method}, sample {query.sample}"
            )
        pace = self.options.tokens_per_second
        wait = self.options.delay + (recorded.completion_tokens / pace if pace else 0.0)
        if wait <= 0:
            return recorded
        await asyncio.sleep(wait)
        return replace(recorded, seconds=time.monotonic() - start)

    def describe(self) -> Mapping[str, object]:
        """The file and how many generations it holds."""
        return {"engine": "replay", "source": self.path.name, "generations": len(self._recorded)}


def _read(path: Path) -> Iterator[tuple[Key, Completion]]:
    """Every generation of a file.

    A torn last line is none. Raises `ModelError` for another line that cannot be read.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield from list(_generations(json.loads(line.decode("utf-8", "surrogatepass"))))
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
                if not line.endswith(b"\n"):
                    return
                expected = 'a record of the store or {"problem_id", "method", "text"}'
                raise ModelError(f"{path}:{number}: {type(error).__name__}: {error}; expected {expected}") from error


def _generations(row: Mapping[str, Any]) -> Iterator[tuple[Key, Completion]]:
    """The generations of one line: one, or those of a whole record."""
    if not isinstance(row, Mapping):
        raise TypeError(f"of type {type(row).__name__}")
    if "attempts" not in row:
        yield (str(row["problem_id"]), str(row["method"]), int(row.get("sample", 0))), _completion(row)
        return
    for attempt in row["attempts"]:
        yield (row["problem"]["id"], attempt["method"], attempt["sample"]), _completion(attempt["completion"])


def _completion(row: Mapping[str, Any]) -> Completion:
    if not isinstance(row["text"], str):
        raise TypeError(f"text is {json.dumps(row['text'])}, not a text")
    return Completion(
        text=row["text"],
        finish_reason=str(row.get("finish_reason", "stop")),
        prompt_tokens=int(row.get("prompt_tokens", 0)),
        completion_tokens=int(row.get("completion_tokens", 0)),
        seconds=float(row.get("seconds", 0.0)),
        thought=row.get("thought"),
        thought_tokens=row.get("thought_tokens"),
        unfinished=bool(row.get("unfinished", False)),
        budget_bound=bool(row.get("budget_bound", False)),
        server_reason=str(row.get("server_reason", "")),
    )
