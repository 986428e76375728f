"""Lines of ``records.jsonl``: records whole, and in brief (without their texts) for tables over millions of them.

msgspec decodes a line straight into frozen dataclasses and passes over what a shape does not have, without making
strings of it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import msgspec

from mammoth_eval.errors import StoreError
from mammoth_eval.types import Attempt, AttemptScore, Completion, Method, Outcome, Record, Score, Status

_log = logging.getLogger(__name__)


# Structs, not dataclasses: made faster, and not looked at by the garbage collector; a million of each are made and
# dropped.


class BriefProblem(msgspec.Struct, frozen=True, gc=False):
    """Which problem, without its text."""

    id: str
    benchmark: str


class BriefCompletion(msgspec.Struct, frozen=True, gc=False):
    """How a completion ended and what it cost."""

    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    thought_tokens: int | None = None
    unfinished: bool = False
    budget_bound: bool = False


class BriefExecution(msgspec.Struct, frozen=True, gc=False):
    """How a program ended."""

    status: Status
    stdout: str
    error: str


class BriefAttempt(msgspec.Struct, frozen=True, gc=False):
    """An attempt without its texts."""

    method: Method
    completion: BriefCompletion
    execution: BriefExecution | None


class BriefAttemptScore(msgspec.Struct, frozen=True, gc=False):
    """A reading of an attempt without its reason."""

    method: Method
    sample: int
    answer: str | None
    outcome: Outcome
    vote: int | None = None


class BriefScore(msgspec.Struct, frozen=True, gc=False):
    """A score without reasons."""

    answer: str | None
    outcome: Outcome
    path: Method | None
    attempts: tuple[BriefAttemptScore, ...]
    samples: tuple[Outcome, ...]


class Brief(msgspec.Struct, frozen=True, gc=False):
    """A record as tables read it."""

    problem: BriefProblem
    attempts: tuple[BriefAttempt, ...]
    scores: dict[str, BriefScore]
    fault: str


AnyRecord = Record | Brief
AnyAttempt = Attempt | BriefAttempt
AnyScore = Score | BriefScore
AnyAttemptScore = AttemptScore | BriefAttemptScore
Shape = TypeVar("Shape", Record, Brief)


class _Id(msgspec.Struct, frozen=True, gc=False):
    id: str


class _Line(msgspec.Struct, frozen=True, gc=False):
    problem: _Id


_OF_THOUGHTS = ("thought", "thought_tokens", "unfinished", "budget_bound")
"""Fields of a completion that say nothing where thoughts were not looked for."""
_HEAD = b'{"problem":{"id":"'
_LINE = msgspec.json.Decoder(_Line)


def read(log: Path, shape: type[Shape], *, skip_damaged: bool = False) -> Iterator[Shape]:
    """The records of a file in the order of its lines, of several lines of one problem the last; in memory one at a
    time.

    A torn last line is no record. Any other line that cannot be read raises `StoreError` with its number; with
    `skip_damaged` it is named in the log and passed over.
    """
    decoder = msgspec.json.Decoder(shape)
    with _opened(log) as file:  # once: a new scoring may take the file's place at any time
        superseded, count = _superseded(log, file, decoder if skip_damaged else None, shape)
        file.seek(0)
        for number, line in enumerate(file, 1):
            if number > count:
                return
            if number not in superseded:
                try:
                    yield decode(line, decoder, shape)
                except ValueError as error:
                    raise StoreError(
                        f"{log}:{number}: damaged record ({error}); pass --skip-damaged to leave it out"
                    ) from error


def _opened(log: Path) -> BinaryIO:
    try:
        return log.open("rb")
    except OSError as error:
        raise StoreError(f"{log}: cannot be read: {error.strerror}") from error


def _superseded(
    log: Path, file: BinaryIO, decoder: msgspec.json.Decoder[Any] | None, shape: type
) -> tuple[set[int], int]:
    """The lines that do not count, and how many whole lines there are: those with a later line of the same problem.

    With a decoder, damaged lines too: each line is read whole then, so that a damaged one does not replace a good one.
    """
    last: dict[bytes, int] = {}
    out: set[int] = set()
    number = 0
    for number, line in enumerate(file, 1):
        if not line.endswith(b"\n"):
            return out, number - 1
        try:
            if decoder is not None:
                decode(line, decoder, shape)
            key = _id(line)
        except ValueError as error:
            if decoder is not None:
                _log.warning("%s:%d: damaged record left out (%s)", log, number, error)
                out.add(number)
            continue
        before = last.get(key)
        if before is not None:
            out.add(before)
        last[key] = number
    return out, number


def _id(line: bytes) -> bytes:
    """The id of the problem that a line is of, as it is written. Raises `ValueError` where there is none."""
    if line.startswith(_HEAD):
        end = line.find(b'"', len(_HEAD))
        key = line[len(_HEAD) : end]
        if end > 0 and b"\\" not in key:
            return key
    try:
        return json.dumps(_LINE.decode(line).problem.id, ensure_ascii=False).encode()[1:-1]
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def decode(line: bytes, decoder: msgspec.json.Decoder[Shape], shape: type[Shape]) -> Shape:
    """The record of one line. Raises `ValueError` for what is none."""
    try:
        try:
            return decoder.decode(line)
        except ValueError:  # a lone surrogate, which a model can write and UTF-8 cannot hold, or damage
            return msgspec.convert(json.loads(line.decode("utf-8", "surrogatepass")), shape)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def completion_row(completion: Completion) -> dict[str, Any]:
    """A completion as it is written: what says of thoughts only where they were looked for, a server's word if any."""
    row = asdict(completion)
    if not completion.server_reason:
        del row["server_reason"]
    if completion.thought is None:
        row = {name: value for name, value in row.items() if name not in _OF_THOUGHTS}
    return row


def encode(record: Record) -> bytes:
    """The line of one record; prompts are not repeated, a problem with ``run.json`` gives them again."""
    row = asdict(record)
    for attempt, written in zip(record.attempts, row["attempts"], strict=True):
        written["completion"] = completion_row(attempt.completion)
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return (text + "\n").encode("utf-8", "surrogatepass")
