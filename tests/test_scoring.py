"""Scoring: which attempt decides, what is an outcome, how samples vote."""

import dataclasses

import pytest
from builders import completion, cot, pot, record

from mammoth_eval import rules, scoring, stats
from mammoth_eval.types import Attempt, Policy

EXACT, PAPER = rules.get("exact"), rules.get("mammoth")


def score(*attempts, rule=EXACT, policy=Policy(), **other):
    return scoring.score(record(*attempts, **other), rule, policy)


def samples(*texts):
    return [dataclasses.replace(cot(text=text), sample=number) for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("attempts", "outcome", "path"),
    [
        ([pot(stdout="4\n")], "correct", "pot"),
        ([pot(stdout="5\n")], "wrong", "pot"),
        ([pot(stdout="")], "no_answer", None),
        ([pot(stdout="4\n", status="error")], "no_answer", None),
        ([pot(program=None)], "no_answer", None),
        ([pot(program=None, finish_reason="length")], "truncated", None),
        ([cot()], "correct", "cot"),
        ([cot(text="")], "no_answer", None),
        ([cot(text="Let me think about", finish_reason="length")], "truncated", None),
        ([cot(text="", finish_reason="context")], "truncated", None),
        ([pot(stdout=""), cot()], "correct", "cot"),
        ([pot(stdout="4\n"), cot(text="The answer is 5.")], "correct", "pot"),
        ([pot(stdout="5\n"), cot(text="The answer is 4.")], "wrong", "pot"),
    ],
)
def test_the_outcome_and_the_path_follow_from_the_attempts(attempts, outcome, path):
    found = score(*attempts)
    assert (found.outcome, found.path) == (outcome, path)


def test_a_void_record_is_a_fault_whatever_it_holds():
    assert score(cot(), fault="EngineError: gone").outcome == "fault"
    assert score().outcome == "fault"


def test_the_majority_of_equal_answers_wins():
    found = score(*samples("The answer is 5.", "The answer is 4.", "The answer is 4.0.", ""))
    assert (found.answer, found.outcome) == ("4", "correct")
    assert found.samples == ("wrong", "correct", "correct", "no_answer")


def test_of_equally_many_votes_the_first_answer_wins():
    assert score(*samples("The answer is 5.", "The answer is 4.")).answer == "5"


def drawn(method, *texts):
    """Several samples by one method."""
    made = [pot(stdout=f"{text}\n") if method == "pot" else cot(text=f"The answer is {text}.") for text in texts]
    return [dataclasses.replace(one, sample=number) for number, one in enumerate(made)]


def test_a_run_of_both_votes_and_samples_as_each_method_alone():
    programs, words = drawn("pot", "4", "8/2", "5", "5", "4.0"), drawn("cot", "3", "0.5", "1/2", "7", "0.50")
    for gold in ("4", "1/2", "5"):
        interleaved = [one for pair in zip(programs, words, strict=True) for one in pair]
        whole = record(*interleaved, gold=gold)
        for method, alone in (("pot", programs), ("cot", words)):
            pair = [
                dataclasses.replace(one, scores={"exact": scoring.score(one, EXACT, Policy())})
                for one in (whole, record(*alone, gold=gold))
            ]
            of_both = next(one for one in stats.summarize(pair[:1], "exact", "both") if one.reading == method)
            (of_one,) = stats.summarize(pair[1:], "exact", method)
            assert (of_both.accuracy, of_both.pass_at, of_both.outcomes) == (
                of_one.accuracy,
                of_one.pass_at,
                of_one.outcomes,
            )


def test_the_oracle_of_several_samples_is_the_better_of_two_votes_and_of_each_sample():
    attempts = [*drawn("pot", "4", "5", "5"), *drawn("cot", "6", "6", "4")]
    scored = dataclasses.replace(record(*attempts), scores={"exact": score(*attempts)})
    oracle = stats.summarize([scored], "exact", "both")[-1]
    assert (oracle.reading, oracle.outcomes["wrong"]) == ("oracle", 1)
    assert oracle.pass_at == {1: pytest.approx(200 / 3), 2: 100.0, 3: 100.0}


def test_samples_without_any_answer_have_no_majority():
    found = score(*samples("", " "))
    assert (found.answer, found.outcome, found.samples) == (None, "no_answer", ("no_answer", "no_answer"))


def test_the_papers_rule_and_ours_read_the_same_generation_each_in_its_way():
    attempt = cot(text="The answer is 4.0")
    assert score(attempt, gold="4.0").outcome == "correct"
    assert score(attempt, rule=PAPER, gold="4.0").outcome == "wrong"


def test_a_matched_option_counts_before_the_program():
    choice = dict(form="choice", choices=("3", "4"), gold="B")
    match = Attempt("match", "alpaca/cot", completion("The answer is B"))
    found = score(pot(stdout="17\n"), match, rule=PAPER, policy=Policy(paper="choice"), **choice)
    assert (found.answer, found.path, found.outcome) == ("B", "match", "correct")


def test_scores_of_other_graders_stay():
    one = scoring.with_scores(record(cot()), [EXACT], Policy())
    two = scoring.with_scores(one, [PAPER], Policy())
    assert list(two.scores) == ["exact", "mammoth"]
    assert two.scores["exact"] == one.scores["exact"]
