"""Lines in log-odds against statsmodels and scikit-learn, and where there is none."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit, logit
from sklearn.calibration import _SigmoidCalibration

from bench.diagnostics.recalibration import EPSILON, Line, applied, fitted, log_odds, platt, shift


def _invented(seed: int, cases: int = 300) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(-2, 1.5, cases)
    return x, (rng.random(cases) < expit(0.4 + 0.7 * x)).astype(float)


def _glm(x: np.ndarray, target: np.ndarray) -> np.ndarray:
    return np.asarray(sm.GLM(target, sm.add_constant(x), family=sm.families.Binomial()).fit(tol=1e-14, maxiter=200).params)


@pytest.mark.parametrize("seed", range(6))
def test_equal_to_statsmodels(seed: int):
    x, y = _invented(seed)
    for target in (y, np.where(y == 1, 0.98, 0.003), np.random.default_rng(seed).random(len(x))):
        line = fitted(x, target)
        np.testing.assert_allclose([line.intercept, line.slope], _glm(x, target), rtol=1e-6, atol=1e-8)
        alone = sm.GLM(target, np.ones(len(x)), family=sm.families.Binomial(), offset=x).fit(tol=1e-14)
        assert shift(x, target) == pytest.approx(float(alone.params[0]), abs=1e-6)


@pytest.mark.parametrize(
    "x", [np.array([1e5, 2e5, 3e5, 4e5]), np.array([1.0, 1.001, 1.002, 1.003]), np.array([-9.0, 0.1, 0.2, 9.0])]
)
def test_units_and_clumps_of_x_do_not_matter(x: np.ndarray):
    y = np.array([0.0, 1, 0, 1])
    line = fitted(x, y)
    scores = np.stack([np.ones(4), (x - x.mean()) / x.std()]) @ (y - expit(line.intercept + line.slope * x))
    np.testing.assert_allclose(scores, 0, atol=1e-7)


def test_nearly_parted_classes_have_a_steep_line_and_parted_ones_none():
    x = np.arange(20.0)
    near = (x >= 10).astype(float)
    near[[9, 10]] = 1, 0
    line = fitted(x, near)
    np.testing.assert_allclose([line.intercept, line.slope], _glm(x, near), rtol=1e-6)
    nan = [math.nan, math.nan]
    meet = np.where(x == 10, 9.0, x)
    for xs, ys in (
        (x, (x >= 10).astype(float)),
        (x, (x < 10).astype(float)),
        (meet, (x >= 10).astype(float)),
        (x, np.zeros(20)),
        (x, np.ones(20)),
        (np.full(20, -1.5), near),
        (-1.5 + 1e-12 * x, near),
        (np.array([]), np.array([])),
    ):
        line = fitted(xs, ys)
        np.testing.assert_array_equal([line.intercept, line.slope], nan)
    assert math.isnan(shift(x, np.zeros(20)))
    assert math.isnan(shift(x, np.ones(20)))


def test_risks_of_nought_and_one_have_finite_log_odds():
    p = np.array([0.0, EPSILON, 0.5, 1 - EPSILON, 1.0])
    np.testing.assert_allclose(log_odds(p), [logit(EPSILON), logit(EPSILON), 0, -logit(EPSILON), -logit(EPSILON)])
    assert log_odds(np.array([0.2]))[0] == pytest.approx(math.log(0.25))


def test_platt_has_his_targets_and_scikit_learns_answer():
    x, y = _invented(9)
    unknown = np.where(np.arange(len(y)) % 7 == 0, np.nan, y)
    known = ~np.isnan(unknown)
    positives, negatives = (unknown == 1).sum(), (unknown == 0).sum()
    target = np.where(unknown[known] == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    line = platt(unknown, expit(x))
    np.testing.assert_allclose([line.intercept, line.slope], _glm(x[known], target), rtol=1e-6)
    other = _SigmoidCalibration().fit(x[known], unknown[known])
    np.testing.assert_allclose([line.intercept, line.slope], [-other.b_, -other.a_], rtol=1e-3)


def test_platt_of_one_risk_for_all_says_the_share_of_positives():
    y = np.array([1.0] * 30 + [0.0] * 70)
    line = platt(y, np.full(100, 0.02))
    assert line.slope == 1
    assert applied(line, np.array([0.02]))[0] == pytest.approx((30 * 31 / 32 + 70 / 72) / 100, abs=1e-9)


def test_a_line_lies_where_the_likelihood_is_flat_to_the_last_digits():
    for seed in range(100):
        x, y = _invented(seed, cases=60)
        target = np.where(y == 1, 0.8, 0.02)
        line = fitted(x, target)
        off = expit(line.intercept + line.slope * x) - target
        # Both score equations hold: no step that would still have gone up was taken for an overshoot.
        assert max(abs(off.sum()), abs((off * x).sum())) < 1e-9


def test_one_target_for_all_is_a_flat_line():
    """As valid has where it holds no positive: a slope of rounding noise would deal its cases into bins."""
    for share in (0.02, 1 / 81, 0.7):
        line = fitted(np.random.default_rng(1).normal(size=80), np.full(80, share))
        assert line.slope == 0
        assert line.intercept == pytest.approx(math.log(share / (1 - share)))


def test_platt_stays_finite_where_classes_are_parted():
    y = np.repeat([0.0, 1.0], 20)
    moved = applied(platt(y, np.where(y == 1, 1.0, 0.0)), np.array([0.0, 1.0]))
    np.testing.assert_allclose(moved, [1 / 22, 21 / 22], rtol=1e-9)


def test_applied_is_a_line_in_log_odds():
    p = np.array([0.1, 0.5, 0.9])
    np.testing.assert_allclose(applied(Line(0.3, 2.0), p), expit(0.3 + 2 * logit(p)))
    np.testing.assert_allclose(applied(Line(0.0, 1.0), p), p)
