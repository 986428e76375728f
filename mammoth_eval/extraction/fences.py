"""Fenced blocks of Markdown: in lists and quotes, of backticks or tildes, glued to the text, or never closed.

CommonMark's rules for fences (version 0.31, section 4.5), and what models do beside them: a fence that opens behind
words on its line, one that closes behind the last statement, one that opens another before the first was closed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_OPEN = re.compile(r"(?P<prefix>(?:[ \t]|>|[-*+][ \t]|\d{1,3}[.)][ \t])*+)(?P<fence>`{3,}|~{3,})(?P<info>[^`\n]*)$")
_GLUED = re.compile(r"(?P<prefix>)[^`]*[^`\s][ \t]*(?P<fence>`{3,})(?P<info>[A-Za-z][\w.+-]*)[ \t]*$")
_ON_ONE_LINE = re.compile(r"[^`]*(`{3,})(python3?|py)[ \t]+([^`\s][^`]*)\1")
_QUOTE = re.compile(r"[ \t]*>[ ]?")
_PYTHON = re.compile(
    r"(?:[ic]|micro)?py(?:thon)?[-_]?[\d.]*(?:[-_]?(?:repl|console|session|code|script))?|pycon|tool_code"
    r"|jupyter(?:-python)?|\S+\.py"
)
_GENERIC = frozenset({"", "code", "script", "program", "solution", "cell", "code-cell", "input"})
"""Labels that name no language: such a block is a program where it reads as one."""


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block."""

    info: str
    """What stands behind the opening fence."""
    body: str
    """The lines between the fences, without the marks of a quote, indented as they are."""
    intro: str
    """The text between the block before and this one."""
    indent: int = 0
    """Columns before the opening fence."""
    closed: bool = True
    """Whether a closing fence follows; not so at the end of a text, or where another block begins."""

    @property
    def language(self) -> str:
        """``python``; empty where no language is named; else the first word of the info string."""
        words = [word for word in re.split(r"[\s{},:;=]+", self.info.strip().strip("{}.").lower()) if word]
        word = next((word for word in words if word != "code-cell"), "").removeprefix("lang-")
        word = word.removeprefix("language-")
        return "python" if _PYTHON.fullmatch(word) else "" if word in _GENERIC else word


_State = Literal["open", "closed", "left", "other"]
"""Of a block behind a line: it goes on; its fence closed; the quote ended; another block opens."""


@dataclass(slots=True)
class _Open:
    """A block that is being read."""

    fence: str
    info: str
    indent: int
    quotes: int
    lines: list[str]
    intro: str

    def block(self, closed: bool) -> Block:
        return Block(self.info, "\n".join(self.lines).strip("\n").rstrip(), self.intro, self.indent, closed)

    def take(self, raw: str) -> tuple[str, _State]:
        """Add a line of the text where it belongs to the block; the line without its marks of a quote, and how the
        block stands behind it.
        """
        line, quoted = _unquoted(raw, self.quotes)
        if not quoted:
            return line, "left"
        if _opening(line, self.fence):
            return line, "other"
        last = self.closes(line)
        if last is None:
            self.lines.append(line)
            return line, "open"
        if last.strip():
            self.lines.append(last)
        return line, "closed"

    def closes(self, line: str) -> str | None:
        """What stands on a line before the closing fence; None where there is no such fence."""
        bare = line.rstrip()
        text = bare.rstrip(self.fence[0])
        if len(bare) - len(text) < len(self.fence) or (text.strip() and self.fence[0] == "~"):
            return None
        return text


def blocks(text: str) -> list[Block]:
    """The fenced blocks of `text` in their order."""
    found: list[Block] = []
    between: list[str] = []
    inside: _Open | None = None
    for raw in text.split("\n"):
        line = raw
        if inside is not None:
            line, state = inside.take(raw)
            if state == "open":
                continue
            found.append(inside.block(closed=state != "other"))
            inside = None
            if state == "closed":
                continue
        opened = _begun(line, between)
        if isinstance(opened, Block):
            found.append(opened)
        elif opened is None:
            between.append(raw)
            continue
        else:
            inside = opened
        between = []
    return [*found, inside.block(closed=False)] if inside is not None else found


def _begun(line: str, between: list[str]) -> _Open | Block | None:
    """The block that a line outside of blocks opens, or holds whole."""
    if "```" not in line and "~~~" not in line:
        return None
    whole = _ON_ONE_LINE.match(line)
    if whole:
        return Block(whole[2], whole[3].strip(), "\n".join([*between, line[: whole.start(1)]]))
    match = _OPEN.match(line) or _GLUED.match(line)
    if match is None:
        return None
    prefix = match["prefix"]
    intro = [*between, line[: match.start("fence")]]
    return _Open(match["fence"], match["info"], len(prefix), prefix.count(">"), [], "\n".join(intro))


def _opening(line: str, fence: str) -> re.Match[str] | None:
    """A labelled fence in a block that was not closed, which begins the next one."""
    match = _OPEN.match(line)
    return match if match and match["fence"].startswith(fence) and match["info"].strip() else None


def _unquoted(line: str, depth: int) -> tuple[str, bool]:
    """A line without `depth` marks of a quote, and whether it had them."""
    for _ in range(depth):
        mark = _QUOTE.match(line)
        if mark is None:
            return line, False
        line = line[mark.end() :]
    return line, True
