"""What a run tells whoever looks on: one frozen value for each thing that happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mammoth_eval.store.records import Brief
from mammoth_eval.types import Record


@dataclass(frozen=True, slots=True)
class Opened:
    """The run folder is open and locked."""

    path: Path
    sizes: dict[str, int]
    """Problems in all, by benchmark."""
    grader: str
    """The run's own: the first."""
    pins: tuple[str, ...]
    """What is taken from the hub, at which commit: one line each."""


@dataclass(frozen=True, slots=True)
class Known:
    """A record that the store had already and that stays."""

    record: Brief


@dataclass(frozen=True, slots=True)
class Downloading:
    """Files of the model are fetched from the hub before the engine starts."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Starting:
    """The engine is started now, which may take minutes."""

    engine: str
    model: str


@dataclass(frozen=True, slots=True)
class Started:
    """The engine answers; problems are sent to it from now on."""


@dataclass(frozen=True, slots=True)
class Finished:
    """One more record is on disk."""

    record: Record


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the user should read; the run goes on, or an error follows that says why it does not."""

    text: str


@dataclass(frozen=True, slots=True)
class Errored:
    """Told at the end of a run of which records are errored: how many, the commonest reason, what to do."""

    text: str


Event = Opened | Known | Downloading | Starting | Started | Finished | Notice | Errored
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """A listener that does nothing."""
