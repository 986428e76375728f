"""A run on disk: opened for appending, to be scored again, or to be read."""

from __future__ import annotations

import errno
import json
import logging
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from mammoth_eval import paths
from mammoth_eval.errors import StoreError
from mammoth_eval.store import records
from mammoth_eval.store.files import for_writing, lock, mend, write_atomically
from mammoth_eval.store.records import Brief
from mammoth_eval.store.records import Shape as AnyShape
from mammoth_eval.store.spec import RunHeader, RunSpec, read_header
from mammoth_eval.types import Problem, Record

FORMAT = 1
FLUSHED = 5.0
"""Seconds after which records are flushed to the disk, with the next one, and at the end: no kill loses a record, a
power cut those of the last seconds."""
_log = logging.getLogger(__name__)


class RunFolder:
    """A run on disk, open for appending; use as a context manager.

    `kept` says of each problem that has a record whether it errored.
    """

    def __init__(self, results: Path, spec: RunSpec, *, skip_damaged: bool = False) -> None:
        """Create or go on with the run of `spec`; with `skip_damaged`, problems whose records cannot be read are
        pending again.

        Raises `StoreError` where it is in use, damaged or not writable.
        """
        self.path = stored_at(results, spec)
        self.skip_damaged = skip_damaged
        self.spec = spec
        self.unknown: Mapping[str, Any] = {}
        self.sessions: list[dict[str, Any]] = []
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be written: {error.strerror}") from error
        self._lock = _take(self.path)
        try:
            self._open()
        except BaseException:
            os.close(self._lock)
            raise

    def _open(self) -> None:
        if _is_torn(self.path / "run.json"):
            _log.warning("%s: run.json was cut short and is written anew; what it noted of sessions is lost", self.path)
            self._write()
        elif (self.path / "run.json").exists():
            before = load_run(self.path)
            self.sessions, self.unknown = [dict(session) for session in before.sessions], before.unknown
        self._log = self.path / "records.jsonl"
        self._file = for_writing(self._log, os.O_APPEND)
        self._flushed, self._opened = time.monotonic(), os.fstat(self._file)
        try:
            mend(self._log)
            briefs = load_briefs(self.path, skip_damaged=self.skip_damaged)
            self.kept = {record.problem.id: bool(record.fault) for record in briefs}
            if self.kept and not (self.path / "run.json").exists():
                self._write()
        except BaseException:
            os.close(self._file)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        with suppress(OSError):  # what could not be written was said when it was
            self._flush()
        os.close(self._file)
        os.close(self._lock)

    def begin(self, session: Mapping[str, Any]) -> None:
        """Note a new session (engine, sandbox, time) in ``run.json``."""
        self.sessions.append(dict(session))
        self._write()

    def note(self, **known: Any) -> None:
        """Put what has become known since this session began into it."""
        if any(self.sessions[-1].get(name) != value for name, value in known.items()):
            self.sessions[-1].update(known)
            self._write()

    def end(self, reason: str) -> bool:
        """Note what ended this session before its time; whether the session before it ended for the same reason."""
        self.sessions[-1]["ended"] = reason
        self._write()
        return len(self.sessions) > 1 and self.sessions[-2].get("ended") == reason

    def _write(self) -> None:
        header = RunHeader(spec=self.spec, sessions=tuple(self.sessions), unknown=self.unknown)
        content = {"format": FORMAT, "spec": header.settings, "sessions": header.sessions}
        write_atomically(self.path / "run.json", json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def append(self, record: Record) -> None:
        """Add one line; all of it or nothing.

        Raises `StoreError` where the disk is full, and where the file was deleted or replaced since the run began.
        """
        line = records.encode(record)
        self._require_file()
        written = 0
        try:
            while written < len(line):
                written += os.write(self._file, line[written:])
            if time.monotonic() - self._flushed >= FLUSHED:
                self._flush()
        except OSError as error:
            raise StoreError(
                f"{self._log}: {error.strerror}; {len(self.kept)} records are safe: "
                "make room and give the same command again"
            ) from error
        self.kept[record.problem.id] = bool(record.fault)

    def _require_file(self) -> None:
        """Raise `StoreError` where the records file is not the one that is open: what is written would be lost."""
        try:
            here = os.path.samestat(self._log.stat(), self._opened)
        except OSError:
            here = False
        if not here:
            raise StoreError(
                f"{self._log}: was deleted, moved or replaced while the run was writing it; give the same command "
                "again: it goes on with the records that are there"
            )

    def _flush(self) -> None:
        """Have the records on the disk itself, where the file system can say when they are."""
        try:
            os.fsync(self._file)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):
                raise
        self._flushed = time.monotonic()

    def pending(self, problems: Sequence[Problem]) -> list[Problem]:
        """The problems that have no record yet, or an errored one."""
        return [problem for problem in problems if self.kept.get(problem.id, True)]


class Rescoring:
    """All records of a run, open to be replaced by the same ones scored again; use as a context manager.

    The lock comes before the first record is read, so that none which another process adds is lost.
    """

    def __init__(self, path: Path, *, skip_damaged: bool = False) -> None:
        """Take the run at `path`. Raises `StoreError` where there is none or another process writes it."""
        load_run(path)  # before the lock: no file is made where there is no run
        self.path = path
        self.skip_damaged = skip_damaged
        self._lock = _take(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        os.close(self._lock)

    def records(self) -> Iterator[Record]:
        """The records as they are now; see `load_records`."""
        return load_records(self.path, skip_damaged=self.skip_damaged)

    def replace(self, scored: Iterable[Record]) -> None:
        """Write these in place of them, in one step."""
        write_atomically(self.path / "records.jsonl", (records.encode(record) for record in scored))


def _is_torn(file: Path) -> bool:
    """Whether a file of JSON is empty, zeros, or an object that ends before it is whole: what a power cut leaves."""
    try:
        content = file.read_bytes().strip(b"\0 \n").decode("utf-8", "replace")
        json.loads(content)
    except json.JSONDecodeError as error:
        at_end = error.msg.startswith("Unterminated string") or error.pos >= len(content) - len("false")
        return not content or (content.startswith("{") and at_end and error.msg != "Extra data")
    except (OSError, ValueError, RecursionError):
        return False
    return False


def _take(folder: Path) -> int:
    """Lock a run folder, and remove what a kill left of an unfinished write: whoever makes a draft holds the lock."""
    held = lock(folder / "lock", "this run")
    for draft in folder.glob("*.json*.new"):
        with suppress(OSError):
            draft.unlink()
    return held


def stored_at(results: Path, spec: RunSpec) -> Path:
    """The folder of the run of `spec`: the one of its name, or one that an older version named by more than its digest.

    Of several such the one with the most records.
    """
    own = results / spec.folder()
    if (own / "run.json").exists() or not own.parent.is_dir():
        return own
    older = [folder for folder in own.parent.glob(f"{own.name[:-8]}????????") if _is_of(folder, spec)]
    return max(older, key=_records_size, default=own)


def _is_of(folder: Path, spec: RunSpec) -> bool:
    """Whether a folder holds the run of `spec`; one that cannot be read does not."""
    try:
        return load_run(folder).spec.digest() == spec.digest()
    except StoreError:
        return False


def _records_size(folder: Path) -> int:
    log = folder / "records.jsonl"
    return log.stat().st_size if log.is_file() else 0


def load_run(path: Path) -> RunHeader:
    """``run.json`` of the run folder `path`. Raises `StoreError` where there is none, or for one that is damaged."""
    file = path / "run.json"
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise StoreError(f"{path}: no run here (no run.json)") from error
    except (ValueError, OSError, RecursionError) as error:
        raise StoreError(
            f"{file}: cannot be read: {error}; without that file the command that made the run writes it again"
        ) from error
    if not isinstance(content, dict):
        raise StoreError(f"{file}: describes no run, expected an object with format, spec and sessions")
    if content.get("format") != FORMAT:
        raise StoreError(f"{file}: format {content.get('format')}, expected {FORMAT}")
    header = read_header(content, str(file))
    for name in header.spec.prompt_files:  # one that is a path would lead out of any folder that it is put into
        paths.component(name.removeprefix("exemplars/"), f"{file}: prompt_files")
    return header


def load_records(path: Path, *, skip_damaged: bool = False) -> Iterator[Record]:
    """The records of a run, last line of each problem, in the order of the file, one in memory at a time.

    A torn last line is no record, and one of a problem that the run does not ask is named in the log and left out. Any
    other line that cannot be read raises `StoreError` with its number; with `skip_damaged` it is named and left out.
    """
    return _own(path, records.read(path / "records.jsonl", Record, skip_damaged=skip_damaged))


def load_briefs(path: Path, *, skip_damaged: bool = False) -> Iterator[Brief]:
    """The same without texts, for tables: several times as fast."""
    return _own(path, records.read(path / "records.jsonl", Brief, skip_damaged=skip_damaged))


def _own(path: Path, found: Iterator[AnyShape]) -> Iterator[AnyShape]:
    """The records of the problems that the run at `path` asks.

    Of a run that does not say which, as those of earlier versions, all records of its benchmarks are its own.
    """
    spec = load_run(path).spec if (path / "run.json").exists() else None
    asked = spec.problem_ids() if spec else frozenset()
    names = spec.benchmarks if spec else {}
    for record in found:
        problem = record.problem
        if asked and (problem.id not in asked or problem.id.rpartition("/")[0] != problem.benchmark):
            _log.warning("%s: %s is not a problem of this run: its record is left out", path, problem.id)
        elif names and problem.benchmark not in names:
            _log.warning("%s: %s is of no benchmark of this run: its record is left out", path, problem.id)
        else:
            yield record
