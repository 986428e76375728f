"""Rows of training data in the form of MathInstruct (hub: TIGER-Lab/MathInstruct): JSON lines of `source`,
`instruction`, `output`.

``{"source": "PoT/gsm8k", "instruction": "... Let's write a program.", "output": "clips = 48 / 2\\n...", "provenance":
{...}}``

`source` says the kind of rationale (``PoT/`` or ``CoT/``) and the set; `provenance` is ours: where the row comes from,
who wrote the rationale, what was checked.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from mammoth_eval import resources
from mammoth_eval.errors import DataError, StoreError
from mammoth_eval.store import write_atomically

Kind = Literal["cot", "pot"]
KINDS: tuple[Kind, ...] = ("cot", "pot")
TRIGGER = " Let's write a program."
"""What a row of kind ``pot`` ends its instruction with.

The words of the evaluation's own prompt (``prompts/alpaca.jinja``).
"""
TRIGGERS = (
    "Let's write a program",
    "Let's write a Python program",
    "Let's write a Python program to solve it",
    "Let's program in Python in the response",
    "Please write a program to solve it",
)
"""All that MathInstruct asks for a program with; a full stop may follow."""
_TRIGGER = re.compile(rf"\s*(?:{'|'.join(map(re.escape, TRIGGERS))})\.?\s*\Z".replace("'", "['’]"), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One example as a model is trained on it."""

    source: str
    """``PoT/<set>`` or ``CoT/<set>``."""
    instruction: str
    """The question; a program is asked for in its last words."""
    output: str
    """What the model is to write: a program that prints, or reasoning that ends in the answer."""
    provenance: Mapping[str, str] = field(default_factory=dict)
    """Where it comes from, who wrote the rationale, what was checked."""

    @property
    def kind(self) -> Kind:
        """``pot`` or ``cot``."""
        return "pot" if "PoT" in self.source.split("/") else "cot"

    @property
    def question(self) -> str:
        """The instruction without the words that ask for a program: what is compared with other questions."""
        return _TRIGGER.sub("", self.instruction)


class Refused(NamedTuple):
    """A row of a file that cannot be taken: its place, and what is wrong with it."""

    place: str
    why: str
    reason: str = "unreadable row"
    """Under which a report counts it."""


def make(name: str, kind: Kind, question: str, output: str, provenance: Mapping[str, str]) -> Row:
    """A row of the set `name`, its instruction made from `question`."""
    folder, tail = ("PoT", TRIGGER) if kind == "pot" else ("CoT", "")
    return Row(f"{folder}/{name}", question + tail, output, provenance)


def read(path: Path) -> tuple[Row, ...]:
    """The rows of a file.

    JSON lines, or one JSON list as the hub has MathInstruct. Raises `DataError` with the row's number.
    """
    return tuple(from_json(record, f"{path.name}: row {number}") for number, record in enumerate(records(path)))


def read_each(path: Path) -> list[Row | Refused]:
    """The same for a file made elsewhere.

    A row that is none is refused by itself. Raises `DataError` where there is no file.
    """
    return [
        row if isinstance(row, Refused) else accept(row, f"{path.name}: row {number}") for number, row in _each(path)
    ]


def accept(record: object, where: str) -> Row | Refused:
    """One row, or what it lacks."""
    try:
        return from_json(record, where)
    except DataError as error:
        return Refused(where, str(error).removeprefix(f"{where}: "), _empty(record) or "unreadable row")


def _empty(record: object) -> str:
    """The reason where a field is a text with nothing in it; empty where none is."""
    fields = record if isinstance(record, dict) else {}
    blank = [
        name for name in ("instruction", "output") if isinstance(fields.get(name), str) and not fields[name].strip()
    ]
    return {"instruction": "empty question", "output": "empty output"}[blank[0]] if blank else ""


def _each(path: Path) -> Iterator[tuple[int, Any]]:
    """The JSON values of a file with their numbers; `Refused` for a line that is no JSON."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    if text.lstrip().startswith("["):
        yield from enumerate(records(path))
        return
    for number, line in enumerate(line for line in text.split("\n") if line.strip()):
        try:
            yield number, json.loads(line)
        except ValueError as error:
            yield number, Refused(f"{path.name}: row {number}", f"no JSON: {error}")


def from_json(record: object, where: str) -> Row:
    """One row. Raises `DataError` for a field that is missing, no text, or empty."""
    if not isinstance(record, dict):
        raise DataError(f"{where}: a {type(record).__name__}, expected an object with source, instruction, output")
    for name in ("source", "instruction", "output"):
        value = record.get(name)
        if value is None:
            raise DataError(f"{where}: no field {name!r}; there are: {', '.join(record) or 'none'}")
        if not isinstance(value, str) or not value.strip():
            raise DataError(f"{where}: field {name!r} is {value!r}, expected a text that is not empty")
    source = record["source"].removeprefix("data/").removesuffix(".json")  # as the hub's file writes it
    if not {"PoT", "CoT"} & set(source.split("/")):
        raise DataError(f"{where}: source {record['source']!r} does not say its kind, expected PoT/<set> or CoT/<set>")
    provenance = record.get("provenance") or {}
    if not isinstance(provenance, dict):
        raise DataError(f"{where}: field 'provenance' is {provenance!r}, expected an object of texts")
    return Row(
        source, record["instruction"], record["output"], {name: str(value) for name, value in provenance.items()}
    )


def records(path: Path) -> list[Any]:
    """The JSON values of a file of JSON lines, or of one JSON list. Raises `DataError` with the line."""
    try:
        return resources.json_values(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write rows as JSON lines, all or nothing. Raises `StoreError` where the disk is full."""
    write_text(path, "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows))


def write_text(path: Path, content: str) -> None:
    """Write a file, all or nothing, and the folders above it. Raises `StoreError` where the disk is full."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path.parent}: cannot be made: {error.strerror}") from error
    write_atomically(path, content)


def digest(rows: Iterable[Row]) -> str:
    """sha256 over what a model would be trained on, in its order: sixteen hex digits."""
    found = hashlib.sha256()
    for row in rows:
        found.update(json.dumps([row.source, row.instruction, row.output]).encode())
    return found.hexdigest()[:16]
