"""What a benchmark's TOML says, checked key by key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from mammoth_eval.errors import BenchmarkError
from mammoth_eval.types import Policy

Group = Literal["ind", "ood", "extra", "generated"]
BenchmarkForm = Literal["open", "choice", "mixed"]


@dataclass(frozen=True, slots=True)
class Benchmark:
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
    """Dataset of the hub. Rows come from it where there is no `file`; beside a file it only says where the same set is found."""
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
    policy: Policy = field(default_factory=Policy)
    """When two answers count as equal: the TOML's ``[grading]`` table."""

    @property
    def address(self) -> str:
        """The pinned address of the file; empty where there is none."""
        if self.repository:
            return f"https://raw.githubusercontent.com/{self.repository}/{self.commit}/{self.path}"
        return self.url


def read(path: Path) -> Benchmark:
    """The benchmark of one TOML file; raises `BenchmarkError` naming the file and the key."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BenchmarkError(f"{path}: no such benchmark file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BenchmarkError(f"{label(path)}: not a readable TOML file: {error}") from error
    policy = table.pop("grading", {})
    if not isinstance(policy, dict):
        raise BenchmarkError(f"{label(path)}: grading must be a table")
    _check(path, table, Benchmark, _REQUIRED)
    _check(path, policy, Policy, (), "grading.")
    found = Benchmark(name=path.stem, origin=path, policy=Policy(**policy), **table)
    _check_source(found)
    return found


def label(path: Path) -> str:
    """How messages name a TOML: its folder and file, not the whole path."""
    return f"{path.parent.name or '.'}/{path.name}"


_REQUIRED = ("title", "paper", "licence", "rows", "form")
_NOT_KEYS = {"name", "origin", "policy"}
_PLAIN: dict[Any, tuple[type, ...]] = {str: (str,), int: (int,), float: (int, float), Mapping[str, Any]: (dict,)}


def _check(path: Path, table: Mapping[str, Any], shape: type, required: tuple[str, ...], prefix: str = "") -> None:
    """Every key known, every value of its kind, nothing required missing."""
    hints = get_type_hints(shape)
    known = [item.name for item in fields(shape) if item.name not in _NOT_KEYS]
    for key in required:
        if key not in table:
            raise BenchmarkError(f"{label(path)}: key {key!r} is missing")
    for key, value in table.items():
        if key not in known:
            raise BenchmarkError(f"{label(path)}: unknown key {prefix + key!r}; there are: {', '.join(known)}")
        allowed = get_args(hints[key]) if hints[key] not in _PLAIN else ()
        if allowed and value not in allowed:
            raise BenchmarkError(f"{label(path)}: {prefix}{key} = {value!r}, expected one of {', '.join(map(str, allowed))}")
        if not allowed and (isinstance(value, bool) or not isinstance(value, _PLAIN[hints[key]])):
            kind = _PLAIN[hints[key]][-1].__name__
            raise BenchmarkError(f"{label(path)}: {prefix}{key} = {value!r}, expected a value of type {kind}")


def _check_source(benchmark: Benchmark) -> None:
    """There is somewhere to take rows from, and what is pinned is pinned in full."""
    name = label(benchmark.origin)
    if not (benchmark.file or benchmark.hub or benchmark.generator):
        raise BenchmarkError(f"{name}: no source of rows: one of 'file', 'hub', 'generator' is needed")
    if benchmark.repository and not (re.fullmatch(r"[0-9a-f]{40}", benchmark.commit) and benchmark.path):
        raise BenchmarkError(f"{name}: 'repository' needs 'commit' (40 hexadecimal digits) and 'path' beside it")
    if benchmark.sha256 and not re.fullmatch(r"[0-9a-f]{64}", benchmark.sha256):
        raise BenchmarkError(f"{name}: sha256 = {benchmark.sha256!r}, expected 64 hexadecimal digits")
    if benchmark.address and not (benchmark.file and benchmark.sha256):
        raise BenchmarkError(f"{name}: an address needs 'file' and 'sha256' beside it: what is downloaded is checked")
