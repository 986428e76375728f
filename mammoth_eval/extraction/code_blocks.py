"""The program in a completion.

Fenced blocks are cells of one session: those that parse are joined in order, up to the first block of output (ToRA's
``python`` / ``output`` transcripts: what follows an output was written with knowledge of it, so it is no program of
ours to run). Joining keeps a definition with its later use; where a later block is a rewrite, its output comes last and
the last line counts. Without fences a completion is a program where it plainly reads as one; prose around it is cut
off.
"""

from __future__ import annotations

import ast
import re
import warnings

from mammoth_eval.extraction.reply import outside_thoughts

_FENCE = re.compile(r"^[ \t]*```+[ \t]*([\w.+-]*)[^\n`]*$", re.MULTILINE)
_RUN_ON = re.compile(r"^#{2,} ?(?:Instruction|Response|Question)\b|^(?:Question|USER|ASSISTANT): ?", re.MULTILINE)
_CODE_LINE = re.compile(
    r"\s*(?:from [\w.]+ import |import \w|def \w+\s*\(|class \w+\s*[(:]|print\s*\(|(?:for|while|if|with) "
    r".*:\s*(?:#.*)?$|try:|@\w"
    r"|[A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*\s*(?:[-+*/]|//|\*\*)?=(?!=)\s*\S)"
)
_STRONG = re.compile(r"^\s*(?:from [\w.]+ import |import \w|def \w+\s*\(|print\s*\(|ans\s*=|return\b)", re.MULTILINE)
_PYTHON = {"python", "py", "python3", "Python", "Python3", "PYTHON", "tool_code"}
_CUTS = 6
"""How often prose is cut off before a program that does not parse is taken as it is."""
MAX_CHARS = 16_000
"""Longer texts are not searched for a program without fences, longer blocks not checked for errors."""
_MAX_BLOCKS = 40


def program(text: str) -> str | None:
    """The Python program that `text` holds, ready to run; None where there is none.

    A program in a thought is none. A fenced program with a syntax error is still one: running it says what is wrong.
    """
    text = outside_thoughts(text)
    fences = list(_FENCE.finditer(text))
    if fences:
        return _fenced(text, fences)
    cut = _RUN_ON.search(text, 1)
    body = (text[: cut.start()] if cut else text).strip("\n").rstrip()
    return _bare(body) if len(body) <= MAX_CHARS else None


def _fenced(text: str, fences: list[re.Match[str]]) -> str | None:
    blocks = [block for block in _cells(text, fences) if block.strip()]
    if len(blocks) > 1 and sum(map(len, blocks)) <= MAX_CHARS:
        blocks = [block for block in blocks if parses(block)] or blocks[:1]
    return "\n\n".join(blocks) or None


def _cells(text: str, fences: list[re.Match[str]]) -> list[str]:
    """The blocks of Python up to the first block of output behind one."""
    cells: list[str] = []
    for index in range(0, len(fences), 2):
        tag = fences[index][1]
        end = fences[index + 1].start() if index + 1 < len(fences) else len(text)
        body = text[fences[index].end() : end].strip("\n").rstrip()
        if tag in _PYTHON or (not tag and _reads_as_code(body)):
            cells.append(body)
        elif tag == "output" and cells:
            break
        if len(cells) == _MAX_BLOCKS:
            break
    return cells


def _bare(body: str) -> str | None:
    lines = body.split("\n")
    start = next((number for number, line in enumerate(lines) if _CODE_LINE.match(line)), None)
    if start is None:
        return None
    if any(line.strip() for line in lines[:start]) and not _comments(lines[:start]):
        lines = lines[start:]
    code = _without_prose("\n".join(lines))
    return code if _STRONG.search(code) and _mostly_code(code) else None


def _comments(lines: list[str]) -> bool:
    return all(not line.strip() or line.lstrip().startswith(("#", '"', "'")) for line in lines)


def _without_prose(code: str) -> str:
    """`code` up to the last line with which it parses; as it is where a few cuts do not help."""
    kept = code
    for _ in range(_CUTS):
        line = _error_line(kept)
        if line is None:
            return kept
        kept = "\n".join(kept.split("\n")[: line - 1]).rstrip()
        if not kept:
            break
    return code


def _reads_as_code(body: str) -> bool:
    return bool(_STRONG.search(body)) and _mostly_code(body)


def _mostly_code(code: str) -> bool:
    if len(code) <= MAX_CHARS and parses(code):
        return True
    lines = [line for line in code.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    return sum(bool(_CODE_LINE.match(line)) for line in lines) * 2 >= len(lines)


def parses(code: str) -> bool:
    """Whether `code` is Python by its grammar; nothing is run."""
    return _error_line(code) is None


def _error_line(code: str) -> int | None:
    """The line (from 1) of the first syntax error; None where there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except SyntaxError as error:
        return error.lineno or 1
    except (ValueError, RecursionError, MemoryError):  # null bytes; nesting too deep for Python's own parser
        return 1
    return None
