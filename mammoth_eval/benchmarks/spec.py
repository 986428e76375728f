"""What a benchmark's TOML says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Literal

from msgspec import Struct, field

from mammoth_eval import config
from mammoth_eval.config import Document
from mammoth_eval.errors import BenchmarkError
from mammoth_eval.types import Policy

Group = Literal["ind", "ood", "extra", "generated"]
BenchmarkForm = Literal["open", "choice", "mixed"]


@dataclass(frozen=True, slots=True)
class Trust:
    """What a benchmark's TOML may do besides saying where rows lie and what is in them: by default nothing."""

    code: bool = False
    """Name functions as ``module:function``, which are imported and called."""
    http: bool = False
    """Name addresses that are not https."""


NO_TRUST = Trust()
"""For a file of whoever wrote it."""


class Benchmark(Struct, frozen=True, forbid_unknown_fields=True, rename={"policy": "grading"}):
    """One benchmark, as its TOML describes it."""

    name: str
    """The TOML's file name without its ending."""
    origin: Path
    """The TOML itself: messages name it, and a relative `file` is also looked for beside it."""
    title: str
    """As tables and pages show it."""
    paper: str
    """``arXiv:`` identifier, or where the set was first described."""
    licence: str
    """Of the rows: an SPDX identifier, or what the source says."""
    rows: int
    """How many rows there must be."""
    form: BenchmarkForm
    """``mixed``: open and choice rows side by side, each problem says which it is."""
    description: str = ""
    """What it asks, in a sentence."""
    group: Group = "extra"
    """``ind`` and ``ood``: the paper's nine; only these enter its averages."""
    file: str = ""
    """Where the rows lie below ``benchmarks/`` of a data folder, of the cache, or beside the TOML."""
    sha256: str = ""
    """Of the file's bytes, or of the generated rows under their own seed; empty: not checked (a user's own file)."""
    repository: str = ""
    """``owner/name``; with `commit` and `path` the pinned address of the file."""
    commit: str = ""
    """40 hexadecimal digits."""
    path: str = ""
    """Of the file inside `repository`."""
    url: str = ""
    """An address of the file, in place of repository, commit and path."""
    hub: str = ""
    """Dataset of the hub.

    Rows come from it where there is no `file`; beside a file it only says where the same set is found.
    """
    config: str = ""
    """Configuration (subset) of the hub data set."""
    split: str = "test"
    """Split of the hub data set."""
    revision: str = ""
    """Branch, tag or commit of the hub data set; empty: its main branch, pinned to the commit found there."""
    generator: str = ""
    """What makes the rows from a seed instead of reading them: a name of `generated.GENERATORS` or a dotted path."""
    generate: Mapping[str, Any] = field(default_factory=dict)
    """Options of `generator`."""
    seed: int = 0
    """Seed of `generator`."""
    adapter: str = "columns"
    """Row adapter: a name of `adapters.ADAPTERS` or a dotted path ``module:function``."""
    columns: Mapping[str, Any] = field(default_factory=dict)
    """For the adapter ``columns``: which field is what."""
    exemplars: str = "math"
    """Family of few-shot exemplars, a file of ``prompts/exemplars/``."""
    excluded: Mapping[str, Any] = field(default_factory=dict)
    """Rows that are no problems, for every model, because no grader can decide them: row numbers from 0, by the reason.

    `rows` counts them; the other problems keep their ids.
    """
    policy: Policy = field(default_factory=Policy)
    """When two answers count as equal: the TOML's ``[grading]`` table."""

    @property
    def left_out(self) -> frozenset[int]:
        """The numbers of all `excluded` rows."""
        return frozenset(number for numbers in self.excluded.values() for number in numbers)

    @property
    def problems(self) -> int:
        """How many rows are asked."""
        return self.rows - len(self.left_out)

    @property
    def address(self) -> str:
        """The pinned address of the file; empty where there is none."""
        if self.repository:
            return f"https://raw.githubusercontent.com/{self.repository}/{self.commit}/{self.path}"
        return self.url


class Columns(Struct, frozen=True, forbid_unknown_fields=True):
    """The TOML's ``[columns]``, where rows need no other adapter."""

    question: str
    """The row's field that holds the question."""
    gold: str
    """The one that holds the right answer."""
    meta: tuple[str, ...] = ()
    """Those that are kept beside them."""


def read(path: Path) -> Benchmark:
    """The benchmark of one TOML file; raises `BenchmarkError` naming the file, the line and the key."""
    if not path.is_file():
        raise BenchmarkError(f"{path}: no such benchmark file")
    document = config.read_document(path, label(path), BenchmarkError)
    table = document.table()
    benchmark = config.build(Benchmark, table, document, name=path.stem, origin=path)
    if benchmark.adapter == "columns" and not benchmark.generator:
        config.build(Columns, benchmark.columns, document, ("columns",))
    _check_source(benchmark, document)
    _check_excluded(benchmark, document)
    return benchmark


def label(path: Path) -> str:
    """How messages name a TOML: its folder and file, not the whole path."""
    return f"{path.parent.name or '.'}/{path.name}"


def _check_source(benchmark: Benchmark, document: Document) -> None:
    """There is somewhere to take rows from, and what is pinned is pinned in full."""
    if not (benchmark.file or benchmark.hub or benchmark.generator):
        raise document.wrong((), "no source of rows: one of 'file', 'hub', 'generator' is needed")
    if benchmark.file and not is_below(benchmark.file):
        raise document.wrong(
            ("file",), f"file = {benchmark.file!r}, expected a path below the folder of data, without '..'"
        )
    if benchmark.repository and not (re.fullmatch(r"[0-9a-f]{40}", benchmark.commit) and benchmark.path):
        raise document.wrong(
            ("repository",), "'repository' needs 'commit' (40 hexadecimal digits) and 'path' beside it"
        )
    if benchmark.sha256 and not re.fullmatch(r"[0-9a-f]{64}", benchmark.sha256):
        raise document.wrong(("sha256",), f"sha256 = {benchmark.sha256!r}, expected 64 hexadecimal digits")
    if benchmark.address and not (benchmark.file and benchmark.sha256):
        raise document.wrong((), "an address needs 'file' and 'sha256' beside it: what is downloaded is checked")


def _check_excluded(benchmark: Benchmark, document: Document) -> None:
    """Excluded rows are lists of numbers of rows."""
    for reason, numbers in benchmark.excluded.items():
        whole = isinstance(numbers, list) and all(type(number) is int for number in numbers)
        if not whole or not all(0 <= number < benchmark.rows for number in numbers):
            raise document.wrong(
                ("excluded", reason), f"excluded = {numbers!r}, expected row numbers from 0 to {benchmark.rows - 1}"
            )


def is_below(path: str) -> bool:
    """Whether a path can only lead below the folder that it is taken from, on any system."""
    forms = (PurePosixPath(path), PureWindowsPath(path))
    return not any(form.is_absolute() or form.drive or form.root or ".." in form.parts for form in forms)


def check_trust(benchmark: Benchmark, trust: Trust) -> None:
    """Raise `BenchmarkError` where the TOML wants more than `trust` gives."""
    for key, name in (("adapter", benchmark.adapter), ("generator", benchmark.generator)):
        if ":" in name and not trust.code:
            raise BenchmarkError(
                f"{label(benchmark.origin)}: {key} = {name!r} runs code of that module; --allow-code lets it, if you "
                f"trust the file"
            )
    if benchmark.address and not benchmark.address.lower().startswith("https://"):
        allowed = trust.http and benchmark.address.lower().startswith("http://")
        if not allowed:
            raise BenchmarkError(
                f"{label(benchmark.origin)}: {benchmark.address} is not https; --allow-http takes http:// as well"
            )
