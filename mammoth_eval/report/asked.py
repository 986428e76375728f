"""What a run asked the model: its prompts, rendered again from ``run.json`` (records do not repeat them)."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mammoth_eval import benchmarks, prompts
from mammoth_eval.errors import UsageError
from mammoth_eval.prompts import Prompt
from mammoth_eval.types import Method, Problem, Query


@dataclass(frozen=True, slots=True)
class Asked:
    """The prompts of one run."""

    prompt: Prompt | None
    """None where it cannot be had to the byte: imported generations, or exemplars that have changed since."""
    families: Mapping[str, str]
    """Benchmark to its family of exemplars."""

    def query(self, problem: Problem, method: Method) -> Query | None:
        """The request for an attempt at `problem`; None where it is not known (an option match asks with the model's own words)."""
        if self.prompt is None or method == "match" or problem.benchmark not in self.families:
            return None
        return self.prompt.query(problem, method, family=self.families[problem.benchmark])


def asked(spec: Mapping[str, Any]) -> Asked:
    """The prompts of the run of `spec`, if the template and exemplars of today still have the hash that the run wrote down."""
    known = set(benchmarks.names())
    families = {name: benchmarks.get(name).exemplars for name in spec["benchmarks"] if name in known}
    return Asked(_prompt(spec), families)


def _prompt(spec: Mapping[str, Any]) -> Prompt | None:
    if not spec.get("prompt_text"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{Path(spec['prompt']).stem}.jinja"
        path.write_text(spec["prompt_text"], encoding="utf-8")
        for name, text in spec.get("prompt_files", {}).items():
            (path.parent / name).parent.mkdir(exist_ok=True)
            (path.parent / name).write_text(text, encoding="utf-8")
        try:
            prompt = prompts.read(path)
        except UsageError:  # written by another version, whose prompts had other keys
            return None
    return prompt if prompt.hash == spec["prompt_hash"] else None
