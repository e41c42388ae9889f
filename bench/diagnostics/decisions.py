"""Decisions: what it would be worth to treat by a method's risks, against treating everybody and nobody."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from bench.diagnostics.influence import bounds, errors
from bench.diagnostics.scaled import SCALES, Scaled
from bench.evaluation.scores import Scores
from bench.store import DatasetRecord

COLUMNS = (
    *("dataset", "method", "outcome", "scale", "threshold", "net_benefit", "treat_all", "treat_none"),
    *("gain", "gain_low", "gain_high"),
)
# Thresholds end at this many times the prevalence, within these bounds, in thousandths; the step is that of the first range which
# holds the end.
TIMES, LEAST_END, MOST_END = 3, 100, 900
STEPS = ((150, 5), (300, 10), (1000, 20))
FIRST = 10
# In net true positives per case: rounding of a zero. No threshold in thousandths comes as near to zero on under a million cases.
ZERO = 1e-9


def thresholds(prevalence: float) -> np.ndarray:
    """Risks from which on one would treat: 1 % to about three times the prevalence, at least 10 %, at most 90 %.

    Nobody asks for a threshold far above the risk of most patients; curves beyond it hang on a few cases (Van Calster et al. 2018).
    """
    end = round(min(max(1000 * TIMES * prevalence, LEAST_END), MOST_END))
    step = next(step for most, step in STEPS if end <= most)
    marks = np.unique([FIRST, *range(step, end + 1, step)])
    return marks[marks >= FIRST] / 1000


def worth(y: np.ndarray, treated: np.ndarray, at: np.ndarray) -> np.ndarray:
    """What each case adds to the net benefit TP/n − FP/n × t/(1 − t) (Vickers and Elkin 2006): (thresholds, cases).

    `y` (cases,) 1, 0, NaN = unknown, not counted; `treated` (thresholds, cases) 1 or 0, or the share of the seeds that treat; `at`
    (thresholds,) = t. In true positives per case, net of the false ones that they cost.
    """
    odds = (at / (1 - at))[:, None]
    return np.asarray(treated * ((y == 1) - odds * (y == 0)) / max((~np.isnan(y)).sum(), 1))


def decisions(record: DatasetRecord, scores: Scores, folds: Sequence[Scaled]) -> pd.DataFrame:
    """COLUMNS, one line a complete method, outcome, scale and threshold: mean over seeds, then folds, never pooled across folds.

    `gain` = net benefit − the better of treating all and treating none; of the latter where both are worth the same. 95 % intervals
    by patient, unadjusted, of these fitted models, at one threshold each; none with `too_few` test positives.
    """
    lines = []
    patients = [fold.patient for fold in folds]
    for t, outcome in enumerate(scores.outcomes if folds else ()):
        at = thresholds(scores.counts[outcome].prevalence)
        everyone = [worth(fold.y[t], np.ones((len(at), 1)), at) for fold in folds]
        treat_all = np.mean([one.sum(axis=1) for one in everyone], axis=0)
        for method in scores.methods:
            for s, scale in enumerate(SCALES):
                treated = [np.mean([p >= at[:, None] for p in fold.p[method][s, :, t]], axis=0) for fold in folds]
                mine = [worth(fold.y[t], one, at) for fold, one in zip(folds, treated, strict=True)]
                value = np.mean([one.sum(axis=1) for one in mine], axis=0)
                gain = value - np.maximum(treat_all, 0)
                above = [one - (treat_all > ZERO)[:, None] * other for one, other in zip(mine, everyone, strict=True)]
                error = errors(patients, [_influence(fold.y[t], one) for fold, one in zip(folds, above, strict=True)])
                low, high = bounds(gain, np.full_like(error, np.nan) if scores.too_few("auprc", outcome) else error)
                for column in zip(at, value, treat_all, np.zeros_like(at), gain, low, high, strict=True):
                    lines.append((record.name, method, outcome, scale, *column))
    return pd.DataFrame(lines, columns=list(COLUMNS))


def _influence(y: np.ndarray, added: np.ndarray) -> np.ndarray:
    """Of each case on a net benefit to which it adds `added` (thresholds, cases)."""
    known = ~np.isnan(y)
    return np.where(known, added - added.sum(axis=1, keepdims=True) / max(known.sum(), 1), 0.0)
