"""Benchmarks: one TOML each at the top of the project, and the rows that it describes as problems.

``benchmarks/<name>.toml`` says where the rows come from, what they must be (sha256, count), how a row becomes a problem
(an adapter) and when two answers count as equal (``[grading]``). A path that ends in ``.toml`` names a file of the
user's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mammoth_eval import arguments, config, resources
from mammoth_eval.benchmarks.source import load, pin, sample_rows
from mammoth_eval.benchmarks.spec import Benchmark, Group, Trust, read
from mammoth_eval.errors import UnknownName
from mammoth_eval.types import Policy

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


def policy_of(said: Policy | Mapping[str, Any] | str | None, name: str = "policy") -> Policy:
    """The policy that a caller, a configuration or a file of cases means: a `Policy`, its settings by name, or a
    benchmark whose policy it is; None: the default.

    `name` is what messages call it. Raises `UnknownName` for a setting or a benchmark that does not exist,
    `UsageError` for a value that a setting cannot have.
    """
    if said is None:
        return Policy()
    if isinstance(said, str):
        return get(said).policy
    policy: Policy = config.given(name, asdict(said) if isinstance(said, Policy) else said, Policy)
    if not 0 <= policy.tolerance < 1:
        raise arguments.wrong(f"{name}: tolerance", policy.tolerance, "a share from 0 to below 1")
    return policy


__all__ = [
    "IND",
    "OOD",
    "PAPER",
    "Benchmark",
    "Group",
    "Trust",
    "get",
    "is_shipped",
    "load",
    "names",
    "pin",
    "policy_of",
    "read",
    "sample_rows",
]
