"""Rewards for reinforcement learning: completions and golds in, one number for each out.

`Reward` is a reward function as TRL's GRPOTrainer calls it (Shao et al., arXiv 2402.03300); `compute_score` and
`compute_scores` are those of verl, for one row and for a batch. Both ask `Reward.judge`, which says what was read.

Extraction and equivalence are those of the evaluation. A thought (``<think>`` ... ``</think>``) is not part of the
answer; where one was never closed, what stands before it counts only if it is marked as the answer. What the grader
cannot decide is a fault, and no reward: None for TRL, which leaves the completion out, a number of your own for verl.

Nothing that a completion or a gold holds raises: an error of ours is logged and is a fault. A call that cannot be meant
(no such column, columns of different lengths, an option that does not exist) raises `UsageError`, at the first step.
No signal is used, no network, no program is run. Any thread and any process may ask, forked or spawned; the
verdicts of one process share one prover, and what they wait for it is not taken from their two seconds.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from mammoth_eval import arguments, benchmarks, config, extraction, thoughts
from mammoth_eval.errors import UsageError
from mammoth_eval.graders import grade
from mammoth_eval.types import LETTERS, Form, Outcome, Policy, Verdict

DEFAULT = Policy()
Messages = Sequence[Mapping[str, Any]]
Generated = str | Messages | None
"""What a model wrote: a text, or the messages of a conversation, of which the assistant's last is read."""

AGAIN_SECONDS = 10.0
"""For the faults of a batch that are tried again at its end, when the proving process is up."""
_PROOF = "symbolic"
"""The rung whose faults a second asking may settle."""
_THOUGHT_KEYS = ("reasoning_content", "reasoning", "thinking")
"""Where a message keeps its thought beside its content."""
_VERL_KEYS = {"reward_router_address", "reward_model_tokenizer"}
"""What verl passes to every reward function where a reward model runs as well."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of one completion."""

    outcome: Outcome
    answer: str | None
    """The answer that was read; None where there is none."""
    reason: str = ""
    """The rung of the grader that decided, and why."""


@dataclass(frozen=True, slots=True)
class Reward:
    """A reward function, ``GRPOTrainer(reward_funcs=Reward(gold="solution"))``: frozen, picklable, without state."""

    policy: Policy = DEFAULT
    """When two answers count as equal."""
    form: Literal["open", "choice", "mixed"] = "open"
    """``choice``: the gold is a letter; ``mixed``: it is one in rows that have options."""
    gold: str = "answer"
    """The column of right answers: a text, a number, or a list of which any one is right."""
    choices: str = "choices"
    """The column of option texts, in order and without letters; read for choice problems only, and it may be absent."""
    worked: bool = False
    """The gold is a worked solution that marks its answer (``#### 18``, ``\\boxed{18}``), read as a completion is."""
    marked: bool = False
    """Only an answer behind a marker counts (a box, ``The answer is``), never the last number of a text."""
    thinks: bool = False
    """The chat template opens a thought, so that a completion without ``</think>`` never reached its answer."""
    right: float = 1.0
    wrong: float = 0.0
    no_answer: float = 0.0
    """Also of a completion that was cut off before its answer."""
    fault: float | None = None
    """What the grader could not decide; None: no reward, and TRL leaves the completion out."""
    name: str = "mammoth_eval"
    """How the trainer's logs call it."""

    @property
    def __name__(self) -> str:
        """For the trainer's logs."""
        return self.name

    def __call__(
        self, prompts: Sequence[str | Messages] = (), completions: Sequence[Generated] = (), **columns: Any
    ) -> list[float | None]:
        """One reward for each completion, under TRL's names; `columns` are the dataset's, a value for each completion.

        Answers and outcomes go to the trainer's table of completions, and the share of faults to its metrics.
        Raises `UsageError` where the column of golds is missing or a column has another length.
        """
        if prompts and len(prompts) != len(completions):
            sizes = f"{len(prompts)} prompts for {len(completions)} completions"
            raise UsageError(f"reward {self.name}: {sizes}, expected as many")
        golds, options = self._columns(columns, len(completions))
        opened = [self.thinks or _opens_thought(prompt) for prompt in prompts] or [self.thinks] * len(completions)
        judged = self.judge_all(completions, golds, options, opened)
        _log_to(columns, self.name, judged)
        return [self.value(one.outcome) for one in judged]

    def judge_all(
        self, completions: Sequence[Generated], golds: Sequence[Any], options: Sequence[Any], opened: Sequence[bool]
    ) -> list[Judgement]:
        """One judgement for each completion, in order; the arguments are of one length.

        Proofs that took too long get one more try at the end.
        """
        rows = list(zip(completions, golds, options, opened, strict=True))
        judged = [self.judge(*row) for row in rows]
        end = time.monotonic() + AGAIN_SECONDS
        for number, row in enumerate(rows):
            found = judged[number]
            if found.outcome == "fault" and found.reason.startswith(_PROOF) and time.monotonic() < end:
                judged[number] = self.judge(*row)
        return judged

    def judge(
        self, completion: Generated, gold: Any, options: Any = None, opened: bool = False, cut: bool = False
    ) -> Judgement:
        """The judgement of one completion; never raises.

        `opened`: it begins inside a thought. `cut`: it was cut off, so that only a marked answer counts.
        """
        try:
            form, texts = self._form(options)
            text, unfinished = _outside_thoughts(completion, opened)
            truncated = unfinished or cut
            answer = extraction.from_text(text, form=form, choices=texts, truncated=truncated or self.marked)
            if answer is None:
                return Judgement("truncated" if truncated else "no_answer", None)
            return self._graded(answer, gold, form, texts)
        except Exception as error:  # noqa: BLE001 (a boundary: a training run of days must not end of whatever this is)
            return self._failed(error)

    def grade(self, answer: str, gold: Any, options: Any = None) -> Judgement:
        """The judgement of an answer that was found already, as in what a program printed; never raises."""
        try:
            return self._graded(answer, gold, *self._form(options))
        except Exception as error:  # noqa: BLE001 (the same boundary)
            return self._failed(error)

    def _form(self, options: Any) -> tuple[Form, tuple[str, ...]]:
        """What a row is, and its option texts."""
        texts = () if self.form == "open" else _options(options)
        return ("choice" if self.form == "choice" or texts else "open"), texts

    def _graded(self, answer: str, gold: Any, form: Form, texts: tuple[str, ...]) -> Judgement:
        golds = _golds(gold)
        if self.worked:
            read = (extraction.from_text(one, form=form, choices=texts, truncated=True) for one in golds)
            golds = tuple(found or "" for found in read)
        return _judgement(answer, golds, self.policy, texts)

    def _failed(self, error: Exception) -> Judgement:
        _log.warning("reward %s: a completion could not be judged", self.name, exc_info=error)
        return Judgement("fault", None, f"{type(error).__name__}: {error}")

    def value(self, outcome: Outcome) -> float | None:
        """The reward of an outcome."""
        table = {"correct": self.right, "wrong": self.wrong, "fault": self.fault}
        return table.get(outcome, self.no_answer)

    def _columns(self, columns: Mapping[str, Any], rows: int) -> tuple[Sequence[Any], Sequence[Any]]:
        """Golds and options, one for each completion."""
        if self.gold not in columns:
            there = ", ".join(sorted(columns)) or "none"
            raise UsageError(f"reward {self.name}: no column {self.gold!r} of golds (gold=...); there are: {there}")
        golds, options = columns[self.gold], columns.get(self.choices)
        options = [None] * rows if options is None or self.form == "open" else options
        for column, values in ((self.gold, golds), (self.choices, options)):
            if isinstance(values, str) or len(values) != rows:
                size = "one text" if isinstance(values, str) else f"{len(values)} values"
                said = f"column {column!r} has {size} for {rows} completions"
                raise UsageError(f"reward {self.name}: {said}, expected as many")
        return golds, options


@cache
def for_benchmark(name: str) -> Reward:
    """The reward under the policy and form of a benchmark (its name or TOML file); `dataclasses.replace` sets the rest.

    Raises `UnknownName` or `BenchmarkError`.
    """
    benchmark = benchmarks.get(name)
    return Reward(policy=benchmark.policy, form=benchmark.form, name=benchmark.name)


def configured(benchmark: str = "", **options: Any) -> Reward:
    """The reward of plain values, as a configuration file has them: a benchmark's policy and form, and fields of
    `Reward`.

    ``policy`` may be a mapping of the fields of `Policy`, or a benchmark whose policy it is. Raises `UsageError` for an
    option that does not exist, or for a value that it cannot have.
    """
    base = for_benchmark(arguments.text("benchmark", benchmark)) if benchmark else Reward()
    policy = benchmarks.policy_of(options.pop("policy", base.policy))
    said: Reward = config.given("reward", options, Reward)
    return replace(base, policy=policy, **{name: getattr(said, name) for name in options})


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    *,
    benchmark: str = "",
    fault: float = 0.0,
    **options: Any,
) -> float:
    """verl's reward of one row: ``custom_reward_function.path=pkg://mammoth_eval.reward``, ``name=compute_score``.

    `benchmark` gives policy and form. `fault` and `options` (the fields of `Reward`) come from ``reward_kwargs``, where
    `policy` is a mapping. Option texts are looked for in `extra_info`. Raises `UsageError` for an unknown option.
    """
    scores = compute_scores(
        [data_source], [solution_str], [ground_truth], [extra_info], benchmark=benchmark, fault=fault, **options
    )
    return scores[0]


def compute_scores(
    data_sources: Sequence[str],
    solution_strs: Sequence[str],
    ground_truths: Sequence[Any],
    extra_infos: Sequence[Mapping[str, Any] | None] | None = None,
    *,
    benchmark: str = "",
    fault: float = 0.0,
    **options: Any,
) -> list[float]:
    """verl's rewards of a batch, for its reward manager ``batch``; see `compute_score`."""
    reward = configured(benchmark, **{key: value for key, value in options.items() if key not in _VERL_KEYS})
    infos = [None] * len(solution_strs) if extra_infos is None else extra_infos
    if not len(solution_strs) == len(ground_truths) == len(infos):
        sizes = f"{len(solution_strs)} solutions, {len(ground_truths)} ground truths, {len(infos)} extra infos"
        raise UsageError(f"reward {reward.name}: {sizes}, expected as many of each")
    texts = [info.get(reward.choices) if isinstance(info, Mapping) else None for info in infos]
    judged = reward.judge_all(solution_strs, ground_truths, texts, [reward.thinks] * len(texts))
    values = [reward.value(one.outcome) for one in judged]
    return [fault if value is None else value for value in values]


def _judgement(answer: str, golds: Sequence[str], policy: Policy, choices: Sequence[str]) -> Judgement:
    """Right by any of the golds; where none is equal and one could not be compared, that is a fault."""
    verdict = Verdict(False, "gold", "there is no gold", fault=True)
    for number, gold in enumerate(golds):
        found = grade(answer, gold, policy, choices)
        if number == 0 or found.equal or (found.fault and not verdict.fault):
            verdict = found
        if found.equal:
            break
    outcome: Outcome = "fault" if verdict.fault else "correct" if verdict.equal else "wrong"
    return Judgement(outcome, answer, f"{verdict.rung}: {verdict.reason}".rstrip(": "))


def _golds(value: Any) -> tuple[str, ...]:
    """The accepted answers in one cell: of a text, a number (also numpy's), or a list of them; none of None."""
    plain = value.tolist() if hasattr(value, "tolist") else value
    if plain is None:
        return ()
    if isinstance(plain, list | tuple | set | frozenset):
        return tuple(text for part in plain for text in _golds(part))
    return (str(plain),)


def _options(value: Any) -> tuple[str, ...]:
    """The option texts in one cell of a dataset."""
    plain = value.tolist() if hasattr(value, "tolist") else value
    return tuple(str(part) for part in plain or ())[: len(LETTERS)]


def _outside_thoughts(completion: Generated, opened: bool) -> tuple[str, bool]:
    """What a model said and did not only think, and whether its last thought was never closed."""
    message = _last_said(completion)
    text = _text(message.get("content"))
    apart = any(message.get(key) for key in _THOUGHT_KEYS)
    opened = opened and not apart
    said = thoughts.split(text, opened=opened).answer
    return said, thoughts.split(text, opened=opened, cut=True).unfinished


def _last_said(completion: Generated) -> Mapping[str, Any]:
    """The assistant's last message; a text is one."""
    if completion is None or isinstance(completion, str):
        return {"content": completion}
    messages = [completion] if isinstance(completion, Mapping) else completion
    return next((one for one in reversed(messages) if one.get("role", "assistant") == "assistant"), {})


def _text(content: Any) -> str:
    """The text of a message's content: itself, or the parts of type text."""
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(part.get("text") or "" for part in content if part.get("type") == "text")


def _opens_thought(prompt: str | Messages) -> bool:
    """Whether a prompt leaves the model inside a thought; for messages the template decides (`Reward.thinks`)."""
    return isinstance(prompt, str) and any(thoughts.opened_by(prompt, form) for form in thoughts.FORMS.values())


def _log_to(columns: Mapping[str, Any], name: str, judged: Sequence[Judgement]) -> None:
    """Tell the trainer what was read, where it passed the functions that take it."""
    extra: Callable[..., None] | None = columns.get("log_extra")
    metric: Callable[..., None] | None = columns.get("log_metric")
    if callable(extra):
        extra(f"{name}/answer", [one.answer for one in judged])
        extra(f"{name}/outcome", [one.outcome for one in judged])
    if callable(metric) and judged:
        metric(f"{name}/faults", sum(one.outcome == "fault" for one in judged) / len(judged))
