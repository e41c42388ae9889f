"""By simulation: intervals of what a threshold is worth and of what stands among the highest risks cover what they speak of."""

import numpy as np
import pytest
from scipy.special import expit

from bench.diagnostics.decisions import _influence, worth
from bench.diagnostics.influence import bounds, errors
from bench.diagnostics.risks import highest
from bench.evaluation.around import normal
from bench.evaluation.bootstrap import Draws

PATIENTS, SAMPLES = 500, 300
AT = np.array([0.05, 0.10, 0.20])


def drawn(rng: np.random.Generator, patients: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two cases a patient, who have most of their risk in common: y, what a model says of it, and the patient."""
    patient = np.repeat(np.arange(patients), 2)
    true = -2.5 + 1.4 * rng.normal(size=patients)[patient] + 0.4 * rng.normal(size=len(patient))
    said = expit(true + 0.7 * rng.normal(size=patients)[patient])
    return (rng.random(len(patient)) < expit(true)).astype(float), said, patient


def gained(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """What each case adds to the net benefit over treating all: (thresholds, cases)."""
    return worth(y, p >= AT[:, None], AT) - worth(y, np.ones((len(AT), len(y))), AT)


def test_the_gain_in_net_benefit_is_covered_and_by_rows_it_would_be_less():
    """300 samples: 95 % at each threshold, accepted within 91 to 99 %."""
    truth = gained(*drawn(np.random.default_rng(10**6), 400_000)[:2]).sum(axis=1)
    covered, by_rows = np.zeros(len(AT)), np.zeros(len(AT))
    for sample in range(SAMPLES):
        y, p, patient = drawn(np.random.default_rng(sample), PATIENTS)
        added = gained(y, p)
        for codes, count in ((patient, covered), (np.arange(len(y)), by_rows)):
            low, high = bounds(added.sum(axis=1), errors([codes], [_influence(y, added)]))
            count += (low <= truth) & (truth <= high)
    assert (covered / SAMPLES >= 0.91).all()
    assert (covered / SAMPLES <= 0.99).all()
    assert by_rows.sum() < covered.sum()


def test_sensitivity_and_predictive_value_of_the_highest_risks_are_covered():
    """300 samples: 95 %, accepted within 91 to 99 %."""
    y, p, _ = drawn(np.random.default_rng(10**6), 400_000)
    truth = highest(y, p, np.ones((len(y), 1)))[:, 0]
    covered = np.zeros(2)
    for sample in range(SAMPLES):
        y, p, patient = drawn(np.random.default_rng(sample), PATIENTS)
        weights = np.concatenate(list(Draws(np.unique(patient), sample, 200).weights(patient)), axis=1)
        values = highest(y, p, np.concatenate([np.ones((len(y), 1)), weights], axis=1))
        for n, one in enumerate(values):
            found = normal(float(one[0]), one[1:])
            covered[n] += found.low <= truth[n] <= found.high
    assert covered / SAMPLES == pytest.approx(0.95, abs=0.04)
