"""The house: imports go one way and in no circle, files stay short, functions have few branches.

Line length (120) and the complexity of statements (15) are ruff's, in ``pyproject.toml``; here branches inside of
expressions count, too.
"""

import ast
import graphlib
from pathlib import Path

import pytest
from complexity import complexity, functions

PACKAGE = Path(__file__).resolve().parent.parent / "mammoth_eval"

LEVELS = {
    "types": 0, "errors": 0, "nvidia": 0,
    "resources": 0.5, "redaction": 0.5, "paths": 0.5, "safe_text": 0.5, "thoughts": 0.5, "versions": 0.5,
    "arguments": 0.5, "config": 0.6, "hub": 0.6, "chat_templates": 0.6, "registry": 0.7, "installing": 0.7,
    "benchmarks": 1, "prompts": 1, "extraction": 1, "graders": 1, "engines": 1, "sandbox": 1, "store": 1,
    "stats": 1.5, "rules": 1.5, "models": 1.5, "events": 1.5, "verification": 1.5, "reward": 1.5, "asking": 1.8,
    "decoding": 2, "scoring": 2, "presets": 2, "settings": 2.4, "paper": 2.5, "importers": 2.5, "sampling": 2.5,
    "plan": 2.6,
    "runfile": 2.7,
    "runner": 3, "report": 3, "training": 3, "doctor": 3, "evaluation": 3.5, "integrations": 3.5,
    "cli": 4, "__init__": 4.5, "__main__": 5,  # what __init__ offers is imported when it is used
}  # fmt: skip


def module_of(path: Path) -> str:
    """The top-level part of the package that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    """Every part of the package that a file imports, at its top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        if isinstance(node, ast.ImportFrom) and node.module == "mammoth_eval":
            names = [f"mammoth_eval.{alias.name}" for alias in node.names]
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("mammoth_eval.")}
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_only_from_lower_levels(path):
    own = module_of(path)
    assert own in LEVELS, f"{own} has no level: say in LEVELS where it belongs"
    for other in imports_of(path) - {own} - {"__version__"}:
        assert LEVELS[other] < LEVELS[own], f"{path.name} (level {LEVELS[own]}) imports {other} (level {LEVELS[other]})"


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    return {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
    }


def imported(path: Path, known: dict[str, Path]) -> set[str]:
    """The modules that a file names at its top level, under ``TYPE_CHECKING`` too.

    What functions import is loaded later.
    """
    found = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    blocks = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.If))]
    for node in (node for block in blocks for node in block):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else node.module for name in names}
    return found & known.keys()


def test_no_module_imports_itself_in_a_circle():
    known = modules()
    public = {"mammoth_eval"}  # its names are imported when they are used
    graph = graphlib.TopologicalSorter({name: imported(path, known) - public for name, path in known.items()})
    graph.prepare()  # raises CycleError with the modules of the circle


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_file_has_more_than_350_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350


MAX_COMPLEXITY = 15


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_function_has_a_complexity_over_15(path):
    found = [(name, complexity(function)) for name, function in functions(ast.parse(path.read_text(encoding="utf-8")))]
    assert [(name, value) for name, value in found if value > MAX_COMPLEXITY] == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return a", 1),
        ("return a and b and not c", 3),
        ("return a or (b and c)", 3),
        ("return a if b else c", 2),
        ("return [x for x in a if x if b]", 4),
        ("return any(x and y for x in a for y in x)", 4),
        ("if a:\n  b\nelif c:\n  d\nelse:\n  e", 3),
        ("for x in a:\n  b\nelse:\n  c", 3),
        ("while a and b:\n  c", 3),
        ("try:\n  a\nexcept E:\n  b\nexcept F:\n  c\nelse:\n  d", 4),
        ("assert a", 2),
        ("match a:\n  case 1:\n    b\n  case x if x and y:\n    c\n  case _:\n    d", 4),
        ("def inner():\n  if a: b\nreturn inner", 1),
        ("return lambda x: x if a else b", 2),
    ],
)
def test_complexity_is_one_and_every_branch_of_statements_and_expressions(body, expected):
    source = "def outer():\n" + "\n".join(f"  {line}" for line in body.split("\n"))
    assert complexity(dict(functions(ast.parse(source)))["outer"]) == expected


def test_methods_and_nested_functions_have_names_of_their_own():
    source = "class A:\n  def b(self):\n    def c():\n      return 1\n    return c\ndef d(): ...\n"
    assert sorted(name for name, _ in functions(ast.parse(source))) == ["A.b", "A.b.c", "d"]
