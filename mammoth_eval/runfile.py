"""A run as a file: every flag of ``mammoth-eval run`` as a key of TOML, and ``[matrix]`` for several runs.

    benchmarks = ["gsm8k", "math"]
    samples = 4
    temperature = 0.7

    [matrix]                          # every combination is one run
    model = ["a/model", "b/model"]
    decoding = ["pot", "hybrid"]

Paths are as on the command line: from the current folder.
"""

from __future__ import annotations

import itertools
import json
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from mammoth_eval import config, presets
from mammoth_eval.config import Document
from mammoth_eval.errors import UsageError
from mammoth_eval.settings import Settings
from mammoth_eval.types import Sampling

Format = Literal["table", "markdown", "csv", "latex", "html", "json"]


class RunFile(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of a run file: those of `Settings`, and where the results go."""

    model: str = ""
    """Hub id or folder.

    To an engine without weights, the name that its server knows, or a file. Empty: the embedded model.
    """
    benchmarks: tuple[str, ...] = ("paper",)
    """Names, TOML files, or the groups paper, ind, ood, generated."""
    concurrency: int | Literal["auto"] = "auto"
    """Problems in progress at once; auto: enough to keep the engine busy."""
    results_dir: Path = Path("results")
    """The store."""
    skip_damaged: bool = False
    """Problems whose records cannot be read are pending again."""
    format: Format = "table"
    """Form of the tables: table, markdown, csv, latex, html, json."""
    quiet: bool = False
    """No progress display."""


HIDDEN = ("cache_dir", "allow_code", "allow_http")
"""Settings that a file cannot have: the cache is the environment's, and trust is given by who runs the file."""
CODE = ("engine", "decoding", "preset", "graders")
"""Keys that may name code as ``module:attribute``."""
AXES = tuple(name for name in config.keys(Settings) if name not in HIDDEN)
"""What a matrix may vary: the rest moves no number."""


def read(path: Path, *, allow_code: bool = False) -> tuple[dict[str, Any], ...]:
    """What the file says, by the fields of `RunFile`: one dict for each run, the last axis of the matrix varying
    fastest.

    Raises `UsageError` naming the file, the line and the key; also where it names code, unless `allow_code`.
    """
    document = config.read_document(path, str(path), UsageError, "not a readable run file")
    table = document.table("not a readable run file")
    axes = dict(_axes(table.pop("matrix", {}), table, document))
    said = config.values(RunFile, table, document, given=HIDDEN)
    runs = tuple({**said, **dict(zip(axes, point, strict=True))} for point in itertools.product(*axes.values()))
    for run in () if allow_code else runs:
        _refuse_code(run, axes, document)
    return runs


def _refuse_code(run: Mapping[str, Any], axes: Mapping[str, Any], document: Document) -> None:
    """Raise `UsageError` where a run names code, which a file from elsewhere must not bring along."""
    named = {key: run[key] for key in CODE if ":" in str(run.get(key) or "")}
    model = str(run.get("model") or "")
    if run.get("engine") == "scripted" and ":" in model and not Path(model).exists():
        named["model"] = model
    if run.get("engine_args", {}).get("trust_remote_code"):
        named["engine_args"] = "trust_remote_code"
    for key, value in named.items():
        place = ("matrix", key) if key in axes else (key,)
        raise document.wrong(place, f"{key} = {value!r} runs code; --allow-code lets it, if you trust the file")


def _axes(matrix: object, table: Mapping[str, Any], document: Document) -> Iterator[tuple[str, list[Any]]]:
    """Each key of ``[matrix]`` with its values."""
    if not isinstance(matrix, dict):
        raise document.wrong(("matrix",), f"matrix = {matrix!r}, expected a table")
    for key, entries in matrix.items():
        place = ("matrix", key)
        if key in table:
            raise document.wrong(place, f"{key} is set outside the matrix too: keep one of them")
        if not isinstance(entries, list) or not entries:
            raise document.wrong(
                place, f"matrix.{key} = {entries!r}, expected a list of values of {key}, one for each run"
            )
        read_one = [
            config.values(Settings, {key: one}, document, ("matrix",), given=HIDDEN, partial=True) for one in entries
        ]
        yield key, [one[key] for one in read_one]


def template() -> str:
    """A run file with every key: its text and its default, what a run needs uncommented."""
    texts, defaults = config.docs(RunFile), _defaults()
    lines = [
        "# A run of mammoth-eval: mammoth-eval run --config FILE. Flags override what stands here; --dry-run shows "
        "the plan."
    ]
    tables = []
    for name in config.keys(RunFile):
        if name in HIDDEN:
            continue
        comment = textwrap.wrap(texts[name], 100, initial_indent="# ", subsequent_indent="# ")
        if isinstance(defaults[name], Mapping):
            tables += ["", *comment, f"# [{name}]"]
        else:
            mark = "" if name in ("model", "benchmarks") else "# "
            lines += ["", *comment, f"{mark}{name} = {_written(defaults[name])}"]
    matrix = ["", "# Several runs, one after another: every combination of the values below.", "# [matrix]"]
    matrix += ['# decoding = ["pot", "hybrid"]', "# seed = [0, 1]"]
    return "\n".join([*lines, *tables, *matrix]) + "\n"


def _defaults() -> dict[str, Any]:
    """The value of each key where nothing is said: where that is the preset's, the one of the preset ``default``;
    where nothing is changed in the drawing, the neutral one.
    """
    blank = RunFile()
    found = {}
    for name in config.keys(RunFile):
        value = getattr(blank, name)
        found[name] = getattr(presets.DEFAULT, name, getattr(Sampling(), name, None)) if value is None else value
    return {**found, "limit": found["limit"] or 0, "data_dir": found["data_dir"] or Path("data")}


def _written(value: object) -> str:
    """A value as TOML: JSON's notation of texts, numbers and flat lists is TOML's as well."""
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)
