"""Benchmarks: one TOML each at the top of the project, and the rows that it describes as problems.

``benchmarks/<name>.toml`` says where the rows come from, what they must be (sha256, count), how a row becomes a problem
(an adapter) and when two answers count as equal (``[grading]``). A path that ends in ``.toml`` names a file of the
user's own.
"""

from __future__ import annotations

from pathlib import Path

from mammoth_eval import resources
from mammoth_eval.benchmarks.source import load, pin, sample_rows
from mammoth_eval.benchmarks.spec import Benchmark, Group, read
from mammoth_eval.errors import UnknownName

IND = ("gsm8k", "math", "aqua", "numglue")
"""The in-domain sets of the paper (arXiv 2309.05653), in its column order."""
OOD = ("svamp", "mathematics", "simuleq", "sat_math", "mmlu_math")
"""The out-of-domain sets of the paper, in its column order."""
PAPER = IND + OOD
"""The nine sets of the paper: averages over them are unweighted."""


def names() -> list[str]:
    """The benchmarks that ship with the project: the paper's nine first, the others by name."""
    shipped = {path.stem for path in resources.folder("benchmarks").glob("*.toml")}
    return [name for name in PAPER if name in shipped] + sorted(shipped - set(PAPER))


def get(name_or_path: str) -> Benchmark:
    """The benchmark of that name, or of that TOML file.

    Raises `UnknownName` with the nearest name, `BenchmarkError` where the file does not say what it must.
    """
    if name_or_path.endswith(".toml"):
        return read(Path(name_or_path))
    known = names()
    if name_or_path not in known:
        raise UnknownName("benchmark", name_or_path, known)
    return read(resources.folder("benchmarks") / f"{name_or_path}.toml")


def is_shipped(benchmark: Benchmark) -> bool:
    """Whether a benchmark is one of the project's own files, not a user's TOML of whatever name."""
    return benchmark.origin.resolve().parent == resources.folder("benchmarks").resolve()


__all__ = [
    "IND",
    "OOD",
    "PAPER",
    "Benchmark",
    "Group",
    "get",
    "is_shipped",
    "load",
    "names",
    "pin",
    "read",
    "sample_rows",
]
