"""The documents speak of what there is: commands, options, keys, Python, tables, and the words of the field."""

import argparse
import contextlib
import importlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from checkout import ROOT, load_tool

from mammoth_eval import benchmarks, prompts, runfile
from mammoth_eval.cli import COMMANDS, build_parser
from mammoth_eval.cli import main as command_line
from mammoth_eval.decoding import DECODINGS
from mammoth_eval.engines import ENGINES
from mammoth_eval.graders import GRADERS
from mammoth_eval.presets import PRESETS
from mammoth_eval.report.results import load_saved
from mammoth_eval.training import mixture, suite

DOCS = ROOT / "docs"
REFERENCE = sorted((DOCS / "reference").glob("*.md"))
HISTORY = [DOCS / name for name in ("lab-notes.md", "replays.md", "ablations.md")]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "results/README.md")] + sorted(DOCS.rglob("*.md"))
TEXTS = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in PAGES}
README = TEXTS["README.md"]
NAMES = {
    "command": list(COMMANDS),
    "benchmark": benchmarks.names(),
    "prompt": prompts.names(),
    "decoding": list(DECODINGS),
    "engine": list(ENGINES),
    "grader": list(GRADERS),
    "preset": list(PRESETS),
}
OTHER_PROGRAMS = {"uv", "pip", "python", "cat", "ls", "vllm"}
NOT_RUN = re.compile(r"<!-- not run by the tests: (.+) -->\n\Z")


def blocks(language):
    """(page, text before the block, block) of every fenced block of a language."""
    fence = re.compile(rf"^```{language}\n(.*?)^```$", re.S | re.M)
    return [(page, text[: found.start()], found[1]) for page, text in TEXTS.items() for found in fence.finditer(text)]


def shell_lines():
    """Every command of every shell block, continued lines joined, without what the shell does with its output."""
    for page, _, block in blocks("sh"):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            words = words[: words.index(">")] if ">" in words else words
            if words:
                yield page, words[1:] if "=" in words[0] else words  # without a variable for this command alone


def spans():
    """(page, text) of every code span in the prose."""
    for page, text in TEXTS.items():
        prose = re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M)
        yield from ((page, found) for found in re.findall(r"`([^`\n]+)`", prose))


def options_of(parser):
    """Every option of a parser and of the actions below it."""
    found = set(parser._option_string_actions)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found |= set().union(*(options_of(child) for child in action.choices.values() if child is not parser))
    return found


LINES = list(shell_lines())
SPANS = list(spans())


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in NAMES.items() for name in names])
def test_everything_that_has_a_name_is_in_the_readme(kind, name):
    assert f"`{name}`" in README or f"mammoth-eval {name}" in README, f"{kind} {name}"


@pytest.mark.parametrize(("page", "words"), LINES)
def test_a_documented_command_is_accepted_by_the_real_parser(page, words):
    if words[0] == "mammoth-eval":
        parser = build_parser(words[1])
        with contextlib.redirect_stderr(None):
            assert isinstance(parser.parse_args(words[1:]), argparse.Namespace)
    elif words[0] == "make":
        check_target(words)
    else:
        assert words[0] in OTHER_PROGRAMS, f"{page}: what is {words[0]}?"


def check_target(words):
    """The target and the variables of a call of make are in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    target = next((word for word in words[1:] if "=" not in word), None)
    assert target is None or re.search(rf"^{target}:", makefile, re.M), f"no target {target}"
    for word in words[1:]:
        name, equals, _ = word.partition("=")
        assert not equals or re.search(rf"\b{name}\b", makefile), f"the Makefile knows no {name}"


@pytest.mark.parametrize(("page", "text"), sorted({one for one in SPANS if one[1].startswith("mammoth-eval ")}))
def test_a_command_named_in_a_sentence_has_the_options_that_are_named(page, text):
    words = text.split()
    assert words[1] in COMMANDS, text
    known = options_of(build_parser(words[1]))
    assert {word for word in words if word.startswith("--")} <= known, text


@pytest.mark.parametrize(("page", "text"), sorted({one for one in SPANS if one[1].startswith("make ")}))
def test_a_target_named_in_a_sentence_is_in_the_makefile(page, text):
    check_target(shlex.split(text.removesuffix("...")))


def test_every_option_named_in_a_sentence_is_one_of_some_command():
    known = set().union(*(options_of(build_parser(name)) for name in COMMANDS))
    theirs = {"--use_cache"}  # lm-evaluation-harness's
    named = {(page, text.split()[0]) for page, text in SPANS if text.startswith("--")}
    assert {one for one in named if one[1] not in known | theirs and not one[0].endswith("lab-notes.md")} == set()


@pytest.mark.parametrize(("page", "block"), [(page, block) for page, _, block in blocks("toml")])
def test_a_toml_of_the_docs_is_read_by_its_real_reader(page, block, tmp_path):
    place = re.match(r"# (\S+\.toml)\n", block)
    assert place, f"{page}: the first line of a TOML block says which file it is"
    path = tmp_path / place[1]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block, encoding="utf-8")
    if "mixtures/" in place[1]:
        assert mixture.read(path).sources
    elif "suites/" in place[1]:
        assert suite.read(path).mixtures
    elif "exemplars/" in place[1]:
        assert prompts.parse_exemplars(place[1], block.encode())
    elif place[1] == "run.toml":
        assert runfile.read(path)
    else:
        assert benchmarks.get(str(path)).rows


@pytest.mark.parametrize(("page", "block"), [(page, block) for page, _, block in blocks("jinja")])
def test_a_prompt_of_the_docs_is_rendered_for_both_methods(page, block, tmp_path):
    path = tmp_path / "mine.jinja"
    path.write_text(block, encoding="utf-8")
    problem = benchmarks.load(benchmarks.get(str(DOCS / "examples" / "coins.toml")), data_dir=None, cache_dir=tmp_path)[
        0
    ]
    assert all(problem.question in prompts.get(str(path)).query(problem, method).shown for method in ("pot", "cot"))


RUN_BLOCKS = """
import json, sys
for block in json.load(sys.stdin):
    exec(compile(block, "a block of the page", "exec"), {"__name__": "__main__"})
"""


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted({page for page, before, _ in blocks("python") if not NOT_RUN.search(before)}))
def test_the_python_of_a_page_runs_and_prints_what_its_comments_say(page, tmp_path):
    shutil.copytree(DOCS / "examples", tmp_path / "docs" / "examples")
    found = [block for name, before, block in blocks("python") if name == page and not NOT_RUN.search(before)]
    done = subprocess.run(
        [sys.executable, "-c", RUN_BLOCKS],
        input=json.dumps(found),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    said = re.findall(r"^print\(.*\) +# ([\w.]+)$", "".join(found), re.M)
    assert [value for value in said if value not in done.stdout.split()] == []


def test_the_decoding_that_the_readme_shows_decides_as_it_says(tmp_path, monkeypatch, capsys):
    (block,) = [
        block for page, _, block in blocks("python") if page == "README.md" and "async def words_first" in block
    ]
    (tmp_path / "mine.py").write_text(block, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    script = {"coins/0 cot": "The answer is 40.", "coins/1 cot": "", "coins/1 pot": "print(3)", "coins/2 cot": ""}
    (tmp_path / "script.json").write_text(json.dumps({**script, "coins/2 pot": "print(0)"}), encoding="utf-8")
    words = ["run", "--engine", "scripted", "--model", str(tmp_path / "script.json"), "--decoding", "mine:words_first"]
    words += [
        "--benchmarks",
        str(DOCS / "examples" / "coins.toml"),
        "--results-dir",
        str(tmp_path / "results"),
        "--json",
        "--quiet",
    ]
    assert command_line(words) == 0
    (row,) = json.loads(capsys.readouterr().out)[0]["results"]
    assert (row["outcomes"]["correct"], row["outcomes"]["wrong"]) == (2, 1)


def tool(name):
    """A module of ``tools/``, which imports others of them."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        return load_tool(name)
    finally:
        sys.path.remove(str(ROOT / "tools"))


def stale(written):
    return [str(path.relative_to(ROOT)) for path, text in written.items() if path.read_text(encoding="utf-8") != text]


def test_the_reference_says_what_the_code_says_today():
    """After a change of a parser, a key, a field or a docstring: `make docs`."""
    written = tool("docs").reference()
    assert set(written) == set(REFERENCE)
    assert stale(written) == []


@pytest.mark.slow
def test_the_outputs_on_the_pages_are_what_their_commands_print_today():
    """After a change of an output: `make docs`."""
    written = tool("docs").outputs()
    assert len(written) > 1
    assert stale(written) == []


@pytest.mark.parametrize("page", [page.name for page in REFERENCE if page.name != "cli.md"])
def test_every_key_and_field_of_the_reference_has_a_meaning(page):
    empty = re.findall(r"^\| (`[^|]+`) \|.*\|  \|$", TEXTS[f"docs/reference/{page}"], re.M)
    assert empty == [], "a docstring under the field says what it means"


def anchors(text):
    """The anchors of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M), re.M)
    return {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


@pytest.mark.parametrize("page", TEXTS)
def test_every_link_of_a_page_leads_somewhere(page):
    place = (ROOT / page).parent
    for link in re.findall(r"\]\((?!http)([^)\s]+)\)", re.sub(r"^```.*?^```$", "", TEXTS[page], flags=re.S | re.M)):
        path, _, anchor = link.partition("#")
        target = (place / path).resolve() if path else ROOT / page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


FOLDERS = r"(?:tests|tools|docs|mammoth_eval|requirements|results|benchmarks|prompts|training|adapters|\.ci)/[\w./-]*"


@pytest.mark.parametrize("page", [name for name in TEXTS if not name.endswith("lab-notes.md")])
def test_every_file_named_in_a_sentence_is_there(page):
    named = {text for found, text in SPANS if found == page and re.fullmatch(FOLDERS, text)}
    assert [text for text in sorted(named) if not (ROOT / text).exists()] == []


@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="mkdocs is not installed: make docs installs it")
def test_the_site_is_built_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "http" not in "".join(
        re.findall(r'<(?:script|link)[^>]+(?:src|href)="(http[^"]+)"', (tmp_path / "index.html").read_text())
    )


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help_without_its_heavy_imports(name):
    module = importlib.import_module(COMMANDS[name][0])
    assert module.__doc__
    assert build_parser(name).format_help()


def test_the_tables_of_the_results_are_those_of_the_kept_summaries():
    """After a new summary: `make readme`."""
    found = re.search(r"<!-- results -->\n(.*?)<!-- end of results -->", TEXTS["results/README.md"], re.S)
    saved = [load_saved(path) for path in sorted((ROOT / "results" / "summaries").glob("*.json"))]
    assert saved
    assert found
    assert found[1] == load_tool("readme").tables(saved)


def test_no_page_names_a_path_of_a_machine_or_a_registry():
    for page, text in TEXTS.items():
        assert not re.search(r"(?<![\w.$])/(work|home|root|opt|tmp)/\w|pypi\.org|pythonhosted", text), page


DIALECT = r"\b(in words|owed|void|lanes?|zygote|anew|foreign generations|is no engine|cannot be had|is said)\b"
"""What an engineer would not say, or would not understand; CONTRIBUTING has the words in their place."""


@pytest.mark.parametrize(
    "page", [str(one.relative_to(ROOT)) for one in PAGES if one not in HISTORY and one not in REFERENCE]
)
def test_a_page_uses_the_words_of_the_field(page):
    prose = re.sub(r"^```.*?^```$|`[^`\n]+`", "", TEXTS[page], flags=re.S | re.M)
    prose = "\n".join(line for line in prose.splitlines() if not line.startswith("| "))
    assert re.findall(DIALECT, prose) == []
