"""The bootstrap against plain loops, DeLong and simulation."""

import numpy as np
import pytest
from scipy.special import ndtr
from sklearn.metrics import average_precision_score, roc_auc_score

from bench.evaluation import bootstrap
from bench.evaluation.bootstrap import Draws, resampled, seed_shares
from bench.evaluation.metrics import scores
from bench.evaluation.statistics import percentile, standard_error


def _invented(seed: int, patients: int = 60, levels: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    patient = rng.permutation(np.concatenate([np.arange(patients), np.arange(patients // 2)]))
    y = (rng.random((3, len(patient))) < np.array([[0.4], [0.2], [0.03]])).astype(float)
    y[rng.random(y.shape) < 0.1] = np.nan
    return patient, y, np.round(rng.random((2, 3, len(patient))) * levels) / levels


def test_equal_to_a_plain_loop_over_repeated_rows():
    patient, y, p = _invented(0)
    draws = Draws(np.unique(patient), 7, resamples=100)
    found = resampled(y, p, draws, patient)
    generator, lacking = np.random.default_rng(7), 0
    for b in range(100):
        drawn = np.unique(patient)[generator.integers(0, 60, 60)]
        rows = np.concatenate([np.flatnonzero(patient == one) for one in drawn])
        for r in range(2):
            for t in range(3):
                known = rows[~np.isnan(y[t, rows])]
                if len(set(y[t, known])) < 2:
                    lacking += 1
                    assert np.isnan(found[:, r, t, b]).all()
                    continue
                assert found[0, r, t, b] == pytest.approx(roc_auc_score(y[t, known], p[r, t, known]), abs=1e-12)
                assert found[1, r, t, b] == pytest.approx(average_precision_score(y[t, known], p[r, t, known]), abs=1e-12)
    assert lacking > 0


def test_the_size_of_a_chunk_changes_nothing(monkeypatch: pytest.MonkeyPatch):
    patient, y, p = _invented(1)
    draws = Draws(np.unique(patient), 3, resamples=50)
    before = resampled(y, p, draws, patient)
    monkeypatch.setattr(bootstrap, "_CHUNK_WEIGHTS", 7 * len(patient))
    np.testing.assert_array_equal(before, resampled(y, p, draws, patient))


def test_patients_move_whole_and_are_the_same_in_every_fold():
    patient = np.array([4, 4, 9, 2, 9])
    draws = Draws(np.array([2, 4, 9, 11]), 5, resamples=30)
    weights = np.concatenate(list(draws.weights(patient)), axis=1)
    np.testing.assert_array_equal(weights[0], weights[1])
    np.testing.assert_array_equal(weights[2], weights[4])
    other = np.concatenate(list(draws.weights(np.array([11, 9]))), axis=1)
    np.testing.assert_array_equal(other[1], weights[2])
    assert (weights[0] + weights[2] + weights[3] + other[0] == 4).all()


def test_methods_are_drawn_on_the_same_patients():
    patient, y, p = _invented(2)
    found = resampled(y, np.stack([p[0], p[0]]), Draws(np.unique(patient), 1, 40), patient)
    np.testing.assert_array_equal(found[:, 0], found[:, 1])


def test_seed_shares_are_draws_with_replacement_of_one_fit_fewer():
    shares = seed_shares(5, 4000, seed=3)
    assert np.allclose(shares.sum(axis=1), 1)
    assert set(np.unique(np.round(shares * 4))) <= set(range(5))
    # Var of a multinomial share: 1/5 · 4/5 / 4.
    assert shares[:, 0].var() == pytest.approx(0.04, rel=0.1)
    np.testing.assert_array_equal(seed_shares(1, 3, seed=0), np.ones((3, 1)))


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_the_mean_of_drawn_fits_varies_as_the_mean_of_fits_does(seeds: int):
    values = np.random.default_rng(seeds).normal(size=seeds)
    drawn = seed_shares(seeds, 40_000, seed=1) @ values
    assert drawn.var() == pytest.approx(values.var(ddof=1) / seeds, rel=0.05)


def test_coverage_where_final_fits_differ_too():
    """600 samples of 150 patients, two methods of three fits whose skill varies: 95 % coverage of their difference, within 3 %.

    Draws of as many fits as there are cover less. Three fits tell little of how fits vary, which no resampling mends.
    """
    covered, fewer, skill = 0, 0, 0.25
    for sample in range(600):
        rng = np.random.default_rng(sample)
        y = (rng.random(150) < 0.3).astype(float)
        shift = 1 + skill * rng.normal(size=(2, 3, 1))
        p = (y * shift + rng.normal(size=150) + 0.5 * rng.normal(size=(2, 3, 150))).reshape(6, 1, 150)
        draws = resampled(y[None], p, Draws(np.arange(150), sample, 400), np.arange(150))[0, :, 0].reshape(2, 3, 400)
        drawn = np.random.default_rng([sample, 1]).integers(0, 3, (400, 3))
        as_many = np.stack([(drawn == s).mean(axis=1) for s in range(3)], axis=1)
        for shares, all_fits in ((seed_shares(3, 400, 10_000 + sample), False), (as_many, True)):
            difference = np.einsum("msb,bs->mb", draws, shares)
            found = percentile(difference[0] - difference[1])
            covered += found.low <= 0 <= found.high and not all_fits
            fewer += found.low <= 0 <= found.high and all_fits
    assert 0.92 <= covered / 600 <= 0.98
    assert fewer < covered


def test_standard_error_agrees_with_delong():
    """DeLong et al. 1988 from its definition: the variances of each case's share in the pairs that are ranked rightly."""
    rng = np.random.default_rng(4)
    y = (rng.random(1500) < 0.15).astype(float)
    shared = y + rng.normal(size=1500)
    p = ndtr(np.stack([shared + 0.8 * rng.normal(size=1500), shared + 0.8 * rng.normal(size=1500)]))
    parts = []
    for q in p:
        wins = (q[y == 1][:, None] > q[y == 0]) + 0.5 * (q[y == 1][:, None] == q[y == 0])
        parts.append((wins.mean(axis=1), wins.mean(axis=0)))
    positive, negative = np.array([a for a, _ in parts]), np.array([b for _, b in parts])
    covariance = np.cov(positive) / positive.shape[1] + np.cov(negative) / negative.shape[1]
    draws = resampled(y[None], p[:, None], Draws(np.arange(1500), 0), np.arange(1500))[0, :, 0]
    # A standard error from 2,000 resamples has a relative error of 1/√4000 = 1.6 %.
    assert standard_error(draws[0]) == pytest.approx(np.sqrt(covariance[0, 0]), rel=0.06)
    difference = np.array([1, -1]) @ covariance @ np.array([1, -1])
    assert standard_error(draws[0] - draws[1]) == pytest.approx(np.sqrt(difference), rel=0.06)
    assert standard_error(draws[0] - draws[1]) < 0.9 * np.sqrt(np.trace(covariance))


@pytest.mark.parametrize("both_alike", [False, True])
def test_coverage_of_the_interval_of_auc(both_alike: bool):
    """300 samples of 120 patients with two cases each: 95 % coverage, accepted within 95 ± 4.5 % (over 3.5 standard errors).

    Two cases of a patient are copies in one half of the test: there an interval that resampled rows would cover far less.
    """
    shift, covered, naive = 1.0, 0, 0
    truth = float(ndtr(shift / np.sqrt(2)))
    for sample in range(300):
        rng = np.random.default_rng(sample)
        y = np.repeat((rng.random(120) < 0.3).astype(float), 2)
        noise = rng.normal(size=(120, 2))
        p = y * shift + (noise[:, [0, 0]] if both_alike else noise).ravel()
        patient = np.repeat(np.arange(120), 2)
        for codes in (patient, np.arange(240)):
            draws = resampled(y[None], p[None, None], Draws(np.unique(codes), sample, 300), codes)[0, 0, 0]
            found = percentile(draws)
            inside = found.low <= truth <= found.high
            covered += inside and codes is patient
            naive += inside and codes is not patient
    assert 0.905 <= covered / 300 <= 0.995
    if both_alike:
        assert naive / 300 < 0.88


def test_coverage_of_the_interval_of_auprc():
    """200 samples with 25 positives among 500: 95 % coverage, accepted within 89 to 99.5 % (four standard errors below).

    Covered is the expected average precision of a sample of this size, from 4,000 samples: AUPRC is biased in small ones.
    """
    y = np.repeat([1.0, 0.0], [25, 475])

    def drawn(rng: np.random.Generator) -> np.ndarray:
        return rng.normal(size=500) + 1.5 * y

    rng = np.random.default_rng(99)
    truth = np.mean([scores(y, drawn(rng))[1] for _ in range(4000)])
    covered = 0
    for sample in range(200):
        p = drawn(np.random.default_rng(sample))
        found = percentile(resampled(y[None], p[None, None], Draws(np.arange(500), sample, 300), np.arange(500))[1, 0, 0])
        covered += found.low <= truth <= found.high
    assert 0.89 <= covered / 200 <= 0.995
