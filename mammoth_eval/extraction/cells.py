"""The blocks of a completion as cells of one session, and which of them are the program.

The last thing that is said counts, and it needs no more than what it is built on: the program is the shortest ending of
the session that gives a result and reads no name from before it. So a block that corrects another replaces it, and what
it contradicts is not run; a block that goes on with the names of another is joined to it; of several whole solutions
the last one stands, right or wrong. A check behind the answer (announced as one, or nothing but assertions and constant
texts) is left out. The choice is made from the text alone, before anything is run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from mammoth_eval.extraction import names
from mammoth_eval.extraction.python_source import tree_of

_CHECK = re.compile(
    r"\b(?:verif(?:y|ying|ication)|double[- ]check|sanity|(?:quick|final|brief) check|check(?:ing)? (?:the|our|my|this"
    r"|that|it)\b|to check|let['’]?s check|check(?:ing)?\s*:|(?:to|let['’]?s|we can) confirm|as a (?:check|test))",
    re.IGNORECASE,
)
_CORRECTION = re.compile(
    r"\b(?:correct(?:ed|ion)\b|correct (?:code|program|version)|fix(?:ed)?\b|instead\b|wrong\b|mistake|error\b|oops"
    r"|revised\b|actually\b|improved\b|new version)",
    re.IGNORECASE,
)
_RESULTS = frozenset({"ans", "answer", "result", "solution", "solver", "solve", "main"})
"""Names whose values a program without output means (`sandbox/jail/value.py`)."""
_WRITERS = frozenset({"print", "pprint", "display", "displayhook", "write"})


@dataclass(frozen=True, slots=True)
class Cell:
    """One block of Python."""

    source: str
    intro: str = ""
    """The text before it."""
    tree: ast.Module | None = None
    """None where it does not parse."""


def cell(source: str, intro: str = "") -> Cell:
    """A cell with its tree."""
    return Cell(source, intro, tree_of(source))


def joined(cells: Sequence[Cell]) -> str:
    """The program of a session; every cell of it parses."""
    cells = _without_checks(cells)
    if any(_writes(cell) for cell in cells):
        while not _says(cells[-1]):
            cells = cells[:-1]
    start = len(cells) - 1
    while start > 0 and _lacks(cells, start):
        start -= 1
    return "\n\n".join(cell.source for cell in cells[start:])


def is_check(cell: Cell) -> bool:
    """Whether a cell only checks an answer that was given before."""
    before = cell.intro.strip().rsplit("\n", 1)[-1][-200:]
    if _CORRECTION.search(before):
        return False
    return bool(_CHECK.search(before)) or (cell.tree is not None and _asserts(cell.tree))


def _without_checks(cells: Sequence[Cell]) -> Sequence[Cell]:
    """The cells without the checks at their end, as long as another one gives a result."""
    while len(cells) > 1 and is_check(cells[-1]) and any(_says(cell) for cell in cells[:-1]):
        cells = cells[:-1]
    return cells


def _lacks(cells: Sequence[Cell], start: int) -> bool:
    """Whether the ending from `start` on gives no result, or reads a name that the cells before it give."""
    ending, before = cells[start:], [names.of(cell.tree) for cell in cells[:start] if cell.tree is not None]
    if not any(_says(cell) for cell in ending):
        return True
    whole = ast.Module([statement for cell in ending if cell.tree for statement in cell.tree.body], [])
    needed = names.of(whole).needed
    return any(needed & one.given or (one.star and needed) for one in before)


def _says(cell: Cell) -> bool:
    """Whether a cell gives a result: it prints, or has a value that a program without output means."""
    if cell.tree is None or not cell.tree.body:
        return False
    last = cell.tree.body[-1]
    shown = isinstance(last, ast.Expr) and not isinstance(last.value, ast.Constant)
    if shown and isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        shown = isinstance(last.value.func, ast.Name)
    return _writes(cell) or shown or bool(_RESULTS & names.of(cell.tree).given)


def _writes(cell: Cell) -> bool:
    return cell.tree is not None and any(_is_output(node) for node in ast.walk(cell.tree))


def _is_output(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    return name in _WRITERS


def _asserts(tree: ast.Module) -> bool:
    """Whether all output is constant text without a digit, or there is none but assertions."""
    printed = [node for node in ast.walk(tree) if _is_output(node)]
    constant = all(
        isinstance(argument, ast.Constant) and isinstance(argument.value, str) and not re.search(r"\d", argument.value)
        for node in printed
        if isinstance(node, ast.Call)
        for argument in node.args
    )
    asserted = any(isinstance(node, ast.Assert) for node in ast.walk(tree))
    return constant and (asserted or (bool(printed) and _only_says(tree)))


def _only_says(tree: ast.Module) -> bool:
    """Whether a module is nothing but lines of text: what it decides by an ``if`` is a result."""
    return all(isinstance(statement, ast.Expr) and _is_output(statement.value) for statement in tree.body)
