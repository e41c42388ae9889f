"""A few draws around a metric: how often its interval holds the truth, and how often equal methods are called different."""

import numpy as np
import pytest
from scipy.special import ndtr

from bench.evaluation.around import RESAMPLES, around, mean, normal
from bench.evaluation.metrics import scores
from bench.evaluation.statistics import p_value, standard_error

SAMPLES = 600
# Half the width of what three standard errors of a share of 5 % allow at SAMPLES.
REACH = 3 * np.sqrt(0.05 * 0.95 / SAMPLES)


def drawn(rng: np.random.Generator, y: np.ndarray, methods: int, shared: float) -> np.ndarray:
    """(methods, cases): equally good, correlated as two models of one cohort are."""
    common, own = rng.normal(size=len(y)), rng.normal(size=(methods, len(y)))
    return 1.2 * y + np.sqrt(shared) * common + np.sqrt(1 - shared) * own


def test_the_interval_of_auc_covers_and_equal_methods_are_rarely_called_different():
    rng, covered, called = np.random.default_rng(0), 0, 0
    truth = float(ndtr(1.2 / np.sqrt(2)))
    for sample in range(SAMPLES):
        y = (rng.random(250) < 0.2).astype(float)
        found = around(y[None], drawn(rng, y, 2, 0.5)[:, None], np.arange(250), sample)
        interval = normal(float(found.points[0, 0, 0]), found.draws[0, 0, 0])
        covered += interval.low <= truth <= interval.high
        one, other = found.points[0, :, 0]
        called += p_value(float(one - other), standard_error(found.draws[0, 0, 0] - found.draws[0, 1, 0])) < 0.05
    assert abs(covered / SAMPLES - 0.95) < REACH
    assert abs(called / SAMPLES - 0.05) < REACH


def test_the_interval_of_a_difference_in_auprc_covers():
    rng, covered, errors = np.random.default_rng(1), 0, 0
    for sample in range(SAMPLES):
        y = np.repeat([1.0, 0.0], [40, 260])
        found = around(y[None], drawn(rng, y, 2, 0.5)[:, None], np.arange(300), sample)
        difference = float(found.points[1, 0, 0] - found.points[1, 1, 0])
        interval = normal(difference, found.draws[1, 0, 0] - found.draws[1, 1, 0])
        covered += interval.low <= 0 <= interval.high
        errors += p_value(difference, standard_error(found.draws[1, 0, 0] - found.draws[1, 1, 0])) < 0.05
    # The interval and the test say the same thing.
    assert covered == SAMPLES - errors
    assert abs(errors / SAMPLES - 0.05) < REACH


def test_points_are_the_metrics_and_means_are_over_folds():
    rng = np.random.default_rng(2)
    y = (rng.random((2, 90)) < 0.3).astype(float)
    p = rng.random((3, 2, 90))
    one, other = around(y, p, np.arange(90) // 2, 0), around(y, p[::-1], np.arange(90) // 2, 0)
    assert one.draws.shape == (2, 3, 2, RESAMPLES)
    assert one.points[:, 1, 1].tolist() == pytest.approx(scores(y[1], p[1, 1]))
    np.testing.assert_allclose(mean([one, other]).points[:, 0], (one.points[:, 0] + one.points[:, 2]) / 2)
    # The same patients for all rows: turning the rows round turns the draws round.
    np.testing.assert_array_equal(one.draws, other.draws[:, ::-1])
    assert np.isnan(normal(0.5, np.array([np.nan, 0.4])).low)
