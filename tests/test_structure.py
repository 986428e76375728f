"""The house: imports go one way and in no circle, and no file outgrows a screenful of screens.

Line length (120) and complexity (15) are ruff's, in ``pyproject.toml``.
"""

import ast
import graphlib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "mammoth_eval"

LEVELS = {
    "types": 0, "errors": 0, "nvidia": 0, "registry": 0.5, "resources": 0.5, "config": 0.5, "redaction": 0.5,
    "paths": 0.5, "thoughts": 0.5, "hub": 0.6, "installing": 0.7,
    "benchmarks": 1, "prompts": 1, "extraction": 1, "graders": 1, "engines": 1, "sandbox": 1, "store": 1,
    "stats": 1.5, "rules": 1.5, "models": 1.5,
    "decoding": 2, "scoring": 2, "presets": 2, "paper": 2.5, "importers": 2.5, "plan": 2.5, "runfile": 2.7,
    "events": 1.5, "verification": 1.5, "reward": 1.5, "runner": 3, "report": 3, "training": 3, "doctor": 3, (
        "evaluation"
    ): 3.5,
    "integrations": 3.5,
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
