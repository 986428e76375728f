"""Summaries: outcomes sum to N, intervals cover, the hybrid is read off a run of both."""

import itertools
import random

import pytest
from builders import cot, pot, record, scored
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as reference

from mammoth_eval import stats
from mammoth_eval.errors import StoreError
from mammoth_eval.types import OUTCOMES


@given(st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))).filter(lambda pair: pair[1] > 0))
def test_the_interval_is_wilsons(pair):
    correct, n = pair
    expected = reference.binomtest(correct, n).proportion_ci(0.95, method="wilson")
    found = stats.wilson(correct, n)
    assert found.low == pytest.approx(100 * expected.low, abs=1e-9)
    assert found.high == pytest.approx(100 * expected.high, abs=1e-9)
    assert found.low - 1e-9 <= found.value <= found.high + 1e-9


def test_nothing_is_known_of_no_problems():
    assert stats.wilson(0, 0) == stats.Interval(0.0, 0.0, 100.0)


@pytest.mark.parametrize(("n", "correct", "k"), [(5, 2, 1), (5, 2, 3), (6, 0, 2), (6, 6, 4), (10, 3, 10), (7, 5, 3)])
def test_pass_at_k_is_the_share_of_draws_with_a_right_one(n, correct, k):
    samples = [True] * correct + [False] * (n - correct)
    draws = list(itertools.combinations(samples, k))
    assert stats.pass_at_k(n, correct, k) == pytest.approx(sum(map(any, draws)) / len(draws))


def test_pass_at_more_than_was_drawn_is_an_error():
    with pytest.raises(ValueError, match="between 1 and 3"):
        stats.pass_at_k(3, 1, 4)


RIGHT, WRONG, NONE = ("4", "correct"), ("5", "wrong"), (None, "no_answer")


def both(number, by_pot, by_cot):
    """A record of decoding ``both`` with these (answer, outcome), scored as the hybrid reads it."""
    path = "pot" if by_pot[0] is not None else "cot" if by_cot[0] is not None else None
    answer, outcome = by_pot if by_pot[0] is not None else by_cot
    scores = scored(("pot", *by_pot), ("cot", *by_cot), answer=answer, outcome=outcome, path=path)
    first = pot() if by_pot[0] else pot(answer=None, stdout="", status="error", error="NameError: x")
    return record(first, cot(), number=number, scores=scores)


def test_cot_pot_hybrid_and_oracle_are_read_off_one_run():
    cases = [(RIGHT, WRONG), (WRONG, RIGHT), (NONE, RIGHT), (NONE, WRONG), (NONE, NONE), (RIGHT, RIGHT)]
    records = [both(number, *case) for number, case in enumerate(cases)]
    found = {one.reading: one for one in stats.summarize(records, "exact", "both")}
    assert {name: one.outcomes["correct"] for name, one in found.items()} == {
        "cot": 3,
        "pot": 2,
        "hybrid": 3,
        "oracle": 4,
    }
    hybrid = found["hybrid"]
    assert (hybrid.fallback, hybrid.recovered, hybrid.lost) == (3, 1, 1)
    assert hybrid.by_path == {"pot": 3, "cot": 2}
    assert hybrid.pot_failures == {"NameError": 3}
    assert found["cot"].completion_tokens == found["pot"].completion_tokens == 6 * 5
    assert hybrid.completion_tokens == 9 * 5
    assert found["oracle"].completion_tokens == 12 * 5


def test_outcomes_sum_to_n_and_void_records_are_in_no_accuracy():
    rng = random.Random(0)
    kinds = [rng.choice(OUTCOMES) for _ in range(200)]
    records = [
        record(cot(), number=number, scores=scored(("cot", "4", kind), outcome=kind, path="cot"))
        for number, kind in enumerate(kinds)
    ]
    (found,) = stats.summarize(records, "exact", "cot")
    assert sum(found.outcomes.values()) == found.n == 200
    assert found.accuracy == stats.wilson(kinds.count("correct"), 200 - kinds.count("fault"))


def test_the_mean_is_unweighted_and_its_interval_narrower_than_its_parts():
    def cell(correct, n):
        records = [
            record(
                cot(),
                number=i,
                scores=scored(
                    ("cot", "4", "correct" if i < correct else "wrong"), outcome="correct" if i < correct else "wrong"
                ),
            )
            for i in range(n)
        ]
        return stats.summarize(records, "exact", "cot")[0]

    cells = [cell(30, 100), cell(10, 20)]
    found = stats.mean(cells)
    assert found.value == pytest.approx(40.0)
    assert found.half < max(one.accuracy.half for one in cells)
    assert stats.mean([]) is None


@pytest.mark.parametrize(
    ("attempt", "why"),
    [
        (pot(answer=None, program=None), "no program"),
        (pot(answer=None, program=None, finish_reason="length"), "truncated"),
        (pot(answer=None, status="error", error="ZeroDivisionError: division by zero"), "ZeroDivisionError"),
        (pot(answer=None, status="timeout"), "timeout"),
        (pot(answer=None, stdout=" \n"), "empty output"),
        (pot(answer=None, stdout="hello\n"), "no answer in output"),
    ],
)
def test_why_a_program_gave_no_answer_is_named(attempt, why):
    one = record(attempt, scores=scored(("pot", None, "no_answer"), answer=None, outcome="no_answer", path=None))
    assert list(stats.pot_failures(one, "exact")) == [why]


def test_several_samples_give_pass_at_k():
    outcomes = [("correct", "wrong", "wrong", "wrong"), ("correct",) * 4, ("wrong",) * 4]
    records = [
        record(cot(), number=number, scores=scored(("cot", "4", one[0]), outcome=one[0], samples=one))
        for number, one in enumerate(outcomes)
    ]
    (found,) = stats.summarize(records, "exact", "cot")
    assert found.pass_at == {1: pytest.approx(100 * 1.25 / 3), 2: pytest.approx(50.0), 4: pytest.approx(200 / 3)}


def test_a_grader_that_did_not_score_is_an_error():
    with pytest.raises(KeyError):
        stats.summarize([record(cot(), scores=scored(("cot", "4", "correct")))], "mammoth", "cot")


@pytest.mark.parametrize(
    ("answers", "counts"),
    [
        (["5", "4", "4"], "4"),
        (["5", "4"], "5"),
        ([None, "4", "5"], "4"),
        ([None, None, "4"], "4"),
        ([None, None], None),
    ],
)
def test_several_samples_of_one_method_vote_and_the_first_of_the_largest_group_wins(answers, counts):
    outcomes = {"4": "correct", "5": "wrong", None: "no_answer"}
    parts = [("pot", answer, outcomes[answer]) for answer in answers] + [("cot", "4", "correct")] * len(answers)
    score = scored(*parts, samples=("wrong",) * len(answers))["exact"]
    found = stats.decided(score, "pot")
    assert (found.answer, found.outcome, found.path) == (counts, outcomes[counts], "pot" if counts else None)


def test_a_reading_by_a_method_that_was_not_asked_for_is_an_error():
    with pytest.raises(StoreError, match="nothing that was asked by cot"):
        stats.decided(scored(("pot", "4", "correct"))["exact"], "cot")


def test_the_mean_of_zeros_is_not_certain():
    found = stats.mean([stats.Summary("toy", "cot", 40, {}, stats.wilson(0, 40)) for _ in range(4)])
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(stats.wilson(0, 40).high / 2)
