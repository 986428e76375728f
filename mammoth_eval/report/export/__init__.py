"""Runs in the forms of others: tables, JSON lines, lm-evaluation-harness's files, the schema of Every Eval Ever."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mammoth_eval import registry
from mammoth_eval.report.stored import Run

FORMATS = {
    "csv": "mammoth_eval.report.export.table:to_csv",
    "parquet": "mammoth_eval.report.export.table:to_parquet",
    "jsonl": "mammoth_eval.report.export.lines:to_jsonl",
    "lm-eval": "mammoth_eval.report.export.lm_eval:to_lm_eval",
    "every-eval-ever": "mammoth_eval.report.export.every_eval_ever:to_every_eval_ever",
}
"""Name to dotted path of ``(run, path) -> files written``.

`path` is a file of the first three, a folder of the others.
"""


def export(run: Run, form: str, path: Path, **options: bool) -> list[Path]:
    """Write `run` as `form` to `path`; the files that were written. `options` are those of the form's own function.

    Raises `OSError` where that cannot be done.
    """
    write: Callable[..., list[Path]] = registry.load("export format", form, FORMATS)
    return write(run, path, **options)


__all__ = ["FORMATS", "export"]
