"""Calibration: whether of the cases given a risk of ten percent ten percent have the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import rankdata

from bench.diagnostics.influence import bounds, errors
from bench.diagnostics.recalibration import fitted, log_odds, shift
from bench.diagnostics.scaled import SCALES, Scaled
from bench.diagnostics.subgroups import LEAST_PATIENTS
from bench.evaluation.scores import AVERAGE, Scores
from bench.store import DatasetRecord

MEASURES = ("slope", "intercept", "brier", "scaled_brier")
COLUMNS = (
    *("dataset", "method", "outcome", "scale", "n_test", "n_positive"),
    *(f"{measure}{end}" for measure in MEASURES for end in ("", "_low", "_high")),
)
CURVE_COLUMNS = ("dataset", "method", "outcome", "scale", "bin", "patients", "predicted", "observed")
BINS = 10


@dataclass(frozen=True)
class Measured:
    """MEASURES of one outcome: `values` (MEASURES,), NaN where there is none; `influence` (MEASURES, cases): of each case."""

    values: np.ndarray
    influence: np.ndarray


def calibration(record: DatasetRecord, scores: Scores, folds: Sequence[Scaled]) -> pd.DataFrame:
    """COLUMNS, one line a complete method, target and scale (SCALES): mean over seeds, then folds, never pooled across folds.

    `folds`: as `scaled` gives them. Outcomes, then their average. 95 % intervals by patient, unadjusted, of these fitted models;
    none for an outcome of `too_few` test positives. A slope that one fold or seed lacks is NaN.
    """
    lines = []
    for method in scores.methods:
        found = [_fold(fold, method) for fold in folds]
        values = np.mean([part.values for part in found], axis=0)
        low, high = bounds(values, errors([fold.patient for fold in folds], [part.influence for part in found]))
        for t, target in enumerate((*scores.outcomes, AVERAGE)):
            counts = scores.counts.get(target)
            for s, scale in enumerate(SCALES):
                line: list[Any] = [record.name, method, target, scale]
                line += [counts.cases, counts.positive] if counts else [None, None]
                for m in range(len(MEASURES)):
                    few = scores.too_few("auprc", target)
                    line += [values[s, t, m], *((np.nan, np.nan) if few else (low[s, t, m], high[s, t, m]))]
                lines.append(line)
    return pd.DataFrame(lines, columns=list(COLUMNS)).astype({"n_test": "Int64", "n_positive": "Int64"})


def measured(y: np.ndarray, p: np.ndarray) -> Measured:
    """MEASURES of risks `p` (cases,) for outcomes `y` (cases,), NaN = unknown.

    Slope: of the logistic regression of the outcome on the log-odds of the risk; under 1 the risks are too far apart (Cox 1958; Van
    Calster et al. 2016). Intercept: of the same with the slope held at 1 (calibration in the large); above 0 the risks are too
    low. Brier score: mean of (y − p)² (Brier 1950). Scaled: 1 − Brier / π(1 − π), π the prevalence here: 0 for a risk of π for
    all, 1 for certainty that is right (Steyerberg et al. 2010).
    """
    known = ~np.isnan(y)
    t, q = (y[known] == 1).astype(float), p[known]
    values, influence = np.full(len(MEASURES), np.nan), np.zeros((len(MEASURES), len(y)))
    if not 0 < t.sum() < len(t):
        return Measured(values, influence)
    x, n = log_odds(q), len(t)
    line, moved = fitted(x, t), shift(x, t)
    miss = (t - q) ** 2
    brier, share = miss.mean(), t.mean()
    most = share * (1 - share)
    values[:] = line.slope, moved, brier, 1 - brier / most
    mu = expit(line.intercept + line.slope * x)
    weight = mu * (1 - mu)
    off = x - (weight * x).sum() / weight.sum()
    influence[0, known] = off * (t - mu) / (weight * off**2).sum()
    mu = expit(moved + x)
    influence[1, known] = (t - mu) / (mu * (1 - mu)).sum()
    influence[2, known] = (miss - brier) / n
    influence[3, known] = -(miss - brier) / n / most + brier / most**2 * (1 - 2 * share) * (t - share) / n
    return Measured(values, influence)


def _fold(fold: Scaled, method: str) -> Measured:
    """Values (SCALES, targets, MEASURES) and influence (…, cases), mean over seeds, the outcomes' average last."""
    runs = [[[measured(y, q) for y, q in zip(fold.y, seed, strict=True)] for seed in seeds] for seeds in fold.p[method]]
    values = np.array([[[one.values for one in seed] for seed in seeds] for seeds in runs]).mean(axis=1)
    influence = np.array([[[one.influence for one in seed] for seed in seeds] for seeds in runs]).mean(axis=1)
    return Measured(_averaged(values), _averaged(influence))


def _averaged(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values, values.mean(axis=1, keepdims=True)], axis=1)


def curve(record: DatasetRecord, scores: Scores, folds: Sequence[Scaled]) -> pd.DataFrame:
    """CURVE_COLUMNS, one line a complete method, outcome, scale and bin: mean risk and share with the outcome among the cases of
    a tenth, by rising risk; cases of equal risk stay together.

    Mean over the folds' and seeds' bins that hold LEAST_PATIENTS patients; `patients`: the fewest in one of them. Bins that none
    holds are left out.
    """
    lines = []
    for method in scores.methods:
        for s, scale in enumerate(SCALES):
            for t, outcome in enumerate(scores.outcomes):
                parts = np.array([binned(fold.y[t], p[t], fold.patient) for fold in folds for p in fold.p[method][s]])
                for b in np.flatnonzero(~np.isnan(parts).all(axis=0)[:, 0]):
                    held = parts[~np.isnan(parts[:, b, 0]), b]
                    counts = int(held[:, 0].min())
                    lines.append((record.name, method, outcome, scale, int(b) + 1, counts, *held[:, 1:].mean(axis=0)))
    return pd.DataFrame(lines, columns=list(CURVE_COLUMNS))


def binned(y: np.ndarray, p: np.ndarray, patient: np.ndarray) -> np.ndarray:
    """One fit's bins by rising risk: patients, mean risk, share with the outcome, (BINS, 3), of the cases with known `y`; NaN where
    a bin holds under LEAST_PATIENTS patients."""
    known = np.flatnonzero(~np.isnan(y))
    place = np.ceil(BINS * (rankdata(p[known]) - 0.5) / max(len(known), 1)).astype(int) - 1
    pairs = np.unique(np.stack([place, patient[known]]), axis=1)
    patients, cases = np.bincount(pairs[0], minlength=BINS), np.bincount(place, minlength=BINS)
    sums = [np.bincount(place, weights=values, minlength=BINS) for values in (p[known], y[known])]
    found = np.stack([patients, *(values / np.maximum(cases, 1) for values in sums)], axis=1)
    return np.where(patients[:, None] >= LEAST_PATIENTS, found, np.nan)
