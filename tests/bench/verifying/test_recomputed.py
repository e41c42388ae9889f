"""The verifier's own arithmetic, against libraries that neither it nor the report uses for it, and cases worked by hand."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.metrics import average_precision_score, roc_auc_score
from statsmodels.stats.multitest import multipletests

from bench.verifying.decided import thresholds
from bench.verifying.foretold import ranks
from bench.verifying.grids import pooled
from bench.verifying.laws import error, holm, over_folds, percentiles, quantile, two_sided
from bench.verifying.lines import line, moved, odds, platt, risk
from bench.verifying.resampled import drawn, plain, refuse_unlike_sklearn, scored


def invented(cases: int = 200, ties: bool = True) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    y = (rng.random(cases) < 0.2).astype(float)
    p = np.clip(rng.normal(0.3 + 0.1 * y, 0.1), 0.01, 0.99)
    y[rng.random(cases) < 0.1] = np.nan
    return y, p.round(2) if ties else p


@pytest.mark.parametrize("ties", [True, False])
def test_scores_of_weighted_cases_are_those_of_scikit_learn_on_repeated_rows(ties: bool) -> None:
    y, p = invented(ties=ties)
    weights = np.random.default_rng(0).integers(0, 4, (len(y), 40))
    found = scored(y, p, weights)
    for b in range(40):
        rows = [n for n in range(len(y)) if not math.isnan(y[n]) for _ in range(weights[n, b])]
        assert found[0, b] == pytest.approx(roc_auc_score(y[rows], p[rows]), abs=1e-12)
        assert found[1, b] == pytest.approx(average_precision_score(y[rows], p[rows]), abs=1e-12)


def test_scores_without_both_classes_are_none() -> None:
    y, p = np.array([1.0, 0.0, np.nan]), np.array([0.3, 0.2, 0.1])
    weights = np.array([[1, 0, 1], [1, 1, 0], [1, 1, 1]])
    found = scored(y, p, weights)
    assert found[:, 0].tolist() == [1.0, 1.0]
    assert np.isnan(found[:, 1:]).all()
    assert np.isnan(scored(np.full(3, np.nan), p, weights)).all()
    assert np.isnan(plain(y, p, weights[:, 1])).all()


def test_a_score_that_scikit_learn_does_not_give_stops_the_verifier() -> None:
    y, p = invented()
    weights = np.ones((len(y), 3))
    found = scored(y, p, weights)
    refuse_unlike_sklearn(y, p, weights, found, 1)
    found[1, 1] += 1e-6
    with pytest.raises(AssertionError, match="resample 1"):
        refuse_unlike_sklearn(y, p, weights, found, 1)


def test_drawn_patients_move_whole_and_are_those_of_their_generator() -> None:
    patient = np.array([7, 3, 7, 9])
    found = drawn(np.array([9, 3, 7, 5]), patient, 11, 6)
    generator = np.random.default_rng(11)
    for b in range(6):
        names = np.array([3, 5, 7, 9])[generator.integers(0, 4, 4)].tolist()
        assert found[:, b].tolist() == [names.count(one) for one in patient]


def test_a_line_is_that_of_statsmodels() -> None:
    y, p = invented(ties=False)
    known = ~np.isnan(y)
    x, t = odds(p[known]), y[known]
    fit = sm.GLM(t, sm.add_constant(x), family=sm.families.Binomial()).fit(tol=1e-14)
    assert line(x, t) == pytest.approx(tuple(fit.params), rel=1e-9)
    alone = sm.GLM(t, np.ones_like(x), family=sm.families.Binomial(), offset=x).fit(tol=1e-14)
    assert moved(x, t) == pytest.approx(alone.params[0], rel=1e-9)


def test_no_line_parts_the_classes_or_has_one_risk_for_all() -> None:
    x = np.array([-2.0, -1.0, 1.0, 2.0])
    assert all(map(math.isnan, line(x, np.array([0.0, 0, 1, 1]))))
    assert all(map(math.isnan, line(np.zeros(4), np.array([0.0, 1, 0, 1]))))
    # Platt's targets keep the line finite where a cut parts the classes; one risk for all becomes the mean of the targets.
    assert np.isfinite(platt(np.array([0.0, 0, 1, 1]), risk(x), risk(x))).all()
    assert platt(np.array([0.0, 0, 0, 1]), np.full(4, 0.4), np.array([0.4])) == pytest.approx((3 * 1 / 5 + 2 / 3) / 4)


def test_laws_by_hand_and_by_statsmodels() -> None:
    p = [0.04, math.nan, 0.01, 0.03, 0.5]
    adjusted = multipletests([0.04, 0.01, 0.03, 0.5], method="holm")[1]
    assert [one for one in holm(p) if one == one] == pytest.approx(adjusted.tolist())
    assert math.isnan(holm(p)[1])
    assert two_sided(1.959964, 1.0) == pytest.approx(0.05, abs=1e-7)
    assert (two_sided(0.0, 0.0), two_sided(0.1, 0.0)) == (1.0, 0.0)
    draws = np.append(np.arange(101.0), np.nan)
    assert percentiles(draws) == (2.5, 97.5)
    assert quantile([3.0, 1.0, 2.0], 0.25) == 1.5
    assert error(np.array([1.0, 2.0, 3.0, np.nan])) == 1.0
    # d̄ = 0.02, s² = 0.00025, J = 5, test to train 1 / 4: se = √(0.45 × 0.00025).
    low, high, p_value = over_folds([0.0, 0.01, 0.02, 0.03, 0.04], 0.25)
    se = math.sqrt(0.45 * 0.00025)
    assert (high - low) / 2 == pytest.approx(2.776445105 * se)
    assert p_value == pytest.approx(0.1323, abs=1e-3)
    assert all(map(math.isnan, over_folds([0.0, 0.01, 0.02, 0.03], 0.25)))


def test_thresholds_ranks_and_spreads_by_hand() -> None:
    assert thresholds(0.02)[:3] == [0.01, 0.015, 0.02]
    assert thresholds(0.02)[-1] == 0.1
    assert thresholds(0.1)[:3] == [0.01, 0.02, 0.03]
    assert thresholds(0.9)[:3] == [0.01, 0.02, 0.04]
    assert thresholds(0.9)[-1] == 0.9
    assert ranks(np.array([0.3, 0.1, 0.3, 0.2])).tolist() == [3.5, 1.0, 3.5, 2.0]
    # Both points rise alike from draw to draw: one degree of freedom, not two.
    assert pooled([{0: 0.0, 1: 2.0}, {0: 1.0, 1: 3.0}]) == (pytest.approx(math.sqrt(2)), pytest.approx(1.0))
    # Residuals -1, 0, 1 and 1, -2, 1: as much goes with the draws as goes its own way, so that all four degrees are left.
    assert pooled([{0: 0.0, 1: 1.0, 2: 2.0}, {0: 4.0, 1: 1.0, 2: 4.0}]) == (pytest.approx(math.sqrt(2)), pytest.approx(4.0))
    assert pooled([{0: 1.0}])[1] == 0.0
