"""How imported completions ended, where their rows say it.

Rows say it in the words of the server or engine that made them, which are those of `engines.finish`; of several
completions by one word for all of them, or by a list. What ends a text may itself be named: the number or the name of
an end token.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mammoth_eval.engines import finish

FIELDS = (
    "finish_reason",
    "finish_reasons",
    "finishReason",
    "stop_reason",
    "stop_reasons",
    "stopReason",
    "done_reason",
)
"""Where rows say it in a word; the first that says anything."""
TRUTHS = ("truncated", "is_truncated")
"""Where they say it by true (the limit of new tokens) and false."""
_TOKEN = re.compile(r"<[^<>\s]+>")


def of_row(row: Mapping[str, Any], count: int) -> tuple[str, ...]:
    """The words for the `count` completions of a row, empty where it says nothing of one; none where of no one."""
    for name in (*FIELDS, *TRUTHS):
        said = row.get(name)
        words = tuple(map(_word, _flat(said))) if isinstance(said, list) else (_word(said),) * count
        if any(words) and len(words) == count:
            return words
    return ()


def reason(word: str) -> str:
    """How a completion ended, in our words; `finish.STOP` where nothing is known (`word` is empty).

    A server that gave up cannot be asked again here: `finish.OTHER`.
    """
    ours = finish.of_word(word)
    return finish.OTHER if ours == finish.AGAIN else ours


def _flat(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        yield from _flat(value) if isinstance(value, list) else [value]


def _word(value: Any) -> str:
    """One word, number of an end token or truth value as a word; empty for what says nothing."""
    if isinstance(value, bool):
        return finish.LENGTH if value else finish.STOP
    if isinstance(value, int) or (isinstance(value, str) and _TOKEN.fullmatch(value.strip())):
        return finish.STOP
    return value.strip() if isinstance(value, str) else ""
