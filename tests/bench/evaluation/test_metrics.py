"""AUC and AUPRC against hand-worked cases and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from bench.evaluation.metrics import auc, auprc, prevalence, ranked, weighted


def test_hand_worked_case():
    y = np.array([1, 0, 1, 0, np.nan, 0])
    p = np.array([0.9, 0.8, 0.7, 0.7, 0.99, 0.1])
    # Pairs: 0.9 beats all three negatives; 0.7 beats 0.1, ties 0.7, loses to 0.8.
    assert auc(y, p) == pytest.approx((3 + 1.5) / 6, abs=1e-15)
    # First positive at precision 1, second at the level 0.7, where 2 of 4 are positive.
    assert auprc(y, p) == pytest.approx(0.5 * 1 + 0.5 * 0.5, abs=1e-15)
    assert prevalence(y) == 0.4


@pytest.mark.parametrize("levels", [2, 5, 40, 10**9])
def test_equal_to_scikit_learn_with_ties(levels: int):
    rng = np.random.default_rng(levels)
    for _ in range(50):
        n = int(rng.integers(5, 200))
        y = (rng.random(n) < 0.2).astype(float)
        y[:2] = 0, 1
        p = np.round(rng.random(n) * levels) / levels
        assert auc(y, p) == pytest.approx(roc_auc_score(y, p), abs=1e-12)
        assert auprc(y, p) == pytest.approx(average_precision_score(y, p), abs=1e-12)


def test_weights_equal_scikit_learns_sample_weight():
    rng = np.random.default_rng(0)
    y = (rng.random(150) < 0.2).astype(float)
    p = np.round(rng.random(150), 1)
    weights = rng.integers(0, 4, (150, 30)).astype(float)
    found = weighted(ranked(y, p), weights)
    for b in range(30):
        assert found[0, b] == pytest.approx(roc_auc_score(y, p, sample_weight=weights[:, b]), abs=1e-12)
        assert found[1, b] == pytest.approx(average_precision_score(y, p, sample_weight=weights[:, b]), abs=1e-12)


def test_unknown_outcomes_weigh_nothing():
    rng = np.random.default_rng(1)
    y, p = (rng.random(80) < 0.3).astype(float), rng.random(80)
    hidden = np.where(rng.random(80) < 0.4, np.nan, y)
    known = ~np.isnan(hidden)
    assert auc(hidden, p) == auc(y[known], p[known])
    assert auprc(hidden, p) == auprc(y[known], p[known])


@pytest.mark.parametrize("y", [[0.0, 0.0], [1.0, 1.0], [np.nan, 1.0], [np.nan, np.nan]])
def test_one_class_has_no_score(y: list[float]):
    assert np.isnan([auc(np.array(y), np.array([0.1, 0.2])), auprc(np.array(y), np.array([0.1, 0.2]))]).all()
