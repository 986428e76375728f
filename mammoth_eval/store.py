"""The store: ``<results>/<model>/<run>/run.json`` and ``records.jsonl``.

``run.json`` holds the spec (all that moves a number and was decided before the run; its hash names the folder, so a run whose spec
changed is another run) and the sessions (what each start of it ran on). ``records.jsonl`` holds one line a problem, raw text kept,
appended in the order of completion by a single write. A torn last line is cut off and owed again; a void record is owed again too,
and the last line of a problem counts.

One process writes a run: it holds a lock on the folder's ``lock`` file, and reads what it is going to change only then
(`RunFolder` adds records, `Rescoring` replaces them all). Readers need no lock: a file is replaced in one step or grows at its end.

A run folder may be somebody else's. Nothing is written through a symbolic link in it, and the names in ``run.json`` are checked.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from mammoth_eval import paths, records
from mammoth_eval.errors import StoreError
from mammoth_eval.records import Brief
from mammoth_eval.resources import is_full
from mammoth_eval.types import Problem, Record

FORMAT = 1


@dataclass(frozen=True, slots=True)
class RunSpec:
    """All that was decided before a run and moves a number."""

    model: str
    """Hub id, or the name of the model's folder."""
    model_hash: str
    """Fingerprint of a local folder, revision of a hub model, or empty where the engine hides it."""
    engine: str
    engine_args: Mapping[str, Any]
    decoding: str
    prompt: str
    prompt_hash: str
    prompt_text: str
    """The template itself: with a problem, and `prompt_files`, it gives the prompt again."""
    rules: str
    """The rules that decided fallbacks; the first of the graders."""
    sampling: Mapping[str, Any]
    samples: int
    benchmarks: Mapping[str, Mapping[str, Any]]
    """name -> hash of the data, rows chosen, policy."""
    sandbox: Mapping[str, Any]
    """Limits and level asked for."""
    versions: Mapping[str, str]
    """Packages that move a number."""
    preset: str = ""
    factors: Mapping[str, str] = field(default_factory=dict)
    """What an ablation groups by (training subset, seed): said by the user."""
    prompt_files: Mapping[str, str] = field(default_factory=dict)
    """The files of exemplars that the template shows from."""
    train: Mapping[str, Any] = field(default_factory=dict)
    """The checkpoint's ``train.json``: what it was trained on, for ablations."""

    def digest(self) -> str:
        """Eight hex digits over everything above but what `model_hash` and `prompt_hash` stand for."""
        moving = {name: value for name, value in asdict(self).items() if name not in ("train", "prompt_files")}
        text = json.dumps(moving, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def folder(self) -> str:
        """``<model>/<decoding>-<prompt>-<hash>`` below the results folder."""
        return f"{slug(self.model)}/{slug(self.decoding)}-{slug(self.prompt)}-{self.digest()}"


def slug(name: str) -> str:
    """`name` as one folder name: a hub id's slash becomes ``--``."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name.strip("/").replace("/", "--")).strip("-.") or "unnamed"


class RunFolder:
    """A run on disk, open for appending; use as a context manager.

    `kept` says of each problem that has a record whether it is void.
    """

    def __init__(self, results: Path, spec: RunSpec, *, skip_damaged: bool = False) -> None:
        """Create or go on with the run of `spec`; with `skip_damaged`, problems whose records cannot be read are owed again.

        Raises `StoreError` where it is in use, damaged or not writable.
        """
        self.path = results / spec.folder()
        self.skip_damaged = skip_damaged
        self.spec = spec
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
        if (self.path / "run.json").exists():
            self.sessions = list(load_run(self.path)["sessions"])
        log = self.path / "records.jsonl"
        self._file = _for_writing(log, os.O_APPEND)
        try:
            mend(log)
            found = load_briefs(self.path, skip_damaged=self.skip_damaged)
            self.kept = {record.problem.id: bool(record.fault) for record in found}
            if self.kept and not (self.path / "run.json").exists():
                self._write()
        except BaseException:
            os.close(self._file)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        os.close(self._file)
        os.close(self._lock)

    def begin(self, session: Mapping[str, Any]) -> None:
        """Note a new session (engine, sandbox, time) in ``run.json``."""
        self.sessions.append(dict(session))
        self._write()

    def end(self, reason: str) -> bool:
        """Note what ended this session before its time; whether the session before it ended for the same reason."""
        self.sessions[-1]["ended"] = reason
        self._write()
        return len(self.sessions) > 1 and self.sessions[-2].get("ended") == reason

    def _write(self) -> None:
        content = {"format": FORMAT, "spec": asdict(self.spec), "sessions": self.sessions}
        write_atomically(self.path / "run.json", json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def append(self, record: Record) -> None:
        """Add one line; all of it or nothing. Raises `StoreError` where the disk is full."""
        line = records.encode(record)
        written = 0
        try:
            while written < len(line):
                written += os.write(self._file, line[written:])
        except OSError as error:
            raise StoreError(
                f"{self.path / 'records.jsonl'}: {error.strerror}; {len(self.kept)} records are safe: "
                "make room and give the same command again"
            ) from error
        self.kept[record.problem.id] = bool(record.fault)

    def owed(self, problems: Sequence[Problem]) -> list[Problem]:
        """The problems that have no record yet, or a void one."""
        return [one for one in problems if self.kept.get(one.id, True)]


class Rescoring:
    """All records of a run, open to be replaced by the same ones scored anew; use as a context manager.

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
        write_atomically(self.path / "records.jsonl", (records.encode(one) for one in scored))


def _take(folder: Path) -> int:
    """Lock a run folder, and remove what a kill left of an unfinished write: whoever makes a draft holds the lock."""
    held = lock(folder / "lock", "this run")
    for draft in folder.glob("*.json*.new"):
        with suppress(OSError):
            draft.unlink()
    return held


def lock(path: Path, what: str) -> int:
    """A descriptor that holds the lock file `path` until it is closed. Raises `StoreError` where another process holds it."""
    held = _for_writing(path)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(held)
        raise StoreError(f"{path.parent}: another process is writing {what}; wait for it, or stop it") from error
    except OSError as error:
        os.close(held)
        raise StoreError(f"{path}: cannot be locked: {error.strerror}") from error
    return held


def _for_writing(path: Path, flags: int = 0) -> int:
    """A descriptor of the file `path`, made where there is none. Raises `StoreError`, for a symbolic link or a pipe too."""
    flags |= os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # the last: to open a pipe waits for nobody
    if path.is_symlink():
        raise StoreError(f"{path}: is a symbolic link, which nothing is written through; put the file itself there")
    try:
        return os.open(path, flags, 0o644)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror}") from error


def mend(log: Path) -> int:
    """Cut a torn last line off a records file; the number of bytes cut."""
    with log.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        end = size
        while end > 0:
            start = max(0, end - 65536)
            file.seek(start)
            cut = file.read(end - start).rfind(b"\n")
            if cut >= 0:
                end = start + cut + 1
                break
            end = start
        file.truncate(end)
    return size - end


def write_atomically(path: Path, content: str | Iterable[bytes]) -> None:
    """Replace `path` in one step, or leave all as it was. Raises `StoreError` where it cannot be done."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")  # of its own: two processes may write one file of a cache
    parts = [content.encode("utf-8", "surrogatepass")] if isinstance(content, str) else content
    try:
        with draft.open("xb") as file:
            file.writelines(parts)
        draft.replace(path)
    except OSError as error:
        advice = "; make room and give the same command again" if is_full(error) else ""
        raise StoreError(f"{path}: cannot be written: {error.strerror}{advice}") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def load_run(path: Path) -> dict[str, Any]:
    """``run.json`` of the run folder `path`. Raises `StoreError`."""
    try:
        content: dict[str, Any] = json.loads((path / "run.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise StoreError(f"{path}: no run here (no run.json)") from error
    except (ValueError, OSError, RecursionError) as error:
        raise StoreError(
            f"{path / 'run.json'}: cannot be read: {error}; without that file the command that made the run writes it anew"
        ) from error
    if not isinstance(content, dict) or not isinstance(content.get("spec", {}), dict):
        raise StoreError(f"{path / 'run.json'}: describes no run, expected an object with format, spec and sessions")
    if content.get("format") != FORMAT:
        raise StoreError(f"{path / 'run.json'}: format {content.get('format')}, expected {FORMAT}")
    _check_names(content, f"{path / 'run.json'}: prompt_files")
    return content


def _check_names(content: Mapping[str, Any], where: str) -> None:
    """Raises `StoreError` for a file of exemplars whose name is not one: it would lead out of any folder that it is put into."""
    files = content.get("spec", {}).get("prompt_files", {})
    if not isinstance(files, dict) or not all(isinstance(text, str) for text in files.values()):
        raise StoreError(f"{where}: expected an object, name to text")
    for name in files:
        paths.component(name.removeprefix("exemplars/"), where)


def load_records(path: Path, *, skip_damaged: bool = False) -> Iterator[Record]:
    """The records of a run, last line of each problem, in the order of the file, one in memory at a time.

    A torn last line is no record. Any other line that cannot be read raises `StoreError` with its number; with `skip_damaged` it is
    named in the log and passed over.
    """
    return records.read(path / "records.jsonl", Record, skip_damaged=skip_damaged)


def load_briefs(path: Path, *, skip_damaged: bool = False) -> Iterator[Brief]:
    """The same without texts, for tables: several times as fast."""
    return records.read(path / "records.jsonl", Brief, skip_damaged=skip_damaged)


def find_runs(results: Path) -> list[Path]:
    """Every run folder below `results`, sorted by name."""
    return sorted(found.parent for found in results.glob("*/*/run.json"))
