"""What the hybrid did: every figure on records whose truth is known; golden files of its tables."""

import json
from dataclasses import replace

import golden
import pytest
import runs
from builders import cot, pot, record, scored

from mammoth_eval import stats, store
from mammoth_eval.cli import main
from mammoth_eval.report.hybrid import DIMENSIONS, analyse

RIGHT, WRONG, NONE = "correct", "wrong", "no_answer"
FAILURES = {
    "no program": dict(program=None),
    "truncated": dict(program=None, finish_reason="length"),
    "SyntaxError": dict(status="error", error="SyntaxError: invalid syntax"),
    "ZeroDivisionError": dict(status="error", error="ZeroDivisionError: division by zero"),
    "MemoryError": dict(status="error", error="MemoryError: "),
    "timeout": dict(status="timeout"),
    "memory": dict(status="memory"),
    "output_limit": dict(status="output_limit"),
    "empty output": dict(stdout="\n"),
    "no answer in output": dict(stdout="none\n"),
}


def failed(number, why, by_cot=RIGHT, **where):
    """A problem whose program failed so."""
    first = pot(None, **FAILURES[why])
    score = scored(("pot", None, NONE), ("cot", "4", by_cot), outcome=by_cot, path="cot")
    return record(first, cot(), number=number, scores=score, **where)


def by_dimension(records, dimension, decoding="both"):
    return {one.value: one for one in analyse(records, "exact", decoding).slices[dimension]}


def test_why_programs_failed_is_counted_by_reason_and_all_reasons_sum_to_the_fallbacks():
    records = [failed(number, why) for number, why in enumerate([*FAILURES, "timeout"])]
    (one,) = by_dimension(records, "benchmark").values()
    assert one.failures == {why: 2 if why == "timeout" else 1 for why in one.failures}
    assert set(one.failures) == set(FAILURES)
    assert sum(one.failures.values()) == one.fallback == len(records)


def test_readings_recovered_and_lost_are_those_of_the_summary():
    cases = [(RIGHT, WRONG), (WRONG, RIGHT), (NONE, RIGHT), (NONE, WRONG), (WRONG, WRONG), (RIGHT, RIGHT)]
    records = [runs.solved(*case, number=number) for number, case in enumerate(cases)]
    (one,) = by_dimension(records, "benchmark").values()
    summaries = {found.reading: found for found in stats.summarize(records, "exact", "both")}
    assert one.accuracy == {reading: found.accuracy for reading, found in summaries.items()}
    assert (one.fallback, one.recovered, one.lost) == (2, 1, 1)
    hybrid = summaries["hybrid"]
    assert (one.fallback, one.recovered, one.lost, one.failures) == (
        hybrid.fallback,
        hybrid.recovered,
        hybrid.lost,
        hybrid.pot_failures,
    )


def test_a_run_that_fell_back_only_where_it_must_knows_neither_cot_nor_what_was_lost():
    one = replace(runs.solved(RIGHT, RIGHT, number=0), attempts=(pot(),))
    one = replace(one, scores=scored(("pot", "4", RIGHT)))
    (found,) = by_dimension([one, failed(1, "timeout")], "benchmark", "hybrid").values()
    assert set(found.accuracy) == {"pot", "hybrid"}
    assert found.lost is None
    assert (found.accuracy["pot"].value, found.accuracy["hybrid"].value) == (50.0, 100.0)


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_every_problem_is_in_one_slice_of_every_dimension_that_it_has(dimension):
    records = [
        runs.solved(RIGHT, WRONG, number=number, meta={"subject": "ab"[number % 2], "level": str(number % 3)})
        for number in range(12)
    ]
    assert sum(one.n for one in by_dimension(records, dimension).values()) == 12


def test_subjects_and_levels_are_read_off_the_rows():
    meta = [
        {"subject": "algebra", "level": "Level 10"},
        {"type": "prealgebra", "level": "Level 2"},
        {"type": "prealgebra"},
        {},
    ]
    records = [runs.solved(RIGHT, RIGHT, number=number, meta=one) for number, one in enumerate(meta)]
    assert {value: one.n for value, one in by_dimension(records, "subject").items()} == {"algebra": 1, "prealgebra": 2}
    assert list(by_dimension(records, "level")) == ["Level 2", "Level 10"]


def test_lengths_are_in_order_and_the_edges_belong_below():
    records = [
        runs.solved(RIGHT, RIGHT, number=n, question="w " * words)
        for n, words in enumerate((300, 201, 200, 101, 25, 26, 1))
    ]
    found = by_dimension(records, "words of the question")
    assert {value: one.n for value, one in found.items()} == {
        "up to 25": 2,
        "26 to 50": 1,
        "101 to 200": 2,
        "over 200": 2,
    }
    assert list(found) == ["up to 25", "26 to 50", "101 to 200", "over 200"]


def test_the_length_of_an_answer_is_that_of_the_attempt_that_counts():
    fallback = failed(0, "timeout")
    fallback = replace(fallback, attempts=(fallback.attempts[0], cot(tokens=700)))
    assert list(by_dimension([fallback], "tokens of the answer")) == ["513 to 1024"]


def test_what_each_path_cost_is_summed():
    spent = {
        one.path: one
        for one in analyse([failed(0, "timeout"), runs.solved(RIGHT, RIGHT, number=1)], "exact", "both").spent
    }
    assert {
        path: (one.completions, one.prompt_tokens, one.completion_tokens, one.seconds) for path, one in spent.items()
    } == {
        "pot": (2, 14, 10, 1.0),
        "cot": (2, 14, 10, 1.0),
    }
    assert spent["pot"].program_seconds == pytest.approx(0.02)


def test_void_problems_are_in_no_slice_but_their_cost_is():
    void = record(pot(), fault="EngineError: gone", number=1, scores=scored(outcome="fault", answer=None, path=None))
    found = analyse([runs.solved(RIGHT, RIGHT), void], "exact", "both")
    assert found.slices["benchmark"][0].n == 1
    assert {one.path: one.completions for one in found.spent} == {"pot": 2, "cot": 1}


def stored(tmp_path):
    """A run with every failure on two levels."""
    path = runs.make(tmp_path, outcomes={"toy": [RIGHT]})
    with store.RunFolder(tmp_path, store.load_run(path).spec) as run:
        for number, why in enumerate([*FAILURES, "timeout", "timeout"]):
            by_cot = RIGHT if number % 3 else WRONG
            run.append(failed(number, why, by_cot, meta={"level": str(number % 2 + 1), "subject": "sums"}))
    return path


@pytest.mark.parametrize("form", ["table", "markdown", "latex", "html", "json"])
def test_each_form_is_as_in_its_golden_file(tmp_path, capsys, form):
    ends = {"table": "txt", "markdown": "md", "latex": "tex", "html": "html", "json": "json"}
    assert main(["report", str(stored(tmp_path)), "--hybrid", "--format", form]) == 0
    golden.check(f"hybrid.{ends[form]}", golden.rounded(capsys.readouterr().out))


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["{run}", "--grader", "math_verify"], 1, "mammoth-eval grade"),
        (["{saved}"], 2, "holds no records"),
        (["{run}", "--format", "csv"], 2, "no CSV form"),
    ],
)
def test_what_cannot_be_shown_is_said(tmp_path, capsys, words, code, message):
    path, saved = stored(tmp_path), tmp_path / "some.json"
    saved.write_text("{}")
    assert main(["report", "--hybrid", *(word.format(run=path, saved=saved) for word in words)]) == code
    assert message in capsys.readouterr().err


def test_json_holds_the_run_and_every_dimension(tmp_path, capsys):
    assert main(["report", str(stored(tmp_path)), "--hybrid", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert set(found["slices"]) == set(DIMENSIONS)
    assert found["run"].startswith("m-1b/both-alpaca-")
