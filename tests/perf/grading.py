"""Graders side by side, in one run on one core: pairs a second, accuracy on labelled cases, 5,000 MATH records scored
again.

``python tests/perf/grading.py [DATA_DIR] [CASES.jsonl]``: a benchmark, not a test. What counts are the ratios of one
run: pairs are asked in rounds, each grader in turn, so that what else the machine does falls on all. `prm800k` is the
rule of openai/prm800k as the package ``mathruler`` carries it, left out where that is not installed; `hendrycks` is
this project's own port of the normaliser of hendrycks/math, strings compared, since no package provides it.
"""

import json
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

import math_verify

from mammoth_eval.cli.audit import read_cases
from mammoth_eval.extraction import from_text
from mammoth_eval.graders import exact, grade, normalize
from mammoth_eval.graders.equal import high_precision
from mammoth_eval.paper.normalize import strip_string

Pair = tuple[str, str]
Grader = Callable[[str, str], bool]
PAIRS = 400
ROUND = 50
RECORDS = 5_000


def ours(answer: str, gold: str) -> bool:
    """The grader `exact`."""
    return grade(answer, gold).equal


def theirs(answer: str, gold: str) -> bool:
    """Math-Verify itself, in this process and with its own deadlines, as it is fastest."""
    own, meant = (math_verify.parse(f"${text}$") for text in (answer, gold))
    return bool(math_verify.verify(meant, own))


def hendrycks(answer: str, gold: str) -> bool:
    """Equality of the strings after the normaliser of hendrycks/math."""
    return strip_string(answer) == strip_string(gold)


def graders() -> dict[str, Grader]:
    """What can be compared here, ours first."""
    found: dict[str, Grader] = {"exact": ours, "math_verify": theirs, "hendrycks": hendrycks}
    try:
        from mathruler.grader import grade_answer
    except ImportError:
        return found
    return found | {"prm800k": lambda answer, gold: bool(grade_answer(answer, gold))}


def forget() -> None:
    """Our grader remembers nothing from here on."""
    exact.default().close()
    normalize.cleaned.cache_clear()


def pairs(path: Path) -> list[Pair]:
    """(answer, gold) of the distinct pairs of recorded generations."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found = [(from_text(row["code"][0], form="open"), row["gt"]) for row in rows]
    return list(dict.fromkeys((answer, gold) for answer, gold in found if answer and gold))


def rates(work: list[Pair], judges: dict[str, Grader]) -> dict[str, float]:
    """Pairs a second of each grader, in rounds."""
    forget()
    seconds = dict.fromkeys(judges, 0.0)
    for start in range(0, len(work), ROUND):
        for name, judge in judges.items():
            begin = time.perf_counter()
            for answer, gold in work[start : start + ROUND]:
                judge(answer, gold)
            seconds[name] += time.perf_counter() - begin
    return {name: len(work) / took for name, took in seconds.items()}


def accuracies(path: Path, judges: dict[str, Grader]) -> dict[str, float]:
    """The share of labelled cases, but choices and hostile ones, that each grader gets right.

    All are given what we extract.
    """
    right = dict.fromkeys(judges, 0)
    hostile = {
        row["id"]
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
        if row.get("kind") == "security"
    }
    cases = [
        case for case in read_cases(path) if not case.choice and case.id not in hostile
    ]  # others evaluate what they are given
    for case in cases:
        answer = (from_text(case.pred, form="open") if case.response else case.pred) or ""
        for name, judge in judges.items():
            right[name] += judge(answer, case.gold) == case.label
    return {name: count / len(cases) for name, count in right.items()}


def again(data: Path) -> float:
    """Seconds to extract and grade `RECORDS` MATH records of distinct problems.

    Recorded texts, every second one made right.
    """
    golds = [gold for _, gold in pairs(data / "math500_cot.jsonl")]
    texts = [
        json.loads(line)["code"][0]
        for name in ("math500_cot", "math500_interpreter")
        for line in (data / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    records = []
    for index in range(RECORDS):
        gold = f"{golds[index % len(golds)]}+{index}"
        text = texts[index % len(texts)]
        answer = gold.replace("\\frac", "\\dfrac").replace("^2", "^{2}")
        records.append((text + (f" The answer is $\\boxed{{{answer}}}$." if index % 2 else ""), gold))
    forget()
    begin = time.perf_counter()
    right = sum(ours(from_text(text, form="open") or "", gold) for text, gold in records)
    took = time.perf_counter() - begin
    print(f"{RECORDS} MATH records extracted and graded: {took:.2f} s ({100 * right / RECORDS:.1f} % right)")
    return took


def main() -> None:
    """Print the rates with their ratios, the accuracies, and the time for a whole benchmark."""
    logging.getLogger("math_verify").setLevel(logging.CRITICAL)  # it writes every hostile answer out
    data = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data") / "recorded" / "rho_1b"
    cases = Path(sys.argv[2] if len(sys.argv) > 2 else "../shared/grading/cases.jsonl")
    judges = graders()
    grade("\\sin 3x", "3\\sin x - 4\\sin^3 x + 10^{-30}")  # what is loaded on first use, outside what is measured
    high_precision.context()
    for judge in judges.values():
        judge("\\frac{1}{2}", "0.5")
    for name in ("gsm8k_interpreter", "math500_interpreter"):
        found = rates(pairs(data / f"{name}.jsonl")[:PAIRS], judges)
        said = ", ".join(
            f"{grader} {rate:.0f}/s (ours is {found['exact'] / rate:.1f} times)" for grader, rate in found.items()
        )
        print(f"{name}, {PAIRS} pairs: {said}")
    said = ", ".join(f"{grader} {100 * share:.1f} %" for grader, share in accuracies(cases, judges).items())
    print(f"{cases.name}: {said}")
    again(data)


if __name__ == "__main__":
    main()
