"""The documents speak of what there is: commands, options, targets, benchmarks, tables."""

import argparse
import contextlib
import importlib
import re
import shlex

import pytest
from checkout import ROOT, load_tool

from mammoth_eval import benchmarks, prompts
from mammoth_eval.cli import COMMANDS, build_parser
from mammoth_eval.decoding import DECODINGS
from mammoth_eval.engines import ENGINES
from mammoth_eval.graders import GRADERS
from mammoth_eval.presets import PRESETS
from mammoth_eval.report.results import load_saved

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
NAMES = {
    "command": list(COMMANDS),
    "benchmark": benchmarks.names(),
    "prompt": prompts.names(),
    "decoding": list(DECODINGS),
    "engine": list(ENGINES),
    "grader": list(GRADERS),
    "preset": list(PRESETS),
}


def shell_lines():
    """Every command line of every shell block, continued lines joined."""
    for page in PAGES:
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.S):
            for line in block.replace("\\\n", " ").splitlines():
                words = shlex.split(line, comments=True)
                if words:
                    yield page.name, words


LINES = list(shell_lines())


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in NAMES.items() for name in names])
def test_everything_that_has_a_name_is_in_the_readme(kind, name):
    assert f"`{name}`" in README or f"mammoth-eval {name}" in README, f"{kind} {name}"


@pytest.mark.parametrize(("page", "words"), [(page, words) for page, words in LINES if words[0] == "mammoth-eval"])
def test_every_documented_command_line_is_accepted(page, words):
    parser = build_parser(words[1])
    with contextlib.redirect_stderr(None):
        assert isinstance(parser.parse_args(words[1:]), argparse.Namespace)


@pytest.mark.parametrize(("page", "words"), [(page, words) for page, words in LINES if words[0] == "make"])
def test_every_documented_make_target_exists(page, words):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    target = next(word for word in words[1:] if "=" not in word)
    assert re.search(rf"^{target}:", makefile, re.M)
    for word in words[1:]:
        name, equals, _ = word.partition("=")
        assert not equals or re.search(rf"\b{name}\b", makefile), f"the Makefile knows no {name}"


@pytest.mark.parametrize("path", [*re.findall(r"\]\((?!http|#)([^)#]+)", README)])
def test_every_link_of_the_readme_leads_somewhere(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help_without_its_heavy_imports(name):
    module = importlib.import_module(COMMANDS[name][0])
    assert module.__doc__
    assert build_parser(name).format_help()


def test_the_tables_of_the_readme_are_those_of_the_kept_summaries():
    """After a new summary: `make readme`."""
    found = re.search(r"<!-- results -->\n(.*?)<!-- end of results -->", README, re.S)
    saved = [load_saved(path) for path in sorted((ROOT / "results" / "summaries").glob("*.json"))]
    assert saved
    assert found
    assert found[1] == load_tool("readme").tables(saved)


def test_no_page_names_a_path_of_a_machine_or_a_registry():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"(?<![\w.$])/(work|home|root|opt|tmp)/\w|pypi\.org|pythonhosted", text), page.name
