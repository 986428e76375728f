"""``run.json``: what identifies a run (all that was decided before it and moves a number), and what it ran on.

Read back as the types that write it. A setting of a newer version, which these types do not have, is kept apart.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypedDict

import msgspec
from msgspec import Struct, field, structs

from mammoth_eval.errors import StoreError

_DIGITS = 8
"""Of the number of a row, fewer than these: a damaged one must not fill the memory."""
_STANDING_FOR = ("train", "prompt_files", "rows", "own")
UNMOVING = {
    "openai": ("base_url", "concurrency", "timeout", "retries", "retry_delay", "max_tokens_name", "max_stops"),
    "vllm": ("gpu_memory_utilization", "log_level"),
    "replay": ("delay", "tokens_per_second"),
    "scripted": ("latency", "tokens_per_second"),
}
"""Options of engines that move no number: where the server is, how many requests at once, how patient."""


class RunSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that was decided before a run and moves a number.

    Written as ``run.json``'s `spec`, and read back (`load_run`).
    """

    model: str
    """Hub id, or the name of the model's folder."""
    model_hash: str
    """Fingerprint of a local folder, revision of a hub model, or empty where the engine hides it."""
    engine: str
    """Name, or ``module:Class``."""
    engine_args: Mapping[str, Any]
    """Options of the engine, without keys and tokens."""
    decoding: str
    """Name, or ``module:function``."""
    prompt: str
    """Name of the style."""
    prompt_hash: str
    """sha256 of its file and of the exemplars that it shows."""
    prompt_text: str
    """The template itself: with a problem, and `prompt_files`, it gives the prompt again."""
    rules: str
    """The rules that decided fallbacks; the first of the graders."""
    sampling: Mapping[str, Any]
    """`types.Sampling`: temperature, top_p, top_k, max_tokens, stop, seed."""
    samples: int
    """Samples per problem."""
    benchmarks: Mapping[str, Mapping[str, Any]]
    """name -> hash of the data, rows chosen, policy."""
    sandbox: Mapping[str, Any]
    """Limits and level asked for."""
    versions: Mapping[str, str]
    """Packages that move a number."""
    preset: str = ""
    """Where the settings started from."""
    factors: Mapping[str, str] = field(default_factory=dict)
    """What an ablation groups by (training subset, seed): said by the user."""
    prompt_files: Mapping[str, str] = field(default_factory=dict)
    """The files of exemplars that the template shows from."""
    train: Mapping[str, Any] = field(default_factory=dict)
    """The checkpoint's ``train.json``: what it was trained on, for ablations."""
    rows: Mapping[str, str] = field(default_factory=dict)
    """name -> numbers of the rows that are asked (``0-59``, ``3,7,12-14``); a record of another is not of this run."""
    own: tuple[str, ...] = ()
    """Benchmarks of the user's own TOML, whatever their name: always graded by the policy written down here."""

    @property
    def sizes(self) -> dict[str, int]:
        """Problems that are asked, by benchmark, where that is written down; of imports those that the file covers."""
        counts = {name: row.get("covered", row.get("n")) for name, row in self.benchmarks.items()}
        return {name: n for name, n in counts.items() if isinstance(n, int)}

    def digest(self) -> str:
        """Eight hex digits over all that moves a number: not what hashes of model, prompt and benchmarks stand
        for, not the options in `UNMOVING`."""
        moving = {name: value for name, value in structs.asdict(self).items() if name not in _STANDING_FOR}
        unmoving = UNMOVING.get(self.engine, ())
        moving["engine_args"] = {name: value for name, value in self.engine_args.items() if name not in unmoving}
        text = json.dumps(moving, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def problem_ids(self) -> frozenset[str]:
        """Ids of the problems that the run asks; empty where it was written before `rows` was.

        Raises `StoreError` for numbers that are none.
        """
        return frozenset(f"{name}/{row}" for name, text in self.rows.items() for row in _numbers(text))

    def folder(self) -> str:
        """``<model>/<decoding>-<prompt>-<hash>`` below the results folder."""
        return f"{slug(self.model)}/{slug(self.decoding)}-{slug(self.prompt)}-{self.digest()}"


class RunHeader(Struct, frozen=True, kw_only=True):
    """What ``run.json`` says of a run."""

    spec: RunSpec
    """What was decided before it."""
    sessions: tuple[Mapping[str, Any], ...] = ()
    """What each start of it ran on (engine, sandbox, machine, time), the first first."""
    unknown: Mapping[str, Any] = field(default_factory=dict)
    """Settings of a newer version, which `RunSpec` does not have."""

    @property
    def session(self) -> Mapping[str, Any]:
        """What the last session ran on; empty where none was noted."""
        return self.sessions[-1] if self.sessions else {}

    @property
    def settings(self) -> dict[str, Any]:
        """Every setting by name, those of a newer version among them."""
        return {**structs.asdict(self.spec), **self.unknown}


def ranges(numbers: Iterable[int]) -> str:
    """Ascending numbers in short: ``0-2,7``."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(f"{first}-{last}" if last > first else f"{first}" for first, last in found)


def _numbers(text: str) -> Iterator[int]:
    """The inverse of `ranges`."""
    for part in text.split(","):
        first, dash, last = part.partition("-")
        last = last if dash else first
        if not (first.isdecimal() and last.isdecimal() and len(last) < _DIGITS):
            raise StoreError(f"run.json: rows {text!r:.60}, expected numbers such as 0-59 or 3,7,12-14")
        yield from range(int(first), int(last) + 1)


def read_header(content: Mapping[str, Any], where: str) -> RunHeader:
    """The header that `content` (``spec`` and ``sessions``, out of JSON) says.

    A setting that an older version did not write has its default. Raises `StoreError` for what is no header; `where`
    says which file has it.
    """
    spec = content.get("spec")
    if not isinstance(spec, Mapping):
        raise StoreError(f"{where}: describes no run, expected an object with format, spec and sessions")
    known = {name: spec[name] for name in RunSpec.__struct_fields__ if name in spec}
    unknown = {name: value for name, value in spec.items() if name not in known}
    table = {"spec": known, "sessions": content.get("sessions") or (), "unknown": unknown}
    try:
        header = msgspec.convert(table, RunHeader)
        _check(header)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{where}: {error}") from error
    return header


class _Sampling(TypedDict, total=False):
    temperature: float
    top_p: float
    top_k: int
    max_tokens: int
    stop: list[str]
    seed: int
    thinking: str
    thinking_budget: int


class _Sandbox(TypedDict, total=False):
    level: str
    seconds: float
    wall: float


class _Rows(TypedDict, total=False):
    n: int
    covered: int
    sha256: str
    exemplars: str
    source: dict[str, Any]


class _Session(TypedDict, total=False):
    started: str
    engine: dict[str, Any]
    sandbox: dict[str, Any]


class _Train(TypedDict, total=False):
    tags: dict[str, Any]


def _check(header: RunHeader) -> None:
    """Raise `ValueError` where a value inside the tables of a header has another type than its readers expect."""
    spec = header.spec
    tables: list[tuple[str, object, Any]] = [
        ("sampling", spec.sampling, _Sampling),
        ("sandbox", spec.sandbox, _Sandbox),
        ("train", spec.train, _Train),
        *((f"benchmarks.{name}", row, _Rows) for name, row in spec.benchmarks.items()),
        *(("sessions", session, _Session) for session in header.sessions),
    ]
    for name, table, kind in tables:
        try:
            msgspec.convert(table, kind)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    for session in header.sessions:
        if session.get("started"):
            datetime.fromisoformat(session["started"])


def slug(name: str) -> str:
    """`name` as one folder name: a hub id's slash becomes ``--``."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name.strip("/").replace("/", "--")).strip("-.") or "unnamed"
