"""Row adapters: one row of a file -> the fields of a problem.

The question texts of the paper's nine sets are those of its released code (TIGER-AI-Lab/MAmmoTH,
``math_eval/data_loader.py``), to the byte. An adapter raises `KeyError` for a field that is not there and `ValueError`
for one that cannot be read; the caller adds which row it was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from mammoth_eval.types import LETTERS

Row = Mapping[str, Any]

ADAPTERS = {
    name: f"mammoth_eval.benchmarks.adapters:{name}"
    for name in (
        "aqua",
        "asdiv",
        "columns",
        "gaokao",
        "gsm8k",
        "lettered",
        "math",
        "mmlu",
        "numglue",
        "olympiadbench",
        "svamp",
        "theoremqa",
    )
}


@dataclass(frozen=True, slots=True)
class Fields:
    """What an adapter finds in a row."""

    question: str
    gold: str
    choices: tuple[str, ...] = ()
    """Option texts without letters; a row that has some is a choice problem, its gold a letter."""
    meta: Mapping[str, str] = field(default_factory=dict)


def columns(row: Row, names: Mapping[str, Any]) -> Fields:
    """Rows that need no code: ``[columns]`` names the fields `question`, `gold`, and those kept as `meta`."""
    kept = {name: text(row[name]) for name in names.get("meta", ()) if row[name] is not None}
    return Fields(question=_string(row[names["question"]]), gold=text(row[names["gold"]]), meta=kept)


def gsm8k(row: Row) -> Fields:
    """GSM8K: the gold is the number after ``#### ``, without thousands separators."""
    _, mark, gold = row["answer"].rpartition("#### ")
    if not mark:
        raise ValueError("no '#### ' before the final number in field 'answer'")
    return Fields(question=row["question"].strip(), gold=gold.strip().replace(",", ""))


def math(row: Row) -> Fields:
    """MATH: the gold is the last box of the solution."""
    meta = {name: text(row[name]) for name in ("type", "level") if name in row}
    return Fields(question=row["problem"], gold=last_box(row["solution"]), meta=meta)


def aqua(row: Row) -> Fields:
    """AQuA-RAT: five options like ``A)21``, written behind the question.

    The released code puts a space before every ``(`` and after every ``)`` of the options, those inside an option too;
    models trained on MathInstruct have seen these bytes, so they are kept. `choices` holds the options as the file has
    them.
    """
    choices = tuple(_option(letter, option) for letter, option in zip(LETTERS, row["options"], strict=False))
    written = "".join(f"({option}" for option in row["options"]).replace("(", " (").replace(")", ") ")
    question = f"{row['question'].strip()}\nAnswer Choices:{written}"
    return Fields(question=question, gold=row["correct"], choices=choices)


def mmlu(row: Row) -> Fields:
    """MMLU: a list of options, and the index of the right one."""
    choices = tuple(row["choices"])
    question = with_choices(row["question"], choices)
    return Fields(question, gold=LETTERS[row["answer"]], choices=choices, meta={"subject": row["subject"]})


def lettered(row: Row) -> Fields:
    """A question that already ends in ``Answer Choices: (A) ...``, and a letter."""
    return Fields(question=row["question"], gold=row["answer"], choices=written_choices(row["question"]))


def numglue(row: Row) -> Fields:
    """NumGLUE: numbers, a few words, and in type 3 a letter."""
    choices = written_choices(row["question"]) if "Answer Choices:" in row["question"] else ()
    return Fields(question=row["question"], gold=text(row["answer"]), choices=choices, meta={"type": row["type"]})


def svamp(row: Row) -> Fields:
    """SVAMP: body and question joined by a space; golds are whole numbers written as ``51.0``."""
    return Fields(
        question=f"{row['Body'].strip()} {row['Question'].strip()}",
        gold=text(row["Answer"]),
        meta={"type": row["Type"]},
    )


def asdiv(row: Row) -> Fields:
    """ASDiv: body and question; the unit that the gold carries in brackets (``9 (apples)``) is kept apart."""
    match = re.fullmatch(r"(.*\S)\s+\(([^()]*)\)", row["answer"].strip())
    gold, unit = match.groups() if match else (row["answer"].strip(), "")
    meta = {"type": row["solution_type"], **({"unit": unit} if unit else {})}
    return Fields(question=f"{row['body'].strip()} {row['question'].strip()}", gold=gold, meta=meta)


def gaokao(row: Row) -> Fields:
    """Gaokao 2023 in English.

    LaTeX golds; letters A to E with options in the question; two golds left inside the question.
    """
    question, gold = row["question"], text(row["answer"]).removesuffix("solution:")
    if not gold:
        match = re.fullmatch(r"(.*)\banswers?:(.*)", question, re.DOTALL | re.IGNORECASE)
        question, gold = (part.strip() for part in match.groups()) if match else (question, "")
    choices = _inline_choices(question) if gold in LETTERS[:5] else ()
    return Fields(question, gold, choices, {"source": row["source"]})


def olympiadbench(row: Row) -> Fields:
    """OlympiadBench: one final answer a row, or several in one text; the unit stands in a field of its own."""
    (gold,) = row["final_answer"]
    kept = ("subfield", "answer_type", "unit", "error")
    return Fields(row["question"], text(gold), meta={name: text(row[name]) for name in kept if row[name] is not None})


def theoremqa(row: Row) -> Fields:
    """TheoremQA: numbers, truth values, options ``(a)`` and lists.

    Floats stay floats (``1.0``): the authors allow those 4 %.
    """
    answer = row["Answer"]
    choices = _small_choices(row["Question"]) if row["Answer_type"] == "option" else ()
    gold = repr(answer) if isinstance(answer, float | list) else text(answer)
    if choices:
        gold = gold.strip("()").upper()
    meta = {"type": row["Answer_type"], "field": row["field"], "subfield": row["subfield"]}
    return Fields(row["Question"], gold, choices, {**meta, **({"picture": row["Picture"]} if row["Picture"] else {})})


def text(value: object) -> str:
    """A value of a row as an answer: whole floats without ``.0``, strings stripped."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool | int | float):
        return str(value)
    raise ValueError(f"an answer of type {type(value).__name__} ({value!r}), expected a text or a number")


def with_choices(question: str, choices: Sequence[str]) -> str:
    """The question with its options behind it, as the paper writes them."""
    return f"{question}\nAnswer Choices: " + " ".join(
        f"({letter}) {choice}" for letter, choice in zip(LETTERS, choices, strict=False)
    )


def written_choices(question: str) -> tuple[str, ...]:
    """The options of a question that ends in ``Answer Choices: (A) ... (B) ...``."""
    _, mark, tail = question.rpartition("Answer Choices:")
    if not mark:
        raise ValueError("no 'Answer Choices:' in the question")
    choices = []
    for letter, following in pairwise(LETTERS):
        match = re.search(rf"\({letter}\)(.*?)(?=\({following}\)|\Z)", tail, re.DOTALL)
        if match is None:
            break
        choices.append(match[1].strip().removesuffix("\\n"))  # two characters, in some rows of gaokao2023en
        tail = tail[match.end() :]
    return tuple(choices)


def _inline_choices(question: str) -> tuple[str, ...]:
    """The options of a question that holds ``(A) ... (B) ...`` without a heading."""
    start = question.find("(A)")
    if start < 0:
        raise ValueError("the gold is a letter, and the question has no option '(A)'")
    return written_choices("Answer Choices:" + question[start:])


def _small_choices(question: str) -> tuple[str, ...]:
    """The options of a question that holds ``(a) ...

    (b) ...``, without what is asked behind them; empty where it holds none.
    """
    parts = re.split(r"\([a-e]\):?\s", question)[1:]
    return tuple(re.split(r"[,.;]? [Ww]hich ", part)[0].strip(" .;,") for part in parts)


def last_box(solution: str) -> str:
    r"""What the last ``\boxed{}`` (or ``\fbox{}``, or ``\boxed 5``) holds, its braces balanced."""
    start = max(solution.rfind("\\boxed"), solution.rfind("\\fbox"))
    if start < 0:
        raise ValueError("no \\boxed{} in the solution")
    rest = solution[start:].split("box", 1)[1].removeprefix("ed")
    if not rest.startswith("{"):
        return rest.split("$")[0].strip()
    depth = 0
    for index, character in enumerate(rest):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return rest[1:index].strip()
    raise ValueError("the last \\boxed{ is never closed")


def _option(letter: str, option: str) -> str:
    if not option.startswith(f"{letter})"):
        raise ValueError(f"option {option!r}, expected it to begin with '{letter})'")
    return option[2:].strip()


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"a question of type {type(value).__name__}, expected a text")
    return value
