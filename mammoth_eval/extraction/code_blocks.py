"""The program in a completion.

Fenced blocks are cells of one session (`cells` says which of them are the program), up to the first block of output
behind one (ToRA's ``python`` / ``output`` transcripts: what follows an output was written with knowledge of it, so it
is no program of ours to run; an output that is an error is followed by a correction, which is one). Without fences a
completion is a program where it plainly reads as one; prose around it is cut off. A completion that was cut off holds a
program where the program's end is seen: its fence is closed, or the text goes on with something else.
"""

from __future__ import annotations

import re

from mammoth_eval.extraction import cells
from mammoth_eval.extraction.fences import Block, blocks
from mammoth_eval.extraction.python_source import MAX_CHARS, error_line, mended, parses
from mammoth_eval.extraction.reply import outside_thoughts

_RUN_ON = re.compile(r"^#{2,} ?(?:Instruction|Response|Question)\b|^(?:Question|USER|ASSISTANT): ?", re.MULTILINE)
_CODE_LINE = re.compile(
    r"\s*(?:from [\w.]+ import |import \w|def \w+\s*\(|class \w+\s*[(:]|print\s*\(|(?:for|while|if|with) "
    r".*:\s*(?:#.*)?$|try:|@\w"
    r"|[A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*\s*(?:[-+*/]|//|\*\*)?=(?!=)\s*\S)"
)
_STRONG = re.compile(r"^\s*(?:from [\w.]+ import |import \w|def \w+\s*\(|print\s*\(|ans\s*=|return\b)", re.MULTILINE)
_SESSION = re.compile(r"^(?:>>> |In \[\d+\]: )", re.MULTILINE)
_ERROR = re.compile(r"^(?:Traceback|[\w.]*(?:Error|Exception)\b)", re.MULTILINE)
"""What an output shows of a program that failed."""
_CUTS = 6
"""How often prose is cut off before a program that does not parse is taken as it is."""
_MAX_BLOCKS = 40


def program(text: str, truncated: bool = False) -> str | None:
    """The Python program that `text` holds, ready to run; None where there is none.

    A program in a thought is none. A fenced program with a syntax error is still one: running it says what is wrong.
    `truncated`: the completion was cut off, so that a program without its end is none.
    """
    text = outside_thoughts(text, truncated=truncated)
    fenced = blocks(text) if "```" in text or "~~~" in text else []
    if fenced:
        return _fenced(fenced, truncated)
    cut = _RUN_ON.search(text, 1)
    if truncated and cut is None:
        return None
    body = (text[: cut.start()] if cut else text).strip("\n").rstrip()
    return _bare(body) if len(body) <= MAX_CHARS else None


def _fenced(fenced: list[Block], truncated: bool) -> str | None:
    found = _cells(fenced)
    if truncated and found and found[-1][1] is fenced[-1] and not fenced[-1].closed:
        found = _before_open_check(found)
    session = [cell for cell, _ in found if cell.source.strip()]
    if len(session) == 1:
        return session[0].source
    whole = [cell for cell in session if cell.tree is not None]
    if whole and sum(len(cell.source) for cell in session) <= MAX_CHARS:
        return cells.joined(whole)
    return "\n\n".join(cell.source for cell in session) or None


def _before_open_check(found: list[tuple[cells.Cell, Block]]) -> list[tuple[cells.Cell, Block]]:
    """The blocks before one that was cut off, if that was to be a check; none where it was the program."""
    *before, (last, _) = found
    return before if cells.is_check(last) else []


def _cells(fenced: list[Block]) -> list[tuple[cells.Cell, Block]]:
    """The blocks of Python up to the first block of output behind one."""
    found: list[tuple[cells.Cell, Block]] = []
    for block in fenced:
        language = block.language
        source = mended(block.body, block.indent) if language in ("python", "") else ""
        if not block.closed and len(source) <= MAX_CHARS:
            source = _without_prose(source)
        if language == "python" or (not language and _reads_as_code(source)):
            found.append((cells.cell(source, block.intro), block))
        elif language == "output" and found and not _ERROR.search(block.body):
            break
        if len(found) == _MAX_BLOCKS:
            break
    return found


def _bare(body: str) -> str | None:
    if _SESSION.search(body):
        body = mended(body)
    lines = body.split("\n")
    start = next((number for number, line in enumerate(lines) if _CODE_LINE.match(line)), None)
    if start is None:
        return None
    if any(line.strip() for line in lines[:start]) and not _comments(lines[:start]):
        lines = lines[start:]
    code = _without_prose(mended("\n".join(lines)))
    return code if _STRONG.search(code) and _mostly_code(code) else None


def _comments(lines: list[str]) -> bool:
    return all(not line.strip() or line.lstrip().startswith(("#", '"', "'")) for line in lines)


def _without_prose(code: str) -> str:
    """`code` up to the last line with which it parses; as it is where a few cuts do not help."""
    kept = code
    for _ in range(_CUTS):
        line = error_line(kept)
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
