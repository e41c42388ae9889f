"""Risks: how far apart cases with and without an outcome lie, and who is found among those at highest risk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from bench.diagnostics.scaled import SCALES, Scaled
from bench.diagnostics.subgroups import LEAST_PATIENTS
from bench.evaluation.around import RESAMPLES, normal
from bench.evaluation.bootstrap import Draws
from bench.evaluation.scores import AVERAGE, Scores
from bench.evaluation.statistics import NONE, Interval
from bench.protocol.seeds import seed
from bench.store import DatasetRecord

QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)
NAMES = tuple(f"q{round(100 * q):02d}" for q in QUANTILES)
COLUMNS = ("dataset", "method", "outcome", "scale", "cases", *NAMES)
WITH, WITHOUT = "with", "without"
TOP = 0.05
TOP_COLUMNS = (
    *("dataset", "method", "outcome", "prevalence", "sensitivity", "sensitivity_low", "sensitivity_high"),
    *("ppv", "ppv_low", "ppv_high", "evaluated_per_found", "evaluated_low", "evaluated_high"),
)


def risks(record: DatasetRecord, scores: Scores, folds: Sequence[Scaled]) -> pd.DataFrame:
    """COLUMNS, one line a complete method, outcome, scale and class (`cases`: with or without the outcome): quantiles of the risk,
    mean over seeds, then folds.

    No quantile of a class of under LEAST_PATIENTS patients in a fold is told, nor one beyond which less than a patient would lie.
    """
    lines = []
    for method in scores.methods:
        for t, outcome in enumerate(scores.outcomes):
            for s, scale in enumerate(SCALES):
                for name, sign in ((WITH, 1.0), (WITHOUT, 0.0)):
                    found = [quantiles(fold.p[method][s, :, t], fold.y[t] == sign, fold.patient) for fold in folds]
                    lines.append((record.name, method, outcome, scale, name, *np.mean(found, axis=0)))
    return pd.DataFrame(lines, columns=list(COLUMNS))


def quantiles(p: np.ndarray, inside: np.ndarray, patient: np.ndarray) -> np.ndarray:
    """QUANTILES of `p` (seeds, cases) over the cases `inside`, mean over seeds; NaN where too few patients are inside."""
    patients = len(np.unique(patient[inside]))
    if patients < LEAST_PATIENTS:
        return np.full(len(QUANTILES), np.nan)
    found = np.quantile(p[:, inside], QUANTILES, axis=1).mean(axis=1)
    beyond = np.minimum(QUANTILES, 1 - np.array(QUANTILES)) * patients
    return np.where(beyond >= 1 - 1e-9, found, np.nan)


def top(record: DatasetRecord, scores: Scores, folds: Sequence[Scaled]) -> pd.DataFrame:
    """TOP_COLUMNS, one line a complete method and target: among the TOP at highest risk, the share of all positives (sensitivity),
    the share that is positive (ppv) and how many are evaluated for one that is found (1 / ppv).

    Mean over seeds, then folds; 1 / ppv of that mean. 95 % intervals: bootstrap by patient, unadjusted; none with `too_few` test
    positives. Platt scaling keeps the order of risks wherever its slope is positive: risks are taken as predicted.
    """
    if not folds:
        return pd.DataFrame(columns=list(TOP_COLUMNS))
    everyone = np.unique(np.concatenate([fold.patient for fold in folds]))
    drawn = Draws(everyone, seed(record.plan["protocol"]["seed"], record.name, "", 0, "bootstrap/top"), RESAMPLES)
    total = np.zeros((len(scores.methods), len(scores.outcomes), 2, 1 + RESAMPLES))
    for fold in folds:
        weights = np.concatenate([np.ones((len(fold.patient), 1)), *drawn.weights(fold.patient)], axis=1)
        for r, method in enumerate(scores.methods):
            for t, y in enumerate(fold.y):
                total[r, t] += np.mean([highest(y, p, weights) for p in fold.p[method][0, :, t]], axis=0) / len(folds)
    few = [scores.too_few("auprc", outcome) for outcome in scores.outcomes]
    prevalence = [scores.counts[outcome].prevalence for outcome in scores.outcomes]
    lines = []
    for r, method in enumerate(scores.methods):
        for t, outcome in enumerate(scores.outcomes):
            lines.append((record.name, method, outcome, prevalence[t], *_told(total[r, t], few[t])))
        lines.append((record.name, method, AVERAGE, float(np.mean(prevalence)), *_told(total[r].mean(axis=0), few=False)))
    return pd.DataFrame(lines, columns=list(TOP_COLUMNS))


def highest(y: np.ndarray, p: np.ndarray, weights: np.ndarray, share: float = TOP) -> np.ndarray:
    """Sensitivity and positive predictive value among the `share` of known cases with the highest `p`: (2, weightings).

    `y`, `p` (cases,), NaN in y = unknown; `weights` (cases, weightings). Cases of equal risk at the edge are taken in part, as if
    drawn by lot. NaN where a weighting holds no positive.
    """
    known = np.flatnonzero(~np.isnan(y))
    order = known[np.argsort(-p[known], kind="stable")]
    ends = np.flatnonzero(np.append(np.diff(p[order]) != 0, True)) + 1
    wanted, positive = share * weights[known].sum(axis=0), weights[known[y[known] == 1]].sum(axis=0)
    # Enough of the first cases, for all but odd weightings.
    for most in (4 * share * len(order), len(order)):
        marks = ends[: np.searchsorted(ends, min(most, len(order))) + 1]
        w = weights[order[: marks[-1]]]
        cases = _summed(w, marks)
        if (cases[:, -1] >= wanted).all():
            break
    positives = _summed(w * (y[order[: marks[-1]]] == 1)[:, None], marks)
    found = np.array([np.interp(k, c, f) for k, c, f in zip(wanted, cases, positives, strict=True)])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(positive > 0, np.stack([found / positive, found / wanted]), np.nan)


def _summed(weights: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """Sums of the cases before each mark, 0 first: (weightings, 1 + marks)."""
    return np.ascontiguousarray(np.pad(np.cumsum(weights, axis=0)[marks - 1], ((1, 0), (0, 0))).T)


def _told(values: np.ndarray, few: bool) -> list[float]:
    """Sensitivity, ppv and 1 / ppv with their intervals; `values` (2, 1 + resamples), the estimate first."""
    line: list[float] = []
    found = NONE
    for one in values:
        found = NONE if few else normal(float(one[0]), one[1:])
        found = Interval(max(found.low, 0.0), min(found.high, 1.0)) if not np.isnan(found.low) else NONE
        line += [float(one[0]), found.low, found.high]
    ppv = float(values[1, 0])
    return [*line, _one_in(ppv), _one_in(found.high), _one_in(found.low)]


def _one_in(share: float) -> float:
    """1 / share; NaN where nobody is found."""
    return 1 / share if share > 0 else float("nan")
