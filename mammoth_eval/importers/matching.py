"""Rows of a foreign file -> problems of a benchmark, by question text.

Texts are compared without regard to white space and to how quotes, dashes and compatibility characters are written;
where that finds nothing, without case and sentence punctuation too, without the options behind a choice question and a
``Question:`` before one. A row that fits several different problems is not matched: a guess would grade an answer
against another problem's gold.

Rows that answer a problem once more are its samples where no row says a number and every problem has as many; elsewhere
they are strays, and the first row counts.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mammoth_eval.importers.formats import Generation
from mammoth_eval.types import Method, Problem

Key = tuple[str, Method, int]
"""Problem id, method, sample."""

_WRITTEN = str.maketrans(dict.fromkeys("‘’‛′`´", "'") | dict.fromkeys("“”„″", '"') | dict.fromkeys("‐‑‒–—−", "-"))
_PUNCTUATION = re.compile(r"[?!;'\"]|[.,:](?!\d)")
_OPTIONS = re.compile(r"\s(?:Answer Choices|Options)\s*:")
_CALLED = re.compile(r"\A\s*(?:Q|Question|Problem)\s*:\s*")


@dataclass(frozen=True, slots=True)
class Matching:
    """What of a file belongs to which problem."""

    texts: dict[Key, str]
    lines: dict[Key, int]
    """Where in the file each of `texts` stands."""
    ends: dict[Key, str]
    """How those ended of which the file says it, in its words."""
    unmatched: tuple[Generation, ...] = ()
    """Rows whose question is no problem's, or that of several different ones."""
    duplicates: tuple[tuple[Generation, str], ...] = ()
    """Rows for a problem that has another text already and no further sample in them, and its id.

    The first row counts.
    """
    repeats: int = 0
    """Rows that say again what an earlier one said (lm-evaluation-harness writes one for each filter)."""


@dataclass(slots=True)
class _Index:
    """Problems by one way of reading their question."""

    read: Callable[[str], str]
    problems: dict[str, list[Problem]] = field(default_factory=dict)

    def add(self, problem: Problem) -> None:
        key = self.read(problem.question)
        self.problems.setdefault(key, []).append(problem)


def match(rows: Iterable[Generation], problems: Sequence[Problem], method: Method | None) -> Matching:
    """Match `rows` to `problems`; a row that does not say its own method has `method`."""
    indexes = [_Index(tidy), _Index(loose), _Index(_bare)]
    for index in indexes:
        for problem in problems:
            index.add(problem)
    by_id = {problem.id: problem for problem in problems}
    answers = _Answers()
    unmatched: list[Generation] = []
    for row in rows:
        fitting = [by_id[row.problem_id]] if row.problem_id in by_id else _candidates(row, indexes)
        if fitting:
            asked = row.method or method
            assert asked is not None, "the caller has checked that every row has a method"
            answers.add(row, asked, fitting)
        else:
            unmatched.append(row)
    if _are_samples(answers.again, answers.texts):
        answers.add_samples()
        answers.again.clear()
    duplicates = [(row, name) for (name, _), more in answers.again.items() for row in more]
    duplicates.sort(key=lambda pair: pair[0].line)
    return Matching(answers.texts, answers.lines, answers.ends, tuple(unmatched), tuple(duplicates), answers.repeats)


@dataclass(slots=True)
class _Answers:
    """What the rows so far say of the problems."""

    texts: dict[Key, str] = field(default_factory=dict)
    lines: dict[Key, int] = field(default_factory=dict)
    ends: dict[Key, str] = field(default_factory=dict)
    again: dict[tuple[str, Method], list[Generation]] = field(default_factory=lambda: defaultdict(list))
    """Rows with another text for a problem (id and method) that has one."""
    repeats: int = 0

    def add(self, row: Generation, method: Method, problems: Sequence[Problem]) -> None:
        """Lay a row to the first of its problems that is free; else it says the same again, or something else."""
        taken = [_texts_of(problem, method, row, self.texts) for problem in problems]
        nothing = (None,) * len(row.texts)
        free = next((problem for problem, texts in zip(problems, taken, strict=True) if texts == nothing), None)
        if free is not None:
            self._lay(row, free.id, method, row.sample or 0)
            return
        others = [self.again[problem.id, method] for problem in problems]
        if row.texts in taken or any(row.texts == other.texts for rows in others for other in rows):
            self.repeats += 1
        else:
            min(others, key=len).append(row)

    def add_samples(self) -> None:
        """Lay the rows that answer once more behind what there is of their problem, numbered on."""
        known = Counter((name, method) for name, method, _ in self.texts)
        for (name, method), more in self.again.items():
            for row in more:
                self._lay(row, name, method, known[name, method])
                known[name, method] += len(row.texts)

    def _lay(self, row: Generation, name: str, method: Method, first: int) -> None:
        """A row's texts as samples of a problem, from the number `first` on."""
        for number, text in enumerate(row.texts, first):
            self.texts[name, method, number] = text
            self.lines[name, method, number] = row.line
        self.ends |= {(name, method, number): end for number, end in enumerate(row.ends, first) if end}


def _are_samples(again: Mapping[tuple[str, Method], Sequence[Generation]], texts: Mapping[Key, str]) -> bool:
    """Whether rows that answer once more are further samples.

    None says a number, and every problem has as many of them.
    """
    counts = {len(again.get((name, method), ())) for name, method, _ in texts}
    return len(counts) == 1 and all(row.sample is None for more in again.values() for row in more)


def _candidates(row: Generation, indexes: Sequence[_Index]) -> list[Problem]:
    """The problems with the row's question.

    One, or several that ask the very same; none where several that differ would fit.
    """
    if row.problem_id:
        return []
    candidates = [problem for text in (row.question, *row.also) if text for problem in _found(text, indexes)]
    return candidates if len({tidy(problem.question) for problem in candidates}) == 1 else []


def _found(question: str, indexes: Sequence[_Index]) -> Sequence[Problem]:
    """The problems with this question by the strictest index that has any."""
    return next((found for index in indexes if (found := index.problems.get(index.read(question)))), ())


def _texts_of(problem: Problem, method: Method, row: Generation, texts: dict[Key, str]) -> tuple[str | None, ...]:
    """What is known already of the samples that `row` brings; None where there is nothing."""
    return tuple(texts.get((problem.id, method, (row.sample or 0) + number)) for number in range(len(row.texts)))


def tidy(text: str) -> str:
    """`text` with one way of writing white space, quotes, dashes and compatibility characters."""
    return " ".join(unicodedata.normalize("NFKC", text.translate(_WRITTEN)).split())


def loose(text: str) -> str:
    """`tidy` without case and sentence punctuation; points and commas inside numbers stay."""
    return " ".join(_PUNCTUATION.sub(" ", tidy(text)).casefold().split())


def _bare(text: str) -> str:
    """`loose` without the options behind a choice question, and without what calls a question one."""
    return loose(_CALLED.sub("", _OPTIONS.split(text, maxsplit=1)[0]))
