"""Write what the documentation takes from the code: ``python tools/docs.py``, part of ``make docs``.

The pages of ``docs/reference/`` are made whole: commands out of the parsers, keys of files and fields of records out of the
dataclasses and the docstrings under their fields. In the other pages a block ``text`` under a block ``sh`` is what those commands
print: both are run here, on a benchmark of three problems and an engine that follows a script. A test holds that all of it is as
it would be written today.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from docs_tables import command, docstring_at, field_table, fields_of, prose, schema_table, table, toml

from mammoth_eval import benchmarks, decoding, engines, graders, presets, prompts, registry, types
from mammoth_eval.benchmarks import adapters, generated
from mammoth_eval.benchmarks.spec import Benchmark
from mammoth_eval.cli import COMMANDS, build_parser
from mammoth_eval.engines import openai, replay, scripted, transformers_load, vllm_start
from mammoth_eval.importers import formats
from mammoth_eval.prompts import Exemplar, Prompt
from mammoth_eval.store import RunSpec
from mammoth_eval.training import mixture, recipe, rows, suite

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
NOTE = "<!-- Written by tools/docs.py out of the code; do not edit. -->\n\n"
RUN_WITH_OUTPUT = re.compile(r"(```sh\n(?P<script>(?:(?!```).)*?)```\n+```text\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
"""A block of commands with a block of their output right under it."""
SESSION = {
    "started": "When, in UTC.",
    "command": "The command line; values of keys and tokens are left out.",
    "hub": "What was taken from the hub: kind, name and commit of each model, adapter and data set.",
    "machine": "Operating system, Python, number of cores.",
    "engine": "What the engine says of itself: versions, device, dtype, context length, batch sizes.",
    "sandbox": "Level, layers in force, limits, and the versions of the libraries that programs see.",
    "concurrency": "Problems in progress at once.",
    "graders": "Version of each grader, in the order of the run's graders.",
    "ended": "Only where the session was ended by an error: which.",
}
"""What a session of ``run.json`` holds."""


def main() -> int:
    """Write every page, or say which are not as they would be written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; 1 where a page is not up to date")
    args = parser.parse_args()
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if args.check:
        for path in stale:
            print(f"{path.relative_to(ROOT)}: not up to date: make docs", file=sys.stderr)
        return int(bool(stale))
    for path, text in pages().items() if stale else ():
        path.write_text(text, encoding="utf-8")
    for path in stale:
        print(f"docs: wrote {path.relative_to(ROOT)}")
    return 0


def pages() -> dict[Path, str]:
    """Path to text of all that is made here."""
    written = {DOCS / "reference" / f"{name}.md": NOTE + make() for name, make in REFERENCE.items()}
    return written | {path: with_outputs(path) for path in [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))] if path not in written}


def with_outputs(path: Path) -> str:
    """The text of a page, each block of output replaced by what its commands print. The blocks of a page share a folder."""
    text = path.read_text(encoding="utf-8")
    if not RUN_WITH_OUTPUT.search(text):
        return text
    with tempfile.TemporaryDirectory() as folder:
        return RUN_WITH_OUTPUT.sub(lambda found: found[1] + printed(found["script"], Path(folder)), text)


def printed(script: str, folder: Path) -> str:
    """What `script` prints to standard output, run by sh in `folder`, where ``docs`` is ours. Raises where it fails."""
    if not (folder / "docs").exists():
        shutil.copytree(DOCS / "examples", folder / "docs" / "examples")
    bin_folder = folder / ".bin"
    bin_folder.mkdir(exist_ok=True)
    shim = bin_folder / "mammoth-eval"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mammoth_eval "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    changes = {"PATH": f"{bin_folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "COLUMNS": "100", "TERM": "dumb"}
    kept = {name: value for name, value in os.environ.items() if name not in ("MAMMOTH_DATA_DIR", "NO_COLOR", "FORCE_COLOR")}
    done = subprocess.run(
        ["sh", "-e", "-c", script], cwd=folder, env={**kept, **changes}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"docs: a command of a page failed ({done.returncode}):\n{script}\n{done.stderr}")
    return settled(done.stdout)


def settled(output: str) -> str:
    """Output without what differs from machine to machine: hashes of runs, and the list of what their ``run.json`` say."""
    output = output.partition("Differences between the run.json")[0]
    output = re.sub(r"(?<=-)[0-9a-f]{8}\b", "1a2b3c4d", output)
    return "\n".join(line.rstrip() for line in output.strip("\n").splitlines()) + "\n"


def cli_page() -> str:
    """Every command with all its options."""
    head = (
        "# Command line\n\nEvery command has `--help`. Results go to standard output, progress and messages to standard error. "
        "Exit codes: 0 done, 1 a failure of ours, 2 wrong usage, 130 interrupted.\n\n"
    )
    links = [(f"[`{name}`](#mammoth-eval-{name})", text) for name, (_, text) in COMMANDS.items()]
    listed = table(("command", "what it does"), links)
    children = []
    for name in COMMANDS:
        parser = build_parser(name)
        (actions,) = (one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
        children.append(command(actions.choices[name], f"mammoth-eval {name}"))
    return head + listed + "\n" + "\n".join(children)


def benchmarks_page() -> str:
    """Which benchmarks there are, and the keys of their files."""
    known = [benchmarks.get(name) for name in benchmarks.names()]
    head = ("name", "title", "group", "form", "rows", "paper", "licence", "description")
    listed = [(f"`{one.name}`", *(str(getattr(one, name)) for name in head[1:])) for one in known]
    readers = described(adapters.ADAPTERS)
    makers = described(generated.GENERATORS)
    return (
        "# Benchmarks\n\n## The benchmarks that ship\n\n"
        + table(head, listed)
        + "\n## Keys of a benchmark's TOML\n\nThe file's name is the benchmark's name. "
        + "One of `file`, `hub` and `generator` says where rows come from. An unknown key is an error that names it.\n\n"
        + field_table(Benchmark, without=("name", "origin"), renamed={"policy": "[grading]"})
        + "\nThe table `[grading]` has the keys of a [policy](grading.md#policy).\n"
        + "\n## Adapters\n\n"
        + table(("adapter", "rows"), readers)
        + "\n## Generators\n\n"
        + table(("generator", "rows"), makers)
    )


def prompts_page() -> str:
    """Which prompts there are, and what a file of one holds."""
    known = [prompts.get(name) for name in prompts.names()]
    listed = [(f"`{one.name}`", "yes" if one.chat else "no", str(one.exemplars), one.description) for one in known]
    keys = {"origin" if key == "source" else key for key in prompts._KEYS}
    front = field_table(Prompt, without=[one.name for one in fields(Prompt) if one.name not in keys], renamed={"origin": "source"})
    return (
        "# Prompts\n\n## The styles that ship\n\n"
        + table(("name", "chat template", "exemplars", "what it asks for"), listed)
        + f"\n## A file\n\n{prose(prompts.__doc__ or '')}\n\n## Keys between the lines `+++`\n\n"
        + front
        + '\n## What a template sees\n\n`method` is `"pot"` or `"cot"`, `exemplars` a list of exemplars, `problem` has:\n\n'
        + schema_table(types.Problem)
        + "\n## Keys of an `[[exemplar]]`\n\n"
        + field_table(Exemplar)
    )


def training_page() -> str:
    """Keys of mixtures and suites, recipes, rows."""
    mixtures = [(f"`{name}`", mixture.get(name).description) for name in mixture.names()]
    suites = [(f"`{name}`", found.description, found.budget) for name in suite.names() for found in [suite.get(name)]]
    settings = [one.name for one in fields_of(recipe.Recipe)]
    values = [(f"`{name}`", *(toml(getattr(one, name)) for one in recipe.RECIPES.values())) for name in settings]
    return (
        "# Training\n\n## Keys of a mixture's TOML\n\n"
        + field_table(mixture.Mixture, without=("name", "origin", "sources"))
        + "\n### Keys of its `[[sources]]`\n\n"
        + field_table(mixture.Part)
        + "\n### The mixtures that ship\n\n"
        + table(("name", "rows"), mixtures)
        + "\n## Keys of a suite's TOML\n\n"
        + field_table(suite.Suite, without=("name",), renamed={"settings": "[settings]"})
        + "\n### The suites that ship\n\n"
        + table(("name", "what is compared", "cost"), suites)
        + "\n## Settings of a recipe\n\n`mammoth-eval train --set NAME=VALUE` changes one.\n\n"
        + field_table(recipe.Recipe, heading="setting")
        + "\n### The recipes that ship\n\n"
        + table(("setting", *(f"`{name}`" for name in recipe.RECIPES)), values)
        + f"\n## Rows\n\n{prose(rows.__doc__ or '')}\n\n"
        + schema_table(rows.Row)
    )


def grading_page() -> str:
    """Graders, and the policies under which they compare."""
    from mammoth_eval.graders import exact

    named = described(graders.GRADERS)
    return (
        "# Grading\n\n## Graders\n\n"
        + table(("name", "what it is"), named)
        + f"\n## Policy\n\n{prose(types.Policy.__doc__ or '')}\n\n"
        + field_table(types.Policy)
        + f"\n## What `exact` decides\n\n{prose(exact.__doc__ or '')}\n\n## Verdict\n\n"
        + schema_table(types.Verdict)
    )


def engines_page() -> str:
    """Engines with their options, decodings, presets."""
    named = described(engines.ENGINES)
    asked = described(decoding.DECODINGS)
    shapes = {
        "vllm": vllm_start.VllmOptions,
        "openai": openai.OpenAIOptions,
        "transformers": transformers_load.TransformersOptions,
        "replay": replay.ReplayOptions,
        "scripted": scripted.ScriptedOptions,
    }
    options = "".join(f"\n### `{name}`\n\n{field_table(shape, heading='option')}" for name, shape in shapes.items())
    found = {name: registry.load("preset", name, presets.PRESETS) for name in presets.PRESETS}
    settings = [
        (f"`{one.name}`", *(toml(getattr(preset, one.name)) for preset in found.values())) for one in fields(presets.Preset)
    ]
    return (
        "# Engines, decodings, presets\n\n## Engines\n\n"
        + table(("name", "what it is"), named)
        + "\n## Options of the engines\n\nGiven with `--engine-arg NAME=VALUE`. "
        + "`vllm` takes every engine argument of vLLM besides.\n"
        + options
        + "\n## Decodings\n\n"
        + table(("name", "how a problem is asked"), asked)
        + "\n## Settings of a preset\n\n"
        + field_table(presets.Preset, heading="setting")
        + "\n## The presets that ship\n\n"
        + table(("setting", *(f"`{name}`" for name in found)), settings)
    )


def records_page() -> str:
    """One line of ``records.jsonl``, with an example, and ``run.json``."""
    shapes = (types.Record, types.Problem, types.Attempt, types.Completion, types.Execution, types.Score, types.AttemptScore)
    run, record = example()
    if unknown := set(run["sessions"][0]) - set(SESSION):
        raise SystemExit(f"docs: run.json's sessions have {', '.join(sorted(unknown))}: say in tools/docs.py what that is")
    tables = "".join(f"\n### {shape.__name__}\n\n{prose(shape.__doc__ or '')}\n\n{schema_table(shape)}" for shape in shapes)
    return (
        "# The store\n\nA run is a folder, `results/<model>/<decoding>-<prompt>-<hash>`, with two files.\n\n"
        + "## run.json\n\n"
        + table(
            ("field", "type", "meaning"),
            [
                ("`format`", "whole number", f"Version of the store's format: {run['format']}."),
                ("`spec`", "`RunSpec`", "All that was decided before the run and moves a number; its hash names the folder."),
                ("`sessions`", "list of tables", "What each start of the run ran on."),
            ],
        )
        + f"\n### RunSpec\n\n{prose(RunSpec.__doc__ or '')}\n\n{schema_table(RunSpec)}"
        + "\n### A session\n\n"
        + table(("field", "meaning"), [(f"`{name}`", text) for name, text in SESSION.items()])
        + "\n## records.jsonl\n\n"
        + "One line per problem, appended as problems are finished; of several lines of one problem the last counts. "
        + "This one was written by the run of the [tutorial](../tutorial.md) (laid out, times set to 0):\n\n"
        + f"```json\n{json.dumps(record, indent=1, ensure_ascii=False)}\n```\n"
        + tables
    )


def imports_page() -> str:
    """Formats that can be imported, and those that can be written."""
    from mammoth_eval.report import export

    read = described(formats.FORMATS)
    written = described(export.FORMATS)
    return (
        "# Import and export\n\n## Formats of `mammoth-eval import`\n\n"
        + table(("name", "rows"), read)
        + f"\n{prose((formats.__doc__ or '').partition(chr(10) * 2)[2])}\n"
        + "\n## Formats of `mammoth-eval export`\n\n"
        + table(("name", "what is written"), written)
    )


def example() -> tuple[dict[str, Any], dict[str, Any]]:
    """``run.json`` and one record of a run that really was made: the problem whose program failed."""
    script = (
        "mammoth-eval run --quiet --engine scripted --model docs/examples/coins-script.json"
        " --benchmarks docs/examples/coins.toml --json"
    )
    with tempfile.TemporaryDirectory() as name:
        printed(script, Path(name))
        (folder,) = Path(name).glob("results/*/*/")
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        found = [json.loads(line) for line in (folder / "records.jsonl").read_text(encoding="utf-8").splitlines()]
    return run, _without_times(next(one for one in found if one["problem"]["id"] == "coins/1"))


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: 0.0 if key == "seconds" else _without_times(one) for key, one in value.items()}
    return [_without_times(one) for one in value] if isinstance(value, list) else value


def described(names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each name of a registry with the first paragraph of what it stands for, read from its source: nothing is imported."""
    return [(f"`{name}`", docstring_at(path)) for name, path in names.items()]


REFERENCE: dict[str, Callable[[], str]] = {
    "cli": cli_page,
    "benchmarks": benchmarks_page,
    "prompts": prompts_page,
    "engines": engines_page,
    "grading": grading_page,
    "training": training_page,
    "store": records_page,
    "import-export": imports_page,
}
"""Page to what writes it."""

if __name__ == "__main__":
    raise SystemExit(main())
