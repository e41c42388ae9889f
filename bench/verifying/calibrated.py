"""Calibrated: slopes, intercepts, Brier scores and the points of the calibration curve."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bench.verifying.expected import Expected
from bench.verifying.laws import NAN
from bench.verifying.lines import line, moved, odds, risk
from bench.verifying.predicted import AVERAGE, Dataset
from bench.verifying.scaled import LEAST, SCALES, Fold, ends

MEASURES = ("slope", "intercept", "brier", "scaled_brier")
BINS = 10


def calibration(data: Dataset, folds: list[Fold]) -> Expected:
    """One row a method, target and scale; intervals by the sandwich over patients."""
    rows = []
    for method in data.methods if folds else ():
        for scale in SCALES:
            values, influences = [], []
            for fold in folds:
                runs = [[_measured(y, p) for y, p in zip(fold.y, seed, strict=True)] for seed in fold.p[method, scale]]
                values.append(np.mean([[one[0] for one in run] for run in runs], axis=0))
                influences.append(np.mean([[one[1] for one in run] for run in runs], axis=0))
            value, outcomes = np.mean(values, axis=0), len(data.outcomes)
            for t, target in enumerate((*data.outcomes, AVERAGE)):
                counts = data.counts.get(target, (None, None))
                row: dict[str, Any] = {"dataset": data.name, "method": method, "outcome": target, "scale": scale}
                row |= {"n_test": counts[0], "n_positive": counts[1]}
                for m, measure in enumerate(MEASURES):
                    places = range(outcomes) if target == AVERAGE else [t]
                    mean = math.fsum(value[place, m] for place in places) / len(places)
                    parts = [
                        (fold.patient, sum(one[place, m] for place in places) / len(places))
                        for fold, one in zip(folds, influences, strict=True)
                    ]
                    low, high = (NAN, NAN) if data.few("auprc", target) or mean != mean else ends(mean, parts)
                    row |= {measure: mean, f"{measure}_low": low, f"{measure}_high": high}
                rows.append(row)
    keys = ("dataset", "method", "outcome", "scale")
    return Expected("calibration", keys, rows, "trust region; sandwich")


def _measured(y: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """MEASURES (4,) of one outcome, and how far each case moves them (4, cases).

    Of the two parameters of a regression that is H⁻¹ times the case's score, H the information; of a mean its distance to it by the
    number of cases; of 1 − B/V, with V = π(1 − π), by the chain rule.
    """
    known = ~np.isnan(y)
    t, q, n = y[known], p[known], int(known.sum())
    values, influence = np.full(4, NAN), np.zeros((4, len(y)))
    if not 0 < t.sum() < n:
        return values, influence
    x = odds(q)
    intercept, slope = line(x, t)
    shift = moved(x, t)
    X = np.column_stack([np.ones(n), x])
    if slope == slope:
        mu = risk(intercept + slope * x)
        information = (X.T * (mu * (1 - mu))) @ X
        influence[0, known] = np.linalg.solve(information, (X * (t - mu)[:, None]).T)[1]
    else:
        influence[0] = NAN
    mu = risk(shift + x)
    influence[1, known] = (t - mu) / np.sum(mu * (1 - mu))
    loss, share = (q - t) ** 2, float(t.mean())
    B, V = float(loss.mean()), share * (1 - share)
    values[:] = slope, shift, B, 1 - B / V
    influence[2, known] = (loss - B) / n
    by_share = (1 - 2 * share) * (t - share) / n
    influence[3, known] = -(influence[2, known] * V - B * by_share) / V**2
    return values, influence


def curve(data: Dataset, folds: list[Fold]) -> Expected:
    """One row a method, outcome, scale and bin that holds enough patients."""
    rows = []
    for method in data.methods if folds else ():
        for scale in SCALES:
            for t, outcome in enumerate(data.outcomes):
                held: dict[int, list[tuple[int, float, float]]] = {}
                for fold in folds:
                    for seed in fold.p[method, scale]:
                        for bin_, one in _bins(fold.y[t], seed[t], fold.patient).items():
                            held.setdefault(bin_, []).append(one)
                for bin_, found in held.items():
                    row: dict[str, Any] = {"dataset": data.name, "method": method, "outcome": outcome, "scale": scale, "bin": bin_}
                    row |= {"patients": min(one[0] for one in found)}
                    row |= {
                        name: math.fsum(one[k] for one in found) / len(found) for k, name in ((1, "predicted"), (2, "observed"))
                    }
                    rows.append(row)
    return Expected("calibration_curve", ("dataset", "method", "outcome", "scale", "bin"), rows, "case by case")


def _bins(y: np.ndarray, p: np.ndarray, patient: np.ndarray) -> dict[int, tuple[int, float, float]]:
    """Tenths by mid-rank, in whole numbers: patients, mean risk, share with the outcome of each that holds enough patients."""
    known = ~np.isnan(y)
    t, q, who = y[known], p[known], patient[known]
    ordered = np.sort(q)
    below, upto = np.searchsorted(ordered, q, side="left"), np.searchsorted(ordered, q, side="right")
    # The mid-rank less a half is (below + upto) / 2.
    bins = [-(-BINS * int(b + u) // (2 * len(q))) for b, u in zip(below, upto, strict=True)]
    found = {}
    for bin_ in sorted(set(bins)):
        inside = [n for n, one in enumerate(bins) if one == bin_]
        patients = len({int(who[n]) for n in inside})
        if patients >= LEAST:
            found[bin_] = patients, math.fsum(q[inside]) / len(inside), math.fsum(t[inside]) / len(inside)
    return found
