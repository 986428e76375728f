"""Rows of a benchmark: found, checked, and turned into problems.

A file is looked for in the data folder, beside a user's own TOML, in the cache, and at last at its pinned address; its
sha256 is checked wherever it lay. Rows of the hub, of CSV and of Parquet are read with the ``datasets`` library; JSON
and JSON lines are not, since its reader gives 0.7 back as 0.7000000000000001.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import math
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mammoth_eval import hub, registry, resources
from mammoth_eval.benchmarks.adapters import ADAPTERS, Fields
from mammoth_eval.benchmarks.generated import GENERATORS
from mammoth_eval.benchmarks.spec import NO_TRUST, Benchmark, Trust, check_trust, label
from mammoth_eval.errors import BenchmarkError, DownloadError
from mammoth_eval.installing import how_to_install
from mammoth_eval.types import LETTERS, Problem

Row = Mapping[str, Any]

_BUILDERS = {".csv": "csv", ".parquet": "parquet"}
_TIMEOUT = 60.0
LARGEST = 1 << 30
"""Bytes of a file that is downloaded, at most."""
_OPEN_SET = {"paper_form": "open"}
# The released code has open sets and sets of choices, no mixed ones: it asks all of NumGLUE with its ``run_open.py``.
# What follows its protocol to the byte (the prompt ``alpaca``) goes by this entry; everything else goes by the
# problem's own form.
_GOLDEN = (
    0.6180339887498949  # the golden ratio less one: of all steps round a circle, the one that spreads its points best
)


def load(
    benchmark: Benchmark,
    *,
    data_dir: Path | None,
    cache_dir: Path,
    limit: float | None = None,
    seed: int | None = None,
    trust: Trust = NO_TRUST,
) -> tuple[Problem, ...]:
    """The problems of `benchmark`, in row order; with `limit` so many, spread over the set (`sample_rows`).

    Excluded rows are none of them.
    `seed` replaces the seed of a generated benchmark, and is ignored by the others, whose rows are fixed.
    Raises `BenchmarkError` where the rows cannot be had, or are not what the TOML says, or it wants more than `trust`
    gives.
    """
    check_trust(benchmark, trust)
    rows = _generated(benchmark, seed) if benchmark.generator else _stored(benchmark, data_dir, cache_dir)
    adapt = registry.load("row adapter", benchmark.adapter, registry.with_entry_points(ADAPTERS, "adapters"))
    left_out = benchmark.left_out
    asked = [index for index in range(len(rows)) if index not in left_out]
    return tuple(
        _problem(benchmark, asked[place], rows[asked[place]], adapt) for place in sample_rows(len(asked), limit)
    )


def sample_rows(count: int, limit: float | None) -> list[int]:
    """Which of `count` rows stand for all of them: `limit` row numbers, ascending; all where `limit` is None or larger.

    A limit below 1 is a share of them, rounded up.
    The rows are drawn by steps of the golden ratio round the set: evenly spread, whatever its order (several sets are
    sorted by subject), the same for everybody, and nested: the rows of a smaller limit are among those of a larger one,
    so that a run can be made larger without losing what it has.
    """
    if limit is None or limit >= count:
        return list(range(count))
    wanted = math.ceil(round(limit * count, 6)) if limit < 1 else limit  # 0.07 of 100 are 7: a product is not exact
    drawn: set[int] = set()
    step = 0
    while len(drawn) < wanted:
        drawn.add(int(step * _GOLDEN % 1.0 * count))
        step += 1
    return sorted(drawn)


def _stored(benchmark: Benchmark, data_dir: Path | None, cache_dir: Path) -> list[Row]:
    """All rows of a benchmark that is a file or a set of the hub."""
    if benchmark.file:
        path = _find(benchmark, data_dir, cache_dir)
        builder = _BUILDERS.get(path.suffix)
        rows = (
            _read(benchmark, cache_dir, builder, data_files=str(path), split="train")
            if builder
            else _json_rows(benchmark, path)
        )
    else:
        rows = _hub_rows(benchmark, cache_dir)
    if len(rows) != benchmark.rows:
        raise BenchmarkError(f"{label(benchmark.origin)}: {len(rows)} rows, expected {benchmark.rows}")
    return rows


def pin(benchmark: Benchmark) -> hub.Pin | None:
    """The commit of the hub that a benchmark's rows are taken from.

    None where they are not of the hub. Raises `BenchmarkError`.
    """
    if benchmark.file or benchmark.generator or Path(benchmark.hub).is_dir():
        return None
    try:
        return hub.pin(benchmark.hub, benchmark.revision, "dataset")
    except BenchmarkError as error:
        raise type(error)(f"{label(benchmark.origin)}: {error}") from error


def _hub_rows(benchmark: Benchmark, cache_dir: Path) -> list[Row]:
    """Rows of the hub at one commit, or of a folder in the form of the hub's.

    Each commit has a cache of its own: where the hub does not answer, ``datasets`` takes the newest rows that its cache
    holds, whatever revision it was asked for.
    """
    commit = benchmark.revision
    if not hub.COMMIT.fullmatch(commit):
        pinned = pin(benchmark)
        commit = pinned.commit if pinned else ""
    named = {"name": benchmark.config or None, "revision": commit or None}
    return _read(benchmark, cache_dir, benchmark.hub, split=benchmark.split, folder=commit, **named)


def _json_rows(benchmark: Benchmark, path: Path) -> list[Row]:
    """The objects of a JSON list, or of lines of JSON."""
    try:
        rows = resources.json_values(path)
    except (OSError, ValueError) as error:
        raise BenchmarkError(f"{label(benchmark.origin)}: cannot read {path}: {error}") from error
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise BenchmarkError(
                f"{label(benchmark.origin)}: row {number} is a {type(row).__name__}, expected an object"
            )
    return rows


def _read(benchmark: Benchmark, cache_dir: Path, source: str, *, folder: str = "", **options: Any) -> list[Row]:
    """Rows through ``datasets``, which keeps what it makes of them in `folder` of the cache."""
    import datasets  # more than a second to import: only where rows are read

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)  # what goes wrong is raised, and said once
    try:
        return list(datasets.load_dataset(source, cache_dir=str(cache_dir / "datasets" / folder), **options))
    except (*hub.errors(), datasets.exceptions.DatasetsError, RuntimeError) as error:
        where = options.get("data_files", f"hub data set {source}")
        advice = f"; {resources.cache_advice(cache_dir)}" if resources.is_full(error) else ""
        kind = DownloadError if hub.is_unreachable(error) else BenchmarkError
        raise kind(
            f"{label(benchmark.origin)}: cannot read {where}: {_one_line(error.__cause__ or error)}{advice}"
        ) from error


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _find(benchmark: Benchmark, data_dir: Path | None, cache_dir: Path) -> Path:
    """The file, checked; downloaded into the cache where it is nowhere."""
    cached = cache_dir / "benchmarks" / benchmark.file
    places = [data_dir / "benchmarks" / benchmark.file] if data_dir else []
    places += [benchmark.origin.parent / benchmark.file, cached]
    for place in places:
        if not place.is_file():
            continue
        fault = _fault_of_bytes(benchmark, place.read_bytes(), str(place))
        if not fault:
            return place
        if place != cached or not benchmark.address:  # what was downloaded once can be downloaded again
            raise BenchmarkError(fault)
    if not benchmark.address:
        tried = ", ".join(map(str, places))
        raise BenchmarkError(
            f"{label(benchmark.origin)}: no file {benchmark.file!r} and no address to take it from (tried {tried})"
        )
    content = _download(benchmark)
    fault = _fault_of_bytes(benchmark, content, benchmark.address)
    if fault:
        raise BenchmarkError(fault)
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        resources.write_whole(cached, [content])
    except OSError as error:
        raise BenchmarkError(
            f"{cached}: cannot be written: {error.strerror}; {resources.cache_advice(cache_dir)}"
        ) from error
    return cached


def _download(benchmark: Benchmark) -> bytes:
    try:
        with urllib.request.urlopen(benchmark.address, timeout=_TIMEOUT) as answer:
            content: bytes = answer.read(LARGEST + 1)
            if answer.length and len(content) <= LARGEST:  # `read` with a size does not notice
                raise http.client.IncompleteRead(content, answer.length)
    except (OSError, http.client.HTTPException, ValueError) as error:  # the last: an address that is none
        if isinstance(error, urllib.error.HTTPError):
            error.close()  # it holds the connection
        kind = BenchmarkError if type(error) is ValueError else DownloadError
        raise kind(
            f"{label(benchmark.origin)}: cannot download {benchmark.address}: {_one_line(error)}; "
            f"with no network, give a folder that has benchmarks/{benchmark.file} as --data-dir"
        ) from error
    if len(content) > LARGEST:
        raise BenchmarkError(
            f"{label(benchmark.origin)}: {benchmark.address} is larger than {LARGEST >> 20} MiB; give a folder "
            f"that has benchmarks/{benchmark.file} as --data-dir"
        )
    return content


def _fault_of_bytes(benchmark: Benchmark, content: bytes, place: str) -> str:
    """What is wrong with a file's bytes; empty where nothing is."""
    digest = hashlib.sha256(content).hexdigest()
    if not benchmark.sha256 or digest == benchmark.sha256:
        return ""
    return f"{label(benchmark.origin)}: {place} has sha256 {digest}, expected {benchmark.sha256}"


def _problem(benchmark: Benchmark, index: int, row: Row, adapt: Any) -> Problem:
    """One row as a problem; whatever is wrong with it is said with its number."""
    where = f"{label(benchmark.origin)}: row {index}"
    try:
        fields: Fields = adapt(row, benchmark.columns) if benchmark.adapter == "columns" else adapt(row)
    except KeyError as error:
        raise BenchmarkError(f"{where}: no field {error}; there are: {', '.join(row)}") from error
    except (ValueError, TypeError, IndexError, AttributeError) as error:
        raise BenchmarkError(f"{where}: {error}") from error
    fault = _fault(fields, benchmark)
    if fault:
        raise BenchmarkError(f"{where}: {fault}")
    return Problem(
        id=f"{benchmark.name}/{index}",
        benchmark=benchmark.name,
        question=fields.question,
        gold=fields.gold,
        form="choice" if fields.choices else "open",
        choices=fields.choices,
        meta={**fields.meta, **_OPEN_SET} if benchmark.form == "mixed" else fields.meta,
    )


def _fault(fields: Fields, benchmark: Benchmark) -> str:
    """What makes a row no problem; empty where nothing does."""
    if not fields.question.strip():
        return "the question is empty"
    if not fields.gold.strip():
        return "the gold answer is empty"
    if fields.choices and fields.gold not in LETTERS[: len(fields.choices)]:
        return f"gold {fields.gold!r}, expected a letter of its {len(fields.choices)} options"
    form = "choice" if fields.choices else "open"
    if benchmark.form not in (form, "mixed"):
        return (
            f"an {form} row in a benchmark of form {benchmark.form!r}"
            if form == "open"
            else "options in an open benchmark"
        )
    return ""


def _generated(benchmark: Benchmark, seed: int | None) -> list[Row]:
    """All rows of a generated benchmark; under the TOML's own seed they must be the pinned ones."""
    generate = registry.load("generator", benchmark.generator, registry.with_entry_points(GENERATORS, "generators"))
    name = label(benchmark.origin)
    try:
        rows: list[Row] = list(generate(benchmark.generate, benchmark.rows, benchmark.seed if seed is None else seed))
    except ImportError as error:
        raise BenchmarkError(
            f"{name}: generated problems need reasoning-gym ({error}): {how_to_install('generated')}"
        ) from error
    digest = hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()
    if seed in (None, benchmark.seed) and benchmark.sha256 and digest != benchmark.sha256:
        raise BenchmarkError(
            f"{name}: the generated rows have sha256 {digest}, expected {benchmark.sha256}: "
            "another release of reasoning-gym (or of sympy) makes other rows from the same seed"
        )
    return rows
