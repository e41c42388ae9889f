"""Scores: every row of a report's main table scored anew: points by scikit-learn, resamples by ranks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bench.protocol.seeds import seed
from bench.verifying.predicted import METRICS, Cases, Dataset
from bench.verifying.resampled import RESAMPLES, drawn, plain, refuse_unlike_sklearn, scored

ENSEMBLE, DEFAULT = " (ensemble)", " (default)"
Said = Callable[[str], None]


@dataclass(frozen=True)
class Scores:
    """By row (a method, its ensemble, its default): `folds` (METRICS, targets, folds), mean over seeds; `draws` (METRICS, targets,
    resamples), mean over folds, empty where no intervals were asked for."""

    folds: Mapping[str, np.ndarray]
    draws: Mapping[str, np.ndarray]
    repeats: int

    def point(self, row: str, metric: str, t: int) -> float:
        """Mean over folds, then repeats."""
        values = self.folds[row][METRICS.index(metric), t].reshape(self.repeats, -1)
        return float(values.mean(axis=1).mean())


def scores(data: Dataset, intervals: bool, said: Said) -> Scores:
    """Scores of the complete methods of one dataset; `said` is told of each row that is begun."""
    weights = [_weights(data, fold) for fold in range(data.folds)] if intervals and data.methods else []
    folds: dict[str, np.ndarray] = {}
    draws: dict[str, np.ndarray] = {}
    for method in data.methods:
        said(f"{data.name}: {method}")
        tuned = [data.tuned[method, fold] for fold in range(data.folds)]
        rows = {method: [one.p for one in tuned]}
        if data.seeds > 1:
            rows[method + ENSEMBLE] = [one.p.mean(axis=0, keepdims=True) for one in tuned]
        if (method, 0) in data.default:
            rows[method + DEFAULT] = [data.default[method, fold].p[:1] for fold in range(data.folds)]
        for row, risks in rows.items():
            by_fold = [_points(one, p) for one, p in zip(tuned, risks, strict=True)]
            folds[row] = np.stack([_with_averages(data, one) for one in by_fold], axis=2)
            if weights:
                parts = [_draws(one, p, *w) for one, p, w in zip(tuned, risks, weights, strict=True)]
                draws[row] = _with_averages(data, np.mean(parts, axis=0))
    return Scores(folds, draws, data.repeats)


def _weights(data: Dataset, fold: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights of the cases of a fold (cases, resamples), and which share each seed has in a resample (seeds, resamples).

    A patient whom several folds test is drawn in all of them or in none: they then share the draws of the first.
    """
    tests = [set(one.patient.tolist()) for one in data.tests.values()]
    everyone = set().union(*tests)
    shared = len(everyone) < sum(map(len, tests))
    here = data.tests[fold].patient
    number = seed(data.seed, data.name, "", 0 if shared else fold, "bootstrap/patients")
    cases = drawn(np.array(sorted(everyone)) if shared else here, here, number, RESAMPLES)
    generator = np.random.default_rng(seed(data.seed, data.name, "", fold, "bootstrap/seeds"))
    # One fewer than there are: their mean then varies by its own variance, not by (S − 1)/S of it.
    fits = max(data.seeds - 1, 1)
    picked = generator.integers(0, data.seeds, (RESAMPLES, fits))
    shares = np.array([[np.count_nonzero(line == s) / fits for line in picked] for s in range(data.seeds)])
    return cases, shares


def _points(test: Cases, p: np.ndarray) -> np.ndarray:
    """(METRICS, outcomes), mean over seeds."""
    return np.mean([[plain(y, q) for y, q in zip(test.y, one, strict=True)] for one in p], axis=0).T


def _draws(test: Cases, p: np.ndarray, cases: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """(METRICS, outcomes, resamples): the drawn seeds' mean; of one model, which an ensemble is, that model's."""
    found = np.zeros((len(METRICS), len(test.y), cases.shape[1]))
    for s, one in enumerate(p):
        for t, (y, q) in enumerate(zip(test.y, one, strict=True)):
            values = scored(y, q, cases)
            if s == 0:
                refuse_unlike_sklearn(y, q, cases, values, 31 * t % cases.shape[1])
            found[:, t] += values * (shares[s] if len(p) > 1 else 1.0)
    return found


def _with_averages(data: Dataset, values: np.ndarray) -> np.ndarray:
    return np.stack([data.averaged(one) for one in values])
