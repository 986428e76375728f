"""The pages of ``docs/reference/``, one function each."""

from __future__ import annotations

import argparse
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from typing import get_args

from docs_run import example
from docs_tables import command, docstring_at, field_table, fields_of, prose, schema_table, table, toml
from msgspec import Struct

import mammoth_eval
from mammoth_eval import benchmarks, decoding, engines, events, graders, presets, prompts, registry, types
from mammoth_eval.benchmarks import adapters, generated
from mammoth_eval.benchmarks.spec import Benchmark
from mammoth_eval.cli import COMMANDS, build_parser
from mammoth_eval.engines import openai, replay, scripted, transformers_load, vllm_start
from mammoth_eval.graders import exact
from mammoth_eval.importers import formats
from mammoth_eval.prompts import Exemplar, Prompt
from mammoth_eval.report import export
from mammoth_eval.settings import Settings
from mammoth_eval.store import RunSpec
from mammoth_eval.training import mixture, recipe, rows, suite

SESSION = {
    "started": "When, in UTC.",
    "command": "The command line; values of keys and tokens are left out.",
    "hub": "What was taken from the hub: kind, name and commit of each model, adapter and data set.",
    "machine": "Operating system, Python, number of cores.",
    "engine": "What the engine says of itself: versions, device, dtype, context length, batch sizes.",
    "sandbox": "Level, layers in force, limits, and the versions of the libraries that programs see.",
    "concurrency": "Problems in progress at once.",
    "chosen": "What was left to us (`auto`): the setting, its value, and the reason.",
    "warnings": "Why this prompt may not suit this model or these problems, as printed before the run.",
    "graders": "Version of each grader, in the order of the run's graders.",
    "ended": "Only where the session was ended by an error: which.",
}
"""What a session of ``run.json`` holds."""


def cli_page() -> str:
    """Every command with all its options."""
    head = (
        "# Command line\n\nEvery command has `--help`. Results go to standard output, progress and messages to "
        "standard error. Exit codes: 0 done, 1 a failure of ours or of a download, 2 wrong usage, 3 done with errored "
        "records (the same command tries them again), 130 interrupted.\n\n"
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
        + (
            "One of `file`, `hub` and `generator` says where rows come from. An unknown key is an error that names "
            "it.\n\n"
        )
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
    keys = {"origin" if key == "source" else key for key in (one.name for one in fields_of(prompts.Head))}
    front = field_table(
        Prompt, without=[one.name for one in fields_of(Prompt) if one.name not in keys], renamed={"origin": "source"}
    )
    return (
        "# Prompts\n\n## The styles that ship\n\n"
        + table(("name", "chat template", "exemplars", "what it asks for"), listed)
        + f"\n## A file\n\n{prose(prompts.__doc__ or '')}\n\n## Keys between the lines `+++`\n\n"
        + front
        + (
            '\n## What a template sees\n\n`method` is `"pot"` or `"cot"`, `exemplars` a list of exemplars, `problem` '
            "has:\n\n"
        )
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
        (f"`{one.name}`", *(toml(getattr(preset, one.name)) for preset in found.values()))
        for one in fields_of(presets.Preset)
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
    shapes = (
        types.Record,
        types.Problem,
        types.Attempt,
        types.Completion,
        types.Execution,
        types.Score,
        types.AttemptScore,
    )
    run, record = example()
    if unknown := set(run["sessions"][0]) - set(SESSION):
        raise SystemExit(
            f"docs: run.json's sessions have {', '.join(sorted(unknown))}: say in tools/docs.py what that is"
        )
    tables = "".join(
        f"\n### {shape.__name__}\n\n{prose(shape.__doc__ or '')}\n\n{schema_table(shape)}" for shape in shapes
    )
    return (
        "# The store\n\nA run is a folder, `results/<model>/<decoding>-<prompt>-<hash>`, with two files.\n\n"
        + "## run.json\n\n"
        + table(
            ("field", "type", "meaning"),
            [
                ("`format`", "whole number", f"Version of the store's format: {run['format']}."),
                (
                    "`spec`",
                    "`RunSpec`",
                    "All that was decided before the run and moves a number; its hash names the folder.",
                ),
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
    read = described(formats.FORMATS)
    written = described(export.FORMATS)
    return (
        "# Import and export\n\n## Formats of `mammoth-eval import`\n\n"
        + table(("name", "rows"), read)
        + f"\n{prose((formats.__doc__ or '').partition(chr(10) * 2)[2])}\n"
        + "\n## Formats of `mammoth-eval export`\n\n"
        + table(("name", "what is written"), written)
    )


def python_page() -> str:
    """The public names, each with its signature and its docstring."""
    found = {name: getattr(mammoth_eval, name) for name in mammoth_eval.__all__}
    functions = [one for one in found.items() if inspect.isfunction(one[1])]
    shapes = [
        one
        for one in found.items()
        if is_dataclass(one[1]) or (isinstance(one[1], type) and issubclass(one[1], Struct))
    ]
    others = [one for one in found.items() if one not in functions and one not in shapes]
    out = ["# Python\n\nThe public names; each is imported when it is first used.\n"]
    out += [
        f"\n## {name}\n\n```text\n{_signature(name, one)}\n```\n\n{prose(one.__doc__ or '')}\n"
        for name, one in functions
    ]
    out.append("\n## Settings of a run\n\n`evaluate` and `evaluate_async` take each by name. ")
    out.append(
        f"{prose(Settings.__doc__ or '')}\n\n"
        f"{field_table(Settings, heading='setting', without=('model', 'benchmarks'))}"
    )
    for name, one in shapes:
        out.append(f"\n## {name}\n\n{prose(one.__doc__ or '')}\n\n{schema_table(one)}")
        members = _members(one)
        out.append(f"\n{table(('member', 'meaning'), members)}" if members else "")
    for name, one in others:
        out.append(f"\n## {name}\n\n{prose(one.__doc__ or '')}\n\n{table(('member', 'meaning'), _members(one))}")
    told = [(f"`{one.__name__}`", prose(one.__doc__ or "")) for one in get_args(events.Event)]
    out.append(
        f"\n## Events\n\n{prose(events.__doc__ or '')} A listener is called with "
        f"each.\n\n{table(('event', 'when'), told)}"
    )
    return "".join(out)


def _signature(name: str, function: Callable[..., object]) -> str:
    """How it is called, one argument on a line where the line would be long."""
    found = inspect.signature(function)
    words: list[str] = []
    for one in found.parameters.values():
        if one.kind is one.KEYWORD_ONLY and "*" not in words:
            words.append("*")
        star = "**" if one.kind is one.VAR_KEYWORD else ""
        default = getattr(one.default, "__name__", repr(one.default))
        words.append(f"{star}{one.name}: {one.annotation}" + (f" = {default}" if one.default is not one.empty else ""))
    line = f"{name}({', '.join(words)}) -> {found.return_annotation}"
    if len(line) <= 100:
        return line
    return f"{name}(\n" + "".join(f"    {word},\n" for word in words) + f") -> {found.return_annotation}"


def _members(shape: type) -> list[tuple[str, str]]:
    """Its public methods and properties."""
    found = [(name, one) for name, one in vars(shape).items() if not name.startswith("_")]
    properties = [(f"`{name}`", prose(one.__doc__ or "")) for name, one in found if isinstance(one, property)]
    return properties + [(f"`{name}()`", prose(one.__doc__ or "")) for name, one in found if inspect.isfunction(one)]


def described(names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each name of a registry with the first paragraph of what it stands for, read from its source.

    Nothing is imported.
    """
    return [(f"`{name}`", docstring_at(path)) for name, path in names.items()]


REFERENCE: dict[str, Callable[[], str]] = {
    "cli": cli_page,
    "benchmarks": benchmarks_page,
    "prompts": prompts_page,
    "engines": engines_page,
    "grading": grading_page,
    "training": training_page,
    "store": records_page,
    "python": python_page,
    "import-export": imports_page,
}
"""Page to what writes it."""
