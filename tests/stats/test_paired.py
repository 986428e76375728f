"""Paired tests: the level is held, the power is above that of the unpaired test, and scipy agrees."""

import numpy as np
import pytest
from scipy import stats as reference

from mammoth_eval.stats import paired


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 0), (0, 1), (5, 0), (3, 9), (9, 3), (8, 8), (40, 61)])
def test_the_exact_p_value_is_that_of_the_binomial_test(only_a, only_b):
    mid, exact = paired.mcnemar(only_a, only_b)
    n = only_a + only_b
    expected = reference.binomtest(min(only_a, only_b), n).pvalue if n else 1.0
    assert exact == pytest.approx(expected)
    assert mid <= exact


def test_mid_p_counts_half_of_the_observed_table():
    mid, _ = paired.mcnemar(2, 7)
    assert mid == pytest.approx(2 * (reference.binom.cdf(1, 9, 0.5) + 0.5 * reference.binom.pmf(2, 9, 0.5)))


def test_holm_is_the_step_down_correction():
    assert paired.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert paired.holm([0.9, 0.8]) == (1.0, 1.0)
    assert paired.holm([]) == ()


def drawn(pairs, n, gain, seed):
    """Right and wrong of two models on the same problems.

    Difficulties differ, B is better by `gain` on the scale of logits.
    """
    rng = np.random.default_rng(seed)
    difficulty = rng.normal(0, 2, size=(pairs, n))
    a = rng.random((pairs, n)) < 1 / (1 + np.exp(difficulty))
    b = rng.random((pairs, n)) < 1 / (1 + np.exp(difficulty - gain))
    return a, b


def p_values(a, b):
    return paired.mcnemar((a & ~b).sum(axis=1), (b & ~a).sum(axis=1))


def unpaired(a, b):
    """The two-proportion z test, as if the problems were different ones."""
    n = a.shape[1]
    pooled = (a.sum(axis=1) + b.sum(axis=1)) / (2 * n)
    z = (b.mean(axis=1) - a.mean(axis=1)) / np.sqrt(2 * pooled * (1 - pooled) / n)
    return 2 * reference.norm.sf(np.abs(z))


NULLS = 2_000
HELD = reference.binomtest(round(0.05 * NULLS), NULLS).proportion_ci(0.95)
"""Where the share of rejected nulls lies if the level is 5 %."""


@pytest.mark.parametrize(("n", "seed"), [(100, 1), (254, 2), (1319, 3)])
def test_five_percent_of_null_pairs_are_rejected(n, seed):
    mid, exact = p_values(*drawn(NULLS, n, 0.0, seed))
    assert HELD.low <= (mid < paired.LEVEL).mean() <= HELD.high
    assert (exact < paired.LEVEL).mean() <= (mid < paired.LEVEL).mean()


def test_the_paired_test_finds_more_than_the_unpaired_one():
    a, b = drawn(NULLS, 500, 0.3, 4)
    mid, _ = p_values(a, b)
    found, found_unpaired = (mid < 0.05).mean(), (unpaired(a, b) < 0.05).mean()
    assert found > found_unpaired + 0.1
    assert found > 0.3


def test_the_sign_flip_test_over_several_sets_holds_its_level():
    (a, b), (c, d) = drawn(500, 100, 0.0, 5), drawn(500, 40, 0.0, 6)
    rejected = sum(paired.compare([(a[i], b[i]), (c[i], d[i])], draws=499).p < 0.05 for i in range(500))
    interval = reference.binomtest(25, 500).proportion_ci(0.95)
    assert interval.low <= rejected / 500 <= interval.high


def test_the_interval_is_the_paired_bootstraps():
    (a,), (b,) = drawn(1, 400, 0.8, 7)
    found = paired.compare([(a, b)])
    expected = reference.bootstrap(
        (b.astype(float), a.astype(float)),
        lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis),
        paired=True,
        vectorized=True,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    assert found.low == pytest.approx(100 * expected.low, abs=0.3)
    assert found.high == pytest.approx(100 * expected.high, abs=0.3)


def test_nineteen_of_twenty_intervals_hold_the_true_difference():
    a, b = drawn(1000, 300, 0.0, 8)
    held = 0
    for one, other in zip(a, b, strict=True):
        found = paired.compare([(one, other)], draws=999)
        held += found.low <= 0 <= found.high
    assert 0.93 <= held / 1000 <= 0.97


def test_counts_and_accuracies_are_those_of_the_pairs():
    found = paired.compare([([1, 1, 0, 0], [1, 0, 1, 1])])
    assert (found.n, found.a, found.b, found.only_a, found.only_b, found.difference) == (4, 50.0, 75.0, 1, 2, 25.0)
    assert found.p_exact == 1.0


def test_several_sets_weigh_the_same_whatever_their_size():
    found = paired.compare([([0] * 10, [1] * 10), ([1] * 1000, [1] * 1000)])
    assert (found.a, found.b) == (50.0, 100.0)
    assert found.p_exact is None


def test_means_over_seeds_are_compared_by_sign_flips():
    found = paired.compare([([0.5, 0.0, 1.0, 0.5] * 20, [1.0, 0.5, 1.0, 0.5] * 20)])
    assert found.p_exact is None
    assert found.significant()


def test_models_that_agree_everywhere_do_not_differ():
    found = paired.compare([([1, 0, 1], [1, 0, 1])])
    assert (found.p, found.low, found.high, found.significant()) == (1.0, 0.0, 0.0, False)


@pytest.mark.parametrize("sets", [[], [([], [])], [([1], [1, 0])]])
def test_scores_that_are_no_pairs_are_an_error(sets):
    with pytest.raises(ValueError, match="pairs of scores expected"):
        paired.compare(sets)
