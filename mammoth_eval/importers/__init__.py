"""Generations of other harnesses.

Read (`formats`), matched to problems (`matching`), run like a model's own (`recordings`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mammoth_eval.errors import UsageError
from mammoth_eval.importers.formats import FORMATS, ForeignFile, Generation, read
from mammoth_eval.importers.matching import Key, Matching, match
from mammoth_eval.importers.recordings import PROMPT, Recordings
from mammoth_eval.types import Method, Problem

SHOWN = 10
"""Rows that a message names of those that fit no problem."""


@dataclass(frozen=True, slots=True)
class Imported:
    """Files whose rows were matched to one benchmark."""

    files: tuple[tuple[ForeignFile, Matching], ...]
    problems: tuple[Problem, ...]
    """Those with every method and sample, in the benchmark's order."""
    incomplete: tuple[str, ...]
    """Ids of the others."""
    methods: tuple[Method, ...]
    samples: int

    @property
    def texts(self) -> dict[Key, str]:
        """Every text of `problems` by problem, method and sample."""
        asked = {problem.id for problem in self.problems}
        return {key: text for _, matching in self.files for key, text in matching.texts.items() if key[0] in asked}

    @property
    def ends(self) -> dict[Key, str]:
        """How those ended of which a file says it, in its words."""
        asked = {problem.id for problem in self.problems}
        return {key: end for _, matching in self.files for key, end in matching.ends.items() if key[0] in asked}

    @property
    def decoding(self) -> str:
        """``pot``, ``cot``, or ``both``, from which the hybrid is read."""
        return "both" if len(self.methods) > 1 else self.methods[0]


def load(sources: Sequence[tuple[Path, str, Method | None]], problems: Sequence[Problem]) -> Imported:
    """The files `sources` (path, format, method of rows that do not say it), matched to `problems`.

    Raises `UsageError` where no row fits, or two files answer by one method.
    """
    files: list[tuple[ForeignFile, Matching]] = []
    texts: dict[Key, str] = {}
    for path, name, method in sources:
        file = read(path, name)
        matching = _matched(path, file, problems, method)
        both = next((key for key in matching.texts if key in texts), None)
        if both is not None:
            raise UsageError(f"{path}: {both[0]} has a {both[1]} generation in another file already; one file a method")
        texts |= matching.texts
        files.append((file, matching))
    methods: tuple[Method, ...] = tuple(sorted({method for _, method, _ in texts}, reverse=True))
    samples = 1 + max(sample for _, _, sample in texts)
    complete = _complete(texts, problems, methods, samples)
    if not complete:
        raise UsageError(
            f"no problem has all of {', '.join(methods)} with {samples} samples: the files cover different problems"
        )
    kept = tuple(problem for problem in problems if problem.id in complete)
    incomplete = tuple(problem.id for problem in problems if problem.id not in complete)
    return Imported(tuple(files), kept, incomplete, methods, samples)


def _matched(path: Path, file: ForeignFile, problems: Sequence[Problem], method: Method | None) -> Matching:
    """A file's rows by problem. Raises `UsageError` where a row has no method, or none fits a problem."""
    silent = next((row.line for row in file.rows if (row.method or method) is None), None)
    if silent is not None:
        raise UsageError(f"{path}:{silent}: the row does not say its method; give --method pot or --method cot")
    matching = match(file.rows, problems, method)
    if not matching.texts:
        first = _start(file.rows[0])
        raise UsageError(
            f"{path}: none of its {len(file.rows)} questions is one of {problems[0].benchmark}; the first: {first}"
        )
    return matching


def _complete(
    texts: Mapping[Key, str], problems: Sequence[Problem], methods: Sequence[Method], samples: int
) -> frozenset[str]:
    """Ids of the problems that have every sample by every method."""
    wanted = [(method, sample) for method in methods for sample in range(samples)]
    return frozenset(problem.id for problem in problems if all((problem.id, *rest) in texts for rest in wanted))


def report(file: ForeignFile, matching: Matching) -> dict[str, Any]:
    """What became of a file's lines, all of it: for ``--json``."""
    return {
        "file": file.name,
        "sha256": file.sha256,
        "format": file.format,
        "rows": len(file.rows),
        "matched": len({problem for problem, _, _ in matching.texts}),
        "unmatched": [{"line": row.line, "question": row.question or row.problem_id} for row in matching.unmatched],
        "duplicates": [{"line": row.line, "problem": problem} for row, problem in matching.duplicates],
        "repeats": matching.repeats,
        "without_text": _without_text(file),
        "unknown_ends": len(matching.texts) - len(matching.ends),
        "no_rows": [{"line": line, "fields": fields} for line, fields in file.others],
        "wrong_rows": [{"line": line, "why": why} for line, why in file.wrong],
    }


def describe(file: ForeignFile, matching: Matching) -> list[str]:
    """The same in lines for a person, the first `SHOWN` of what did not fit."""
    matched = len({problem for problem, _, _ in matching.texts})
    parts = [
        f"{file.name}: {len(file.rows)} rows, {matched} problems matched",
        f"{len(matching.unmatched)} rows unmatched",
    ]
    parts += [f"{len(matching.duplicates)} duplicates left out"] if matching.duplicates else []
    parts += [f"{matching.repeats} said again"] if matching.repeats else []
    lines = [", ".join(parts)]
    lines += [f"  line {line} is no row (its fields: {fields})" for line, fields in file.others]
    lines += _first([f"  line {line} is left out: {why}" for line, why in file.wrong])
    lines += _first([f"  line {line} has no text: it counts as no answer" for line in _without_text(file)])
    if unknown := len(matching.texts) - len(matching.ends):
        lines.append(f"  {unknown} texts do not say how they ended: those that were cut off count as finished")
    lines += _first([f"  line {row.line} fits no problem: {_start(row)}" for row in matching.unmatched])
    lines += _first(
        [f"  line {row.line} answers {problem} again; the first row counts" for row, problem in matching.duplicates]
    )
    return lines


def _without_text(file: ForeignFile) -> list[int]:
    """Lines of which a response is null or empty."""
    return [row.line for row in file.rows if not all(text.strip() for text in row.texts)]


def _first(lines: list[str]) -> list[str]:
    """The first `SHOWN` of some lines, and how many more there are."""
    more = len(lines) - SHOWN
    return lines[:SHOWN] + ([f"  ... and {more} more (all in --json)"] if more > 0 else [])


def _start(row: Generation) -> str:
    text = " ".join((row.question or row.problem_id).split())
    return text if len(text) <= 90 else text[:89] + "…"


__all__ = [
    "FORMATS",
    "PROMPT",
    "SHOWN",
    "ForeignFile",
    "Generation",
    "Imported",
    "Matching",
    "Recordings",
    "describe",
    "load",
    "match",
    "read",
    "report",
]
