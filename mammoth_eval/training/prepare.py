"""Curated sources, made once: what a mixture draws from.

A curated source depends on its file, on how it is read and on the test sets that it was compared with; all three name
the file in the cache in which it is kept, with its report beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from mammoth_eval import benchmarks, resources
from mammoth_eval.errors import DataError
from mammoth_eval.sandbox import Sandbox
from mammoth_eval.training import contamination, curate, rows, sources
from mammoth_eval.training.curate import Report
from mammoth_eval.training.rows import Row
from mammoth_eval.types import Problem

VERSION = "curate/2"
"""Raised with every change that can change what is kept."""


@dataclass(frozen=True, slots=True)
class Against:
    """The test sets that rows are compared with."""

    names: tuple[str, ...]
    missing: tuple[str, ...]
    """Asked for, and not on this machine."""
    index: contamination.Index


def against(names: Sequence[str], data_dir: Path | None, cache_dir: Path) -> Against:
    """The index over the benchmarks `names`; those whose file is not on this machine are named, not fetched."""
    problems: list[Problem] = []
    found, missing = [], []
    for name in names:
        benchmark = benchmarks.get(name)
        places = [
            folder / "benchmarks" / benchmark.file for folder in (data_dir, cache_dir) if folder and benchmark.file
        ]
        if any(place.is_file() for place in [*places, benchmark.origin.parent / (benchmark.file or "-")]):
            problems += benchmarks.load(benchmark, data_dir=data_dir, cache_dir=cache_dir)
            found.append(name)
        else:
            missing.append(name)
    return Against(tuple(found), tuple(missing), contamination.Index(problems))


def test_sets(names: Sequence[str] = ()) -> list[str]:
    """The benchmarks of these names (``paper`` is the nine); all with rows of their own where none is named."""
    if names:
        return [name for given in names for name in (benchmarks.PAPER if given == "paper" else (given,))]
    return [name for name in benchmarks.names() if not benchmarks.get(name).generator]


def source(
    name: str, tests: Against, data_dir: Path | None, cache_dir: Path, limit: int | None = None
) -> tuple[list[Row], Report]:
    """The curated rows of a source: a name of `sources.SOURCES`, MathInstruct, or a file in the form of our rows.

    `limit`: of its first rows only.
    Raises `DataError` where it is not available or keeps nothing.
    """
    if sources.is_rows(name):
        found = sources.load_rows(name, data_dir, cache_dir)[:limit]
        with _sandbox(any(isinstance(row, Row) and row.kind == "pot" for row in found)) as sandbox:
            kept, report = curate.without_leaks(found, tests.index, sandbox)
    else:
        origin = sources.get(name)
        examples = list(islice(sources.load(name, data_dir, cache_dir), limit))
        with _sandbox(origin.kind == "pot") as sandbox:
            kept, report = curate.curate(examples, origin.policy, tests.index, sandbox)
    if not kept:
        hint = "; a teacher can write some (curate --teacher)" if report.discarded["no rationale"] else ""
        raise DataError(f"source {name}: none of {report.read} rows is kept: {dict(report.discarded)}{hint}")
    return kept, report


def _sandbox(needed: bool) -> AbstractContextManager[Sandbox | None]:
    return Sandbox() if needed else nullcontext()


def cached(name: str, tests: Against, data_dir: Path | None, cache_dir: Path) -> tuple[Row, ...]:
    """The same, out of the cache where it was made before; one process makes it while others that want it wait."""
    path = cache_dir / "curated" / f"{Path(name).stem}-{_key(name, tests, data_dir)}.jsonl"
    if not path.is_file():
        with resources.alone(path.with_suffix(".lock")):
            if not path.is_file():
                _make(path, name, tests, data_dir, cache_dir)
    return rows.read(path)


def _make(path: Path, name: str, tests: Against, data_dir: Path | None, cache_dir: Path) -> None:
    kept, report = source(name, tests, data_dir, cache_dir)
    rows.write_text(path.with_suffix(".report.json"), json.dumps(report.to_json(), indent=1, ensure_ascii=False) + "\n")
    rows.write(path, kept)


def _key(name: str, tests: Against, data_dir: Path | None) -> str:
    digest = hashlib.sha256(f"{VERSION}\0{sources.plain(name)}\0{tests.names}".encode())
    if name in sources.SOURCES:
        digest.update(repr(sources.SOURCES[name].by).encode())
    path = sources.file(name, data_dir)
    if path is not None and path.is_file():
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
