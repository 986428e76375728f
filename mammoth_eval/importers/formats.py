"""Formats of foreign generations: one function each, from a row of JSON lines (or of a JSON array) to a `Generation`.

The formats are those that these projects write: microsoft/ToRA and microsoft/rho (a list ``code`` of completions beside
the ``question``), Program-of-Thoughts (TIGER-AI-Lab/Program-of-Thoughts, ``run_*.py``: programs in ``generated``,
few-shot prompts on lines of their own), lm-evaluation-harness (``--log_samples``: ``samples_*.jsonl``, a line for each
document and filter).

A response that is null or empty is the empty text: no answer, and named. Where a row says how its completions ended
(`ENDINGS`), that is kept; where none does, cut-off text cannot be told from finished, and counts as finished. Tokens
count as 0.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from mammoth_eval import registry
from mammoth_eval.errors import UsageError
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

ENDINGS = ("finish_reason", "finish_reasons", "stop_reason")
"""Where rows say how a completion ended; the first that there is."""
_CUT_OFF = ("length", "max_tokens", "max_length", "max_new_tokens", "model_length", "truncated")

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
    """How each of `texts` ended, ``stop`` or ``length``; empty where the row does not say."""
    line: int = 0
    """In its file, from 1; in a JSON array the number of the row."""


@dataclass(frozen=True, slots=True)
class ForeignFile:
    """A file of foreign generations, read."""

    name: str
    sha256: str
    format: str
    rows: tuple[Generation, ...]
    others: tuple[tuple[int, str], ...] = ()
    """Lines that are no rows, such as a few-shot prompt: number, and the names of their fields."""


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
    for number, row in _objects(path, _unpacked(path, content)):
        try:
            generation = adapt(row)
        except ValueError as error:
            raise UsageError(
                f"{path}:{number}: not format {name}: {error}; the line has: {', '.join(row) or 'nothing'}"
            ) from error
        if generation is None:
            others.append((number, ", ".join(row)))
        else:
            rows.append(replace(generation, line=number, ends=_ends(row, len(generation.texts))))
    if not rows:
        raise UsageError(f"{path}: no generation in it; expected JSON lines of format {name}")
    return ForeignFile(path.name, hashlib.sha256(content).hexdigest(), name, tuple(rows), tuple(others))


def _unpacked(path: Path, content: bytes) -> bytes:
    """What a file says, out of its gzip and without a byte order mark, where it has them."""
    if content.startswith(b"\x1f\x8b"):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise UsageError(f"{path}: a damaged gzip file: {error}") from error
    return content.removeprefix(b"\xef\xbb\xbf")


def _objects(path: Path, content: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of JSON lines with their lines, or of one JSON array with their places in it, from 1."""
    if content.lstrip().startswith(b"["):
        values: Iterable[tuple[int, Any]]
        values = enumerate(_parsed(str(path), content, "one JSON array or one JSON object a line"), 1)
    else:
        lines = ((number, line) for number, line in enumerate(content.split(b"\n"), 1) if line.strip())
        values = ((number, _parsed(f"{path}:{number}", line, "one JSON object a line")) for number, line in lines)
    for number, value in values:
        if not isinstance(value, dict):
            raise UsageError(f"{path}:{number}: a JSON {type(value).__name__}, expected an object")
        yield number, value


def _parsed(where: str, text: bytes, expected: str) -> Any:
    try:
        return json.loads(text.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where}: not JSON: {error}; expected {expected}") from error


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
        tuple(f"```python\n{_with_result(text.strip())}\n```" for text in _texts(row, "generated")), question
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
    return Generation(tuple(text or "" for text in texts) or ("",), _question(doc))


def _question(doc: Mapping[str, Any]) -> str:
    """The question of a document, with what stands before it."""
    fields = {name.lower(): value.strip() for name, value in doc.items() if isinstance(value, str) and value.strip()}
    question = next((fields[name] for name in QUESTION_FIELDS if name in fields), None)
    if question is None:
        raise ValueError(f"no question in 'doc' ({', '.join(doc)}); expected one of {', '.join(QUESTION_FIELDS)}")
    return " ".join([*(fields[name] for name in CONTEXT_FIELDS if name in fields), question])


def _ends(row: Mapping[str, Any], count: int) -> tuple[str, ...]:
    """How the completions of a row ended; empty where it does not say it of each."""
    said = next((row[name] for name in ENDINGS if name in row), None)
    reasons = said if isinstance(said, list) else [said] * count
    if len(reasons) != count or not all(isinstance(reason, str) and reason for reason in reasons):
        return ()
    return tuple("length" if str(reason).lower() in _CUT_OFF else "stop" for reason in reasons)


def _texts(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = row.get(name)
    texts = value if isinstance(value, list) else [value]
    if name not in row or not all(isinstance(text, str | None) for text in texts):
        raise ValueError(f"expected a text, null or a list of them in {name!r}, found {value!r:.60}")
    return tuple(text or "" for text in texts) or ("",)


def _string(row: Mapping[str, Any], *names: str) -> str:
    value = row.get(names[0])
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"expected a text in {' or '.join(map(repr, names))}")
    return value


def _optional(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name, "")
    return value if isinstance(value, str) else ""
