"""What a run asked the model: its prompts, rendered again from ``run.json`` (records do not repeat them)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from mammoth_eval import benchmarks, prompts
from mammoth_eval.errors import UsageError
from mammoth_eval.prompts import Prompt
from mammoth_eval.report.bounded import is_bounded
from mammoth_eval.store import RunSpec
from mammoth_eval.types import Method, Problem, Query


@dataclass(frozen=True, slots=True)
class Asked:
    """The prompts of one run."""

    prompt: Prompt | None
    """None where it is not available to the byte: imported generations, or exemplars that have changed since."""
    families: Mapping[str, str]
    """Benchmark to its family of exemplars."""

    def query(self, problem: Problem, method: Method) -> Query | None:
        """The request for an attempt at `problem`.

        None where it is not known (an option match asks with what the model wrote).
        """
        if self.prompt is None or method == "match" or problem.benchmark not in self.families:
            return None
        return self.prompt.query(problem, method, family=self.families[problem.benchmark])


def asked(spec: RunSpec) -> Asked:
    """The prompts of the run of `spec`, if the template and exemplars of today still have the hash that the run wrote
    down.
    """
    known = set(benchmarks.names())
    families = {name: benchmarks.get(name).exemplars for name in spec.benchmarks if name in known}
    return Asked(_prompt(spec), families)


def _prompt(spec: RunSpec) -> Prompt | None:
    """Read from the text that the run kept: nothing of a run that may be somebody else's is laid on this disk."""
    if not spec.prompt_text:
        return None
    kept = {PurePath(name).name: table.encode() for name, table in spec.prompt_files.items()}
    try:
        prompt = prompts.parse(
            spec.prompt, "run.json", spec.prompt_text.encode(), lambda: kept or prompts.own_families()
        )
    except (
        UsageError,
        UnicodeEncodeError,
        RecursionError,
    ):  # another version's prompt, whose keys were others, or none at all
        return None
    exemplars = sum(map(len, prompt.files.values()))
    return prompt if prompt.hash == spec.prompt_hash and is_bounded(prompt.template, exemplars) else None
