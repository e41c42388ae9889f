"""Statistics by hand and by simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from bench.evaluation.statistics import holm, nadeau_bengio, p_value, percentile, standard_error, visible


def test_holm_by_hand():
    # Sorted: 0.01 · 4, 0.02 · 3, 0.03 · 2, 0.5 · 1; the third is lifted to none, as 0.06 = 0.06.
    np.testing.assert_allclose(holm([0.03, 0.01, 0.5, 0.02]), [0.06, 0.04, 0.5, 0.06], atol=1e-15)
    # 0.04 · 3 = 0.12; then 0.05 · 2 = 0.10 is lifted to 0.12.
    np.testing.assert_allclose(holm([0.05, 0.04, 0.9]), [0.12, 0.12, 0.9], atol=1e-15)
    np.testing.assert_allclose(holm([0.6, 0.7]), [1.0, 1.0])


def test_holm_leaves_out_what_was_not_tested():
    np.testing.assert_allclose(holm([math.nan, 0.02, 0.03]), [math.nan, 0.04, 0.04], atol=1e-15)
    assert holm([]).shape == (0,)


def test_holm_keeps_the_family_error():
    """2,000 families of 8 true nulls: at least one rejection in 5 %, accepted up to 6.5 % (3 standard errors)."""
    p = np.random.default_rng(0).random((2000, 8))
    errors = sum((holm(family) < 0.05).any() for family in p) / 2000
    assert 0.03 < errors < 0.065


def test_p_value():
    assert p_value(1.959963984540054, 1) == pytest.approx(0.05, abs=1e-12)
    assert p_value(-0.02, 0.01) == pytest.approx(2 * stats.norm.cdf(-2), abs=1e-12)
    assert p_value(0, 0) == 1
    assert p_value(0.1, 0) == 0
    assert math.isnan(p_value(0.1, math.nan))


def test_percentile_and_error_pass_over_dropped_draws():
    draws = np.concatenate([np.arange(1001) / 1000, [np.nan] * 5])
    found = percentile(draws)
    assert (found.low, found.high) == (pytest.approx(0.025), pytest.approx(0.975))
    assert standard_error(draws) == pytest.approx(np.std(np.arange(1001) / 1000, ddof=1))
    assert math.isnan(percentile(np.array([np.nan, np.nan])).low)


def test_visible_difference_is_seen_in_eighty_percent():
    assert visible(1) == pytest.approx(2.8016, abs=1e-4)
    drawn = np.random.default_rng(0).normal(visible(0.01), 0.01, 20_000)
    assert np.mean([p_value(d, 0.01) < 0.05 for d in drawn]) == pytest.approx(0.80, abs=0.01)
    assert visible(1, comparisons=10) > visible(1)


def test_nadeau_bengio_by_hand():
    differences = np.array([0.01, 0.03, 0.02, 0.00, 0.04])
    # Mean 0.02, s² = 0.00025; √((1/5 + 1/3) · 0.00025) = 0.011547; t(4; 0.975) = 2.776445.
    found = nadeau_bengio(differences, 1 / 3)
    assert found.interval.low == pytest.approx(0.02 - 2.776445 * 0.0115470, abs=1e-6)
    assert found.interval.high == pytest.approx(0.02 + 2.776445 * 0.0115470, abs=1e-6)
    assert found.p == pytest.approx(2 * stats.t.sf(0.02 / 0.0115470, 4), abs=1e-6)


def test_nadeau_bengio_needs_five_folds():
    assert math.isnan(nadeau_bengio(np.array([0.1, 0.2, 0.1, 0.2]), 0.25).p)
    assert math.isnan(nadeau_bengio(np.array([0.1, 0.2, 0.1, 0.2, np.nan]), 0.25).interval.low)


def test_nadeau_bengio_keeps_its_level_where_folds_share_training_cases():
    """Fold differences with correlation n_test/(n_test + n_train) = 1/5, as its derivation assumes: 5 % errors, 3.5–6.5 %."""
    rng, errors, plain = np.random.default_rng(1), 0, 0
    for _ in range(3000):
        d = math.sqrt(0.2) * rng.normal() + math.sqrt(0.8) * rng.normal(size=10)
        errors += nadeau_bengio(d, 0.25).p < 0.05
        plain += stats.ttest_1samp(d, 0).pvalue < 0.05
    assert 0.035 < errors / 3000 < 0.065
    assert plain / 3000 > 0.2
