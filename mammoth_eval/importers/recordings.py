"""Imported generations as an engine: the pipeline of a run takes them as if a model had just given them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from mammoth_eval.errors import EngineError
from mammoth_eval.importers import ends
from mammoth_eval.importers.matching import Key
from mammoth_eval.prompts import Prompt
from mammoth_eval.types import Completion, Query, Sampling

PROMPT = Prompt(name="imported", description="what the model was asked is not known here", template="", hash="")
"""Stands for the prompt in the run of an import."""


@dataclass(frozen=True, slots=True)
class Recordings:
    """An engine that answers with the text of a problem, method and sample; nothing else is known of it."""

    texts: Mapping[Key, str]
    ends: Mapping[Key, str] = field(default_factory=dict)
    """How those ended of which that is known, in the words of their file."""
    files: tuple[str, ...] = ()
    """Names of the files that they come from."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def generate(self, query: Query, sampling: Sampling) -> Completion:
        """The imported text, counted as finished where it is not known how it ended.

        Raises `EngineError` without one.
        """
        key = (query.problem_id, query.method, query.sample)
        text = self.texts.get(key)
        if text is None:
            raise EngineError(f"nothing imported for {query.problem_id}, {query.method}, sample {query.sample}")
        word = self.ends.get(key, "")
        return Completion(text, ends.reason(word), 0, 0, seconds=0.0, server_reason=word)

    @property
    def unknown_ends(self) -> int:
        """Texts of which it is not known whether they were cut off."""
        return len(self.texts) - len(self.ends)

    def describe(self) -> Mapping[str, object]:
        """How many texts there are, and from where."""
        return {
            "engine": "import",
            "generations": len(self.texts),
            "unknown_ends": self.unknown_ends,
            "files": list(self.files),
        }
