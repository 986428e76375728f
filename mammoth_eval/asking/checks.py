"""Wrong pairs of a prompt and a model, found before a run begins: each is a sentence that says what to give instead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mammoth_eval import chat_templates
from mammoth_eval.asking.choice import KIN, SEEING, kind_of
from mammoth_eval.asking.model_files import ModelFiles
from mammoth_eval.benchmarks import Benchmark
from mammoth_eval.chat_templates import AUTO, EFFORTS
from mammoth_eval.errors import PromptError
from mammoth_eval.prompts import Prompt
from mammoth_eval.types import Method, Problem, Query

STARTS = ("<s>", "<|begin_of_text|>", "<bos>", "<|startoftext|>", "<｜begin▁of▁sentence｜>")
"""Tokens that begin a text, of models behind a server: their tokenizers add them."""
ALPACA = "### Instruction:"
SHORT = 4
"""Words of a question that is too short to be known again: `What is it?`."""
NAMED = 5
"""Test questions that a warning names."""
_WORDS = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?|\w+|[^\w\s]")
_PUNCTUATION = frozenset(",.;:?!'\"’‘“”…")
_OPTIONS = re.compile(r"\s*\b(?:answer choices|options)\s*:|\n\s*\(?A[).:]", re.IGNORECASE)
Rows = Sequence[tuple[Benchmark, Sequence[Problem]]]


def warnings(
    prompt: Prompt, files: ModelFiles, engine: str, rows: Rows, methods: Sequence[Method], thinking: str = AUTO
) -> tuple[str, ...]:
    """What is wrong with asking the model of `files` the problems of `rows` with `prompt`, by `methods`.

    Of an engine that shows nothing of its model, what the examples of the prompt show is all that can be said. Raises
    `PromptError` where the first problem cannot be asked.
    """
    found: list[str] = []
    query = _first_query(prompt, rows, methods)
    if engine in SEEING:
        found += [*_training(prompt, files), *_thinking(prompt, files, thinking)]
        if query is not None:
            found += [*_pair(prompt, files, query), *_doubled_start(prompt, files, query)]
    return (*found, *_shown_questions(prompt, rows, methods))


def _first_query(prompt: Prompt, rows: Rows, methods: Sequence[Method]) -> Query | None:
    return next(
        (prompt.query(problems[0], methods[0], family=benchmark.exemplars) for benchmark, problems in rows if problems),
        None,
    )


def _training(prompt: Prompt, files: ModelFiles) -> Iterator[str]:
    """The prompt is not the one that the model was trained with here."""
    name = files.trained_with
    if name and name != prompt.name:
        yield f"{files.names[0]} was trained with the prompt {name} (train.json), and is asked with {prompt.name}"
    elif name and files.trained_hash and files.trained_hash != prompt.hash:
        yield f"{files.names[0]} was trained with another text of the prompt {name} than the one of today"


def _pair(prompt: Prompt, files: ModelFiles, query: Query) -> Iterator[str]:
    """Plain text in the form of Alpaca to a chat model, and a chat to a base model."""
    kind, reason = kind_of(files)
    kin = any(pattern.search(name) for name in files.names for pattern, _ in KIN)
    if kind == "chat" and not query.chat and ALPACA in query.text and not kin and not files.trained_with:
        yield f"prompt {prompt.name} is plain text in the form of Alpaca, but {reason}: --prompt chat asks by it"
    if kind == "base" and query.chat and not files.trained_with:
        model = files.names[0]
        yield f"prompt {prompt.name} is a chat, but {model} is a base model: {reason}; --prompt fewshot suits one"


def _doubled_start(prompt: Prompt, files: ModelFiles, query: Query) -> Iterator[str]:
    """The token that begins a text stands there twice."""
    starts = (files.start,) if files.seen else STARTS
    for start in filter(None, starts):
        if not query.chat:
            if query.text.startswith(start) and (files.adds_start or not files.seen):
                yield f"prompt {prompt.name} begins with {start}, which the tokenizer adds: leave it out (double BOS)"
        elif any(turn.content.startswith(start) for turn in query.messages):
            yield f"prompt {prompt.name} begins a turn with {start}, which is the chat template's to add (double BOS)"
        elif files.template and _is_doubled(files.template, start):
            yield f"the chat template of {files.names[0]} begins a text with {start} twice (double BOS)"


def _is_doubled(template: str, start: str) -> bool:
    text = (chat_templates.render(template, bos_token=start, eos_token="") or "").lstrip()
    return text.startswith(start) and text.removeprefix(start).lstrip().startswith(start)


def _thinking(prompt: Prompt, files: ModelFiles, asked: str) -> Iterator[str]:
    """A thinking model that does not think, and a switch that turns nothing."""
    flag = f"--thinking {asked}"
    if asked != AUTO and not prompt.chat:
        yield f"{flag} is told to a chat template, and prompt {prompt.name} uses none: it changes nothing"
        return
    if not prompt.chat or not files.template:
        return
    own = chat_templates.thinking(files.template)
    if asked == AUTO:
        if own.default == "off":
            way = "--thinking on" if own.switch else "its template has no switch"
            yield f"the chat template of {files.names[0]} turns thinking off where nothing is said: {way}"
    elif not chat_templates.arguments(files.template, asked):
        known = [f"it has {own.switch}: --thinking on or off"] if own.switch else []
        known += [f"it has {chat_templates.EFFORT}: --thinking {', '.join(EFFORTS)}"] if own.effort else []
        has = "; ".join(known) or "it has none for thinking"
        yield f"{flag}: the chat template of {files.names[0]} has no such switch, so nothing changes ({has})"


def _shown_questions(prompt: Prompt, rows: Rows, methods: Sequence[Method]) -> Iterator[str]:
    """Problems whose question the prompt shows to every problem, as an example."""
    for benchmark, problems in rows:
        shown = shown_questions(prompt, benchmark, problems, methods)
        if shown:
            names = ", ".join(problem.id for problem in shown[:NAMED])
            more = f" and {len(shown) - NAMED} more" if len(shown) > NAMED else ""
            yield (
                f"prompt {prompt.name} shows {len(shown)} of the {len(problems)} test questions of {benchmark.name} "
                f"with their answers: {names}{more}; leave them out of the examples, or take another prompt"
            )


def shown_questions(
    prompt: Prompt, benchmark: Benchmark, problems: Sequence[Problem], methods: Sequence[Method]
) -> list[Problem]:
    """The problems whose question stands in the prompt of another one.

    Questions are compared word by word, without case, spacing, punctuation and options.
    """
    if not problems:
        return []
    blank = Problem("", problems[0].benchmark, "", "", problems[0].form, problems[0].choices, problems[0].meta)
    try:
        asked = [prompt.query(blank, method, family=benchmark.exemplars).shown for method in methods]
    except PromptError:  # a template of the user's that needs what this problem does not have
        return []
    texts, longest = [_words(text) for text in asked], max(map(len, asked))
    questions = ((problem, _OPTIONS.split(problem.question)[0]) for problem in problems)
    return [
        problem
        for problem, question in questions
        if len(question) <= 2 * longest and _stands_in(_words(question), texts)
    ]


def _words(text: str) -> str:
    """The words, numbers and signs of a text, lower case, one blank around each."""
    words = (word.replace(",", "") for word in _WORDS.findall(text.lower()) if word not in _PUNCTUATION)
    return f" {' '.join(words)} "


def _stands_in(question: str, texts: Sequence[str]) -> bool:
    return question.count(" ") > SHORT and any(question in text for text in texts)
