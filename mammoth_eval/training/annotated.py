"""Programs from annotated chains of thought, with no teacher.

GSM8K (arXiv 2110.14168) marks every calculation of its rationales: ``48/2 = <<48/2=24>>24 clips in May``. Each becomes
one line of a program, ``clips_in_may = 48 / 2``; a number that an earlier line gave becomes that line's variable; the
last line prints the last result. Whether the program is right is not decided here but by running it (`curate`).

Limits: which earlier result a number stands for is decided by its value alone; equations with an unknown have no
annotations.
"""

from __future__ import annotations

import ast
import keyword
import re

VERSION = "annotations/1"
_MARK = re.compile(r"<<([^<>=]+)=([^<>=]+)>>")
_TERM = r"\(?\$?\d[\d,]*\.?\d*%?\)?"
_PLAIN = re.compile(rf"(?<![\w.])((?:{_TERM}\s*[-+*/x×]\s*)+{_TERM})\s?=\s?\$?(-?\d[\d,]*\.?\d*)")
_NUMBER = re.compile(r"(?<![\w.])\d*\.?\d+(?![\w.])")
_WORDS = re.compile(r"[A-Za-z]+")
_SMALL = {
    "a", "an", "the", "of", "in", "on", "at", "for", "to", "and", "or", "is", "are", "was", "were", "be", "he", "she", (
        "it"
    ), "they",
    "his", "her", "its", "their", "that", "this", "so", "then", "with", "as", "by", "from", "has", "have", "had", "s", (
        "x"
    ), "if",
    "each", "per", "total", "altogether", "more", "because", "since", "which", "who", "will", "would", "can", "there", (
        "you"
    ), "we",
}  # fmt: skip
_TAKEN = {
    "print",
    "round",
    "sum",
    "min",
    "max",
    "int",
    "float",
    "range",
    "list",
    "set",
    "abs",
    "len",
    "all",
    "any",
    "id",
    "input",
}
_CALCULATION = re.compile(r"[\d.+\-*/() ]+")
_MAX_WORDS = 3


def program(rationale: str) -> str | None:
    """The program of a rationale with annotations; None where it has none that can be read."""
    return _program(_steps(rationale, plain=False))


def program_of_all(rationale: str) -> str | None:
    """The same, with the calculations that are written out (``12 * 5 = 60``) and not annotated."""
    return _program(_steps(rationale, plain=True))


def _steps(rationale: str, plain: bool) -> list[tuple[str, str, str]]:
    """Expression, result and the text behind it, of every calculation in the order of the text."""
    body = rationale.rpartition("####")[0] or rationale
    calculations = [(mark.start(), mark.end(), mark[1], mark[2], True) for mark in _MARK.finditer(body)]
    if plain:
        blank = _MARK.sub(lambda mark: " " * len(mark[0]), body)
        calculations += [(match.start(), match.end(), match[1], match[2], False) for match in _PLAIN.finditer(blank)]
    steps = []
    for _, end, expression, result, _ in sorted(calculations):
        sentence = re.split(r"[.\n;!?]\s|\n", body[end:], maxsplit=1)[0]
        before = re.split(r"[.\n;!?]\s|\n", body[:end])[-1]
        steps.append((_clean(expression), _clean(result), f"{_MARK.sub('', sentence)} {_MARK.sub('', before)}"))
    return steps


def _clean(text: str) -> str:
    percent = re.sub(r"(\d[\d.]*)%", r"(\1/100)", text.replace(",", "").replace("$", ""))
    return re.sub(r"(?<=[\d)])\s*[x×]\s*(?=[\d(.])", "*", percent).strip()


def _program(steps: list[tuple[str, str, str]]) -> str | None:
    lines: list[str] = []
    known: dict[float, str] = {}
    for expression, result, words in steps:
        line = _expression(expression, known)
        value = _number(result)
        if line is None or value is None:
            return None
        name = _name(words, set(known.values()))
        lines.append(f"{name} = {line}")
        known.pop(value, None)
        known[value] = name
    if not any(character in "+-*/" for line in lines for character in line):
        return None  # ``x = 26``: an answer without a calculation teaches nothing
    return "\n".join([*lines, f"print({lines[-1].partition(' = ')[0]})"])


def _expression(text: str, known: dict[float, str]) -> str | None:
    """The calculation with earlier results by name, written as Python writes it; None where it is none."""
    if not _CALCULATION.fullmatch(text) or len(text) > 200:
        return None
    plain = re.sub(r"(?<![\d.])0+(?=\d)", "", text).lstrip("+")
    try:
        tree = ast.parse(plain.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError):
        return None
    if any(isinstance(node, ast.Call) for node in ast.walk(tree)):
        return None
    return ast.unparse(ast.fix_missing_locations(_Names(known).visit(tree)))


class _Names(ast.NodeTransformer):
    """Numbers that an earlier line gave, by that line's name. Small numbers are too often something else."""

    def __init__(self, known: dict[float, str]) -> None:
        self.known = known

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, int | float) and node.value > 1:
            name = self.known.get(float(node.value))
            return ast.Name(name, ast.Load()) if name else node
        return node


def _number(text: str) -> float | None:
    number = re.fullmatch(r"-?\d*\.?\d+|-?\d+\.", text)
    return float(number[0]) if number else None


def _name(words: str, used: set[str]) -> str:
    """A variable's name out of the words around a result, unlike any in `used`."""
    kept = [word.lower() for word in _WORDS.findall(words) if word.lower() not in _SMALL and len(word) > 1][:_MAX_WORDS]
    name = "_".join(kept) or "result"
    if keyword.iskeyword(name) or name in _TAKEN:
        name += "_value"
    number, first = 2, name
    while name in used:
        name, number = f"{first}_{number}", number + 1
    return name


def canonical(source: str) -> str:
    """`source` with its variables renamed in their order and its layout gone: equal for programs that differ in names
    alone.

    A text that does not parse is its own canonical form.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source
    own = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    own |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    own |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return ast.dump(_Renamed(own).visit(tree))


class _Renamed(ast.NodeTransformer):
    """Own names as v0, v1, ... in the order in which they appear; docstrings away."""

    def __init__(self, own: set[str]) -> None:
        self.own = own
        self.names: dict[str, str] = {}

    def _new(self, name: str) -> str:
        return self.names.setdefault(name, f"v{len(self.names)}") if name in self.own else name

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(self._new(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(self._new(node.arg))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self._new(node.name)
        first = node.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(node.body) > 1:
            node.body = node.body[1:]
        return self.generic_visit(node)
