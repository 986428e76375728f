"""Formats of foreign generations: one function each, from a row of JSON lines (or of a JSON array) to a `Generation`.

The formats are those that these projects write: microsoft/ToRA and microsoft/rho (a list ``code`` of completions beside
the ``question``), Program-of-Thoughts (TIGER-AI-Lab/Program-of-Thoughts, ``run_*.py``: programs in ``generated``,
few-shot prompts on lines of their own), lm-evaluation-harness (``--log_samples``: ``samples_*.jsonl``, a line for each
document and filter).

A response that is null or empty is the empty text: no answer, and named. A line that is damaged or of another shape is
named and left out, as long as any other is a row. Where a row says how its completions ended (``finish_reason`` and the
like), that is kept; where none does, cut-off text cannot be told from finished text and counts as finished, which the
tables say. Tokens count as 0.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from mammoth_eval import registry
from mammoth_eval.errors import UsageError
from mammoth_eval.importers import ends
from mammoth_eval.types import Method

FORMATS = {
    "jsonl": "mammoth_eval.importers.formats:plain",
    "tora": "mammoth_eval.importers.formats:tora",
    "pot": "mammoth_eval.importers.formats:program_of_thoughts",
    "lm-eval": "mammoth_eval.importers.formats:lm_eval",
}
"""Name to dotted path of ``(row) -> Generation | None``.

None for a line that is no row, `ValueError` for a wrong one.
"""

CONTEXT_FIELDS = ("body", "passage")
"""Where the documents of lm-evaluation-harness hold what stands before the question, in any case."""

QUESTION_FIELDS = ("question", "problem", "input", "query", "prompt")
"""Where they hold the question itself, in any case; the first that there is."""

TEXT_FIELDS = ("text", "completion", "output")
"""Where plain rows hold the completion; the first that there is."""


@dataclass(frozen=True, slots=True)
class Generation:
    """What one row of a foreign file says: a question and the completions that a model gave."""

    texts: tuple[str, ...]
    """Completions; several are samples."""
    question: str = ""
    problem_id: str = ""
    """``<benchmark>/<row>`` where the file knows it; decides before `question`."""
    method: Method | None = None
    """Where the row itself says it."""
    sample: int | None = 0
    """The number of the first of `texts`; None where rows may bring several samples and this one says no number."""
    ends: tuple[str, ...] = ()
    """How each of `texts` ended, in the file's words (`importers.ends`); empty where the row does not say."""
    line: int = 0
    """In its file, from 1; in a JSON array the number of the row."""
    also: tuple[str, ...] = ()
    """Other texts of the row that may be its question, where it does not say which is."""


@dataclass(frozen=True, slots=True)
class ForeignFile:
    """A file of foreign generations, read."""

    name: str
    sha256: str
    format: str
    rows: tuple[Generation, ...]
    others: tuple[tuple[int, str], ...] = ()
    """Lines that are no rows, such as a few-shot prompt: number, and the names of their fields."""
    wrong: tuple[tuple[int, str], ...] = ()
    """Lines that cannot be read: number, and why."""


def read(path: Path, name: str) -> ForeignFile:
    """The rows of the file `path` in format `name`.

    Raises `UsageError` naming the line, and what was expected there.
    """
    adapt: Callable[[Mapping[str, Any]], Generation | None] = registry.load("import format", name, FORMATS)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    rows: list[Generation] = []
    others: list[tuple[int, str]] = []
    wrong: list[tuple[int, str]] = []
    for number, line in _lines(path, _unpacked(path, content)):
        try:
            row = _object(line)
            generation = _adapted(name, adapt, row)
        except ValueError as error:
            wrong.append((number, str(error)))
            continue
        if generation is None:
            others.append((number, ", ".join(row)))
        else:
            rows.append(replace(generation, line=number))
    if not rows:
        raise UsageError(
            f"{path}:{wrong[0][0]}: {wrong[0][1]}"
            if wrong
            else f"{path}: no generation in it; expected JSON lines of format {name}"
        )
    digest = hashlib.sha256(content).hexdigest()
    return ForeignFile(path.name, digest, name, tuple(_filled(rows)), tuple(others), tuple(wrong))


def _adapted(
    name: str, adapt: Callable[[Mapping[str, Any]], Generation | None], row: Mapping[str, Any]
) -> Generation | None:
    """The generation of a row, with how it ended. Raises `ValueError` saying what was expected, and what is there."""
    try:
        generation = adapt(row)
    except ValueError as error:
        raise ValueError(f"not format {name}: {error}; the line has: {', '.join(row) or 'nothing'}") from error
    return generation and replace(generation, ends=ends.of_row(row, len(generation.texts)))


def _filled(rows: Sequence[Generation]) -> Iterator[Generation]:
    """`rows`, in each without any response as many empty texts as the others have samples."""
    most = max(len(row.texts) for row in rows)
    for row in rows:
        missing = ("",) * (max(most, 1) - len(row.texts))
        yield row if any(row.texts) else replace(row, texts=row.texts + missing)


def _unpacked(path: Path, content: bytes) -> bytes:
    """What a file says, out of its gzip and without a byte order mark, where it has them."""
    if content.startswith(b"\x1f\x8b"):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise UsageError(f"{path}: a damaged gzip file: {error}") from error
    return content.removeprefix(b"\xef\xbb\xbf")


def _lines(path: Path, content: bytes) -> Iterator[tuple[int, Any]]:
    """The lines of JSON lines by number, unread, or the values of one JSON array with their places in it, from 1."""
    if not content.lstrip().startswith(b"["):
        yield from ((number, line) for number, line in enumerate(content.split(b"\n"), 1) if line.strip())
        return
    try:
        yield from enumerate(_parsed(content, "one JSON array or one JSON object a line"), 1)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from error


def _object(line: Any) -> dict[str, Any]:
    """A line, or a value of an array, as an object. Raises `ValueError` where it is none."""
    value = _parsed(line, "one JSON object a line") if isinstance(line, bytes) else line
    if not isinstance(value, dict):
        raise ValueError(f"a JSON {type(value).__name__}, expected an object")
    return value


def _parsed(text: bytes, expected: str) -> Any:
    try:
        return json.loads(text.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}; expected {expected}") from error


def plain(row: Mapping[str, Any]) -> Generation:
    """``{"question" or "problem_id", "text"}``, optional ``method`` (pot, cot), ``sample``; ``text`` may be a list of
    samples.

    Where there is no ``text``, ``completion`` or ``output`` is read. Rows without ``sample`` that answer a question by
    different texts are its samples in their order, if every question has as many of them.
    """
    method = row.get("method")
    if method not in (None, "pot", "cot"):
        raise ValueError(f"method {method!r}, expected pot or cot")
    sample = row.get("sample")
    if sample is not None and (not isinstance(sample, int) or sample < 0):
        raise ValueError(f"sample {sample!r}, expected a number from 0")
    texts = _texts(row, next((name for name in TEXT_FIELDS if name in row), "text"))
    if isinstance(row.get("problem_id"), str):
        return Generation(texts, _optional(row, "question"), row["problem_id"], cast(Method | None, method), sample)
    return Generation(texts, _string(row, "question", "problem_id"), "", cast(Method | None, method), sample)


def tora(row: Mapping[str, Any]) -> Generation:
    """ToRA and Rho.

    ``question`` and a list ``code``, whole transcripts of program, output and text, or of text alone.
    """
    if not isinstance(row.get("code"), list):
        raise ValueError("expected 'question' and a list 'code' of completions")
    return Generation(_texts(row, "code"), _string(row, "question"))


def program_of_thoughts(row: Mapping[str, Any]) -> Generation | None:
    """Program-of-Thoughts: ``question`` (on SVAMP behind a ``passage``) and ``generated``, one program or a list of
    them.

    The field holds nothing but a program, so it is fenced as one: no rule has to guess that. The answer is the variable
    ``ans``, as in their runner, whatever else the program prints.
    """
    if "question" not in row and "generated" not in row:
        return None
    question = " ".join(part for part in (_optional(row, "passage"), _string(row, "question")) if part)
    return Generation(
        tuple(text and f"```python\n{_with_result(text)}\n```" for text in map(str.strip, _texts(row, "generated"))),
        question,
    )


def _with_result(program: str) -> str:
    """A program that prints prints `ans` last; of one that does not, the sandbox gives `ans` anyway."""
    return f"{program}\nprint(ans)" if "print(" in program else program


def lm_eval(row: Mapping[str, Any]) -> Generation:
    """A sample log of lm-evaluation-harness: ``doc`` with the question, ``resps`` with the texts before any filter."""
    doc, answers = row.get("doc"), row.get("resps")
    if not isinstance(doc, dict) or "resps" not in row or not isinstance(answers, list | None):
        raise ValueError("expected an object 'doc' and a list 'resps' (a samples_*.jsonl of --log_samples)")
    texts = [text for request in answers or [] for text in (request if isinstance(request, list) else [request])]
    if not all(isinstance(text, str | None) for text in texts):
        raise ValueError("'resps' holds no generated text (log-likelihoods?); expected a generate_until task")
    question, *others = _questions(doc)
    return Generation(tuple(text or "" for text in texts), question, also=tuple(others))


def _questions(doc: Mapping[str, Any]) -> list[str]:
    """The question of a document, with what stands before it; where no name is known, each text that may be it."""
    fields = {name.lower(): value.strip() for name, value in doc.items() if isinstance(value, str) and value.strip()}
    question = next((fields[name] for name in QUESTION_FIELDS if name in fields), None)
    if question is not None:
        return [" ".join([*(fields[name] for name in CONTEXT_FIELDS if name in fields), question])]
    if not fields:
        raise ValueError(f"no question in 'doc' ({', '.join(doc)}); expected one of {', '.join(QUESTION_FIELDS)}")
    return list(fields.values())


def _texts(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = row.get(name)
    texts = value if isinstance(value, list) else [value]
    if name not in row or not all(isinstance(text, str | None) for text in texts):
        raise ValueError(f"expected a text, null or a list of them in {name!r}, found {value!r:.60}")
    return tuple(text or "" for text in texts)


def _string(row: Mapping[str, Any], *names: str) -> str:
    value = row.get(names[0])
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"expected a text in {' or '.join(map(repr, names))}")
    return value


def _optional(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name, "")
    return value if isinstance(value, str) else ""
