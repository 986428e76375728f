"""Every extraction and every verdict of the tables and recorded runs, one line each: what a change of the house must
not move.

``PYTHONPATH=. python tests/support/verdicts.py FILE`` writes them; a diff of two, from before and after, must be empty.
They are the labelled tables of ``tests/data`` and, with ``MAMMOTH_DATA_DIR``, the generations in its ``recorded``
folder.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[1] / "data"
PAPER_FORMS = ("number", "math", "numglue", "choice")


def module(*names: str) -> Any:
    """The first of the modules that there is, so that one script reads both sides of a move."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            missing = error
    raise missing


extraction = module("mammoth_eval.extraction", "mammoth_eval.extraction")
paper = module("mammoth_eval.paper.extraction", "mammoth_eval.paper.extraction")
correctness = module("mammoth_eval.paper.correctness", "mammoth_eval.paper.correctness")
graders = module("mammoth_eval.graders")
Policy = module("mammoth_eval.types").Policy

POLICIES = (Policy(), Policy(decimals="rounded", percent="strict", units="strict", order="list", text="exact"))


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file of JSON lines."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def texts() -> Iterator[tuple[str, str]]:
    """Where it is from, and a text that a model wrote."""
    for number, case in enumerate(rows_of(DATA / "extraction.jsonl")):
        yield f"extraction/{number}", case["text"]
    for path in recorded():
        for number, row in enumerate(rows_of(path)):
            found = row.get("generated") or row.get("code") or ""
            yield f"{path.parent.name}/{path.stem}/{number}", found[0] if isinstance(found, list) else found


def recorded() -> list[Path]:
    """The files of recorded generations."""
    return (
        sorted(Path(os.environ["MAMMOTH_DATA_DIR"], "recorded").glob("*/*.jsonl"))
        if "MAMMOTH_DATA_DIR" in os.environ
        else []
    )


def pairs() -> Iterator[tuple[str, str, str]]:
    """Where it is from, a gold and an answer.

    Each labelled case both ways, and each gold against the next case's answer.
    """
    for path in sorted(DATA.glob("grading*.jsonl")):
        cases = [(str(case["gold"]), str(case["pred"])) for case in rows_of(path)]
        for number, (gold, answer) in enumerate(cases):
            yield f"{path.stem}/{number}", gold, answer
            yield f"{path.stem}/{number}/turned", answer, gold
        for number, ((gold, _), (_, answer)) in enumerate(pairwise(cases)):
            yield f"{path.stem}/{number}/next", gold, answer
    for path in recorded():
        for number, row in enumerate(rows_of(path)):
            gold = str(row.get("gt", row.get("answer", "")))
            predicted = row.get("pred", row.get("executed", ""))
            answer = str(predicted[0] if isinstance(predicted, list) and predicted else predicted)
            yield f"{path.parent.name}/{path.stem}/{number}", gold, answer


def lines() -> Iterator[list[Any]]:
    """What is written: the source and each reading of a text, or each verdict on a pair."""
    for source, text in texts():
        for truncated in (False, True):
            yield [source, "open", truncated, extraction.from_text(text, form="open", truncated=truncated)]
            found = extraction.from_text(text, form="choice", choices=("1", "2", "3", "4", "5"), truncated=truncated)
            yield [source, "choice", truncated, found]
        yield [source, "stdout", extraction.from_stdout(text, form="open"), extraction.from_stdout(text, form="choice")]
        yield [source, "program", extraction.program(text), paper.program(text)]
        for form in PAPER_FORMS:
            yield [source, f"paper {form}", paper.from_text(text, paper=form), paper.from_stdout(text, paper=form)]
    for source, gold, answer in pairs():
        for number, policy in enumerate(POLICIES):
            verdict = graders.grade(answer, gold, policy)
            yield [source, f"policy {number}", verdict.equal, verdict.rung, verdict.reason, verdict.fault]
        for form in PAPER_FORMS:
            choices = ("1", "2", "3", "4", "5") if form == "choice" else ()
            try:
                verdict = correctness.grade(answer, gold, Policy(paper=form), choices)
                found = [verdict.equal, verdict.rung, verdict.reason, verdict.fault]
            except Exception as error:  # noqa: BLE001  a defect that is kept is compared, too
                found = [type(error).__name__, str(error)]
            yield [source, f"paper {form}", *found]


def main() -> None:
    """Write every line to the file named."""
    with Path(sys.argv[1]).open("w", encoding="utf-8") as out:
        for line in lines():
            out.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
