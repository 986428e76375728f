"""Attempts -> score: which attempt decides, whether its answer is right, and how samples vote.

Scoring reads only what the store keeps, so that any run is scored again under any rules, with no model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from mammoth_eval import benchmarks, thoughts
from mammoth_eval.errors import StoreError
from mammoth_eval.rules import Rules
from mammoth_eval.store import RunSpec
from mammoth_eval.types import Attempt, AttemptScore, Completion, Outcome, Policy, Problem, Record, Score


def score(record: Record, rules: Rules, policy: Policy) -> Score:
    """What `rules` make of `record`; outcome ``fault`` for an errored record or where the grader could not decide."""
    if record.fault or not record.attempts:
        return Score(rules.name, None, "fault", None, ())
    scored = tuple(_score_attempt(attempt, record.problem, rules, policy) for attempt in record.attempts)
    numbers = sorted({attempt.sample for attempt in scored})
    if len(numbers) > 1:
        scored = _with_votes(scored, record.problem, rules, policy)
    samples = tuple(deciding([attempt for attempt in scored if attempt.sample == number]) for number in numbers)
    winner = samples[0] if len(samples) == 1 else _vote(samples, record.problem, rules, policy)
    path = winner.method if winner.answer is not None else None
    outcomes = tuple(sample.outcome for sample in samples) if len(samples) > 1 else ()
    return Score(rules.name, winner.answer, winner.outcome, path, scored, outcomes)


def with_scores(record: Record, rules: Sequence[Rules], policy: Policy) -> Record:
    """`record` with a score under each of `rules`, beside those that it has."""
    return replace(record, scores={**record.scores, **{grader.name: score(record, grader, policy) for grader in rules}})


def policies(spec: RunSpec) -> dict[str, Policy]:
    """Today's policies of the benchmarks of a run: that one was mended is a reason to score again.

    A TOML of the user's own, whatever its name, keeps the policy that the run wrote down. Raises `StoreError` where
    that is none.
    """
    shipped = set(benchmarks.names()) - set(spec.own)
    return {
        name: benchmarks.get(name).policy if name in shipped and _has_source_of(name, row) else _recorded(name, row)
        for name, row in spec.benchmarks.items()
    }


def _has_source_of(name: str, row: Mapping[str, Any]) -> bool:
    """Whether a run of before `RunSpec.own` took its rows from where the project's benchmark `name` has them."""
    source, known = row.get("source"), benchmarks.get(name)
    return not isinstance(source, Mapping) or source.get("sha256", "") == known.sha256


def _recorded(name: str, row: Mapping[str, Any]) -> Policy:
    try:
        return msgspec.convert(row.get("policy"), Policy)
    except msgspec.ValidationError as error:
        raise StoreError(f"run.json: the policy of {name} cannot be read: {error}") from error


def deciding(attempts: Sequence[AttemptScore]) -> AttemptScore:
    """The attempt of one sample that counts: a matched option, else the program's answer, else the last word."""
    for method in ("match", "pot"):
        for attempt in attempts:
            if attempt.method == method and attempt.answer is not None:
                return attempt
    return attempts[-1]


def _score_attempt(attempt: Attempt, problem: Problem, rules: Rules, policy: Policy) -> AttemptScore:
    if rules.thoughts:
        attempt = replace(attempt, completion=thoughts.separate(attempt.completion))
    answer = rules.read(attempt, problem, policy)
    if answer is None:
        outcome, reason = _without_answer(attempt.completion)
        return AttemptScore(attempt.method, attempt.sample, None, outcome, reason)
    verdict = rules.verdict(answer, problem, policy)
    outcome = "fault" if verdict.fault else "correct" if verdict.equal else "wrong"
    return AttemptScore(
        attempt.method, attempt.sample, answer, outcome, f"{verdict.rung}: {verdict.reason}".rstrip(": ")
    )


def _without_answer(completion: Completion) -> tuple[Outcome, str]:
    """The outcome of an attempt without an answer, and the reason where it is the thought or the server."""
    if completion.unfinished:
        return "truncated", "the thought did not end"
    if completion.finish_reason in _BY_THE_SERVER:
        return "no_answer", f"{_BY_THE_SERVER[completion.finish_reason]} ({completion.server_reason})"
    if completion.finish_reason != "stop":
        return "truncated", ""
    if not completion.thought or completion.text.strip():
        return "no_answer", ""
    if completion.server_reason and thoughts.form_of(completion.thought) is None:
        return "no_answer", "the server put all of it into its reasoning field: give --thoughts off to read it there"
    return "no_answer", "nothing behind the thought"


_BY_THE_SERVER = {
    "filtered": "the server withheld the answer",
    "tool": "the model called a tool instead",
    "other": "the server ended it for a reason that is not known",
}


def _with_votes(
    scored: Sequence[AttemptScore], problem: Problem, rules: Rules, policy: Policy
) -> tuple[AttemptScore, ...]:
    """`scored`, each answer with its vote among those of its method, so that tables can count them without a grader."""
    votes: dict[int, int] = {}
    for method in {attempt.method for attempt in scored}:
        for group in _groups([attempt for attempt in scored if attempt.method == method], problem, rules, policy):
            votes.update({id(attempt): group[0].sample for attempt in group})
    return tuple(replace(attempt, vote=votes.get(id(attempt))) for attempt in scored)


def _vote(samples: Sequence[AttemptScore], problem: Problem, rules: Rules, policy: Policy) -> AttemptScore:
    """The first sample of the largest group of equal answers.

    The group that came first where groups are of one size.
    """
    groups = _groups(samples, problem, rules, policy)
    return max(groups, key=len)[0] if groups else samples[0]


def _groups(scored: Sequence[AttemptScore], problem: Problem, rules: Rules, policy: Policy) -> list[list[AttemptScore]]:
    """Those that have an answer, equal answers together; in the order in which they came."""
    groups: list[list[AttemptScore]] = []
    for attempt in scored:
        if attempt.answer is None:
            continue
        for group in groups:
            if rules.same(attempt.answer, group[0].answer or "", problem, policy):
                group.append(attempt)
                break
        else:
            groups.append([attempt])
    return groups
