"""Decided: net benefit by threshold, the cases at highest risk, risks by class."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bench.protocol.seeds import seed
from bench.verifying.expected import LEFT_OUT, Expected
from bench.verifying.laws import NAN, NONE, around, quantile
from bench.verifying.predicted import AVERAGE, Dataset
from bench.verifying.resampled import FEWER, drawn
from bench.verifying.scaled import LEAST, SCALES, Fold, ends

SHARES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
TOP = 0.05


def thresholds(prevalence: float) -> list[float]:
    """In thousandths from 10 on to three times the prevalence, which counts as at least 100 and at most 900, by 5 to 150, by 10 to
    300, else by 20."""
    last = round(min(max(3000 * prevalence, 100), 900))
    step = 5 if last <= 150 else 10 if last <= 300 else 20
    return [mark / 1000 for mark in range(1, last + 1) if mark == 10 or (mark > 10 and mark % step == 0)]


def decisions(data: Dataset, folds: list[Fold]) -> Expected:
    """True and false positives counted at each threshold; intervals by patient."""
    rows = []
    for t, outcome in enumerate(data.outcomes if folds else ()):
        for at in thresholds(data.counts[outcome][2]):
            price = at / (1 - at)
            known = [~np.isnan(fold.y[t]) for fold in folds]
            worth = [np.where(fold.y[t] == 1, 1.0, -price) * here for fold, here in zip(folds, known, strict=True)]
            everyone = math.fsum(float(w.sum()) / here.sum() for w, here in zip(worth, known, strict=True)) / len(folds)
            for method in data.methods:
                for scale in SCALES:
                    mine, parts = [], []
                    for fold, w, here in zip(folds, worth, known, strict=True):
                        treated = np.mean([p[t] >= at for p in fold.p[method, scale]], axis=0)
                        mine.append(float((w * treated).sum()) / here.sum())
                        more = w * treated - (w if everyone > 1e-9 else 0)
                        parts.append((fold.patient, here * (more - more[here].mean()) / here.sum()))
                    value = math.fsum(mine) / len(mine)
                    gain = value - max(everyone, 0.0)
                    low, high = NONE if data.few("auprc", outcome) else ends(gain, parts)
                    row = {"dataset": data.name, "method": method, "outcome": outcome, "scale": scale, "threshold": at}
                    row |= {"net_benefit": value, "treat_all": everyone, "treat_none": 0.0}
                    rows.append(row | {"gain": gain, "gain_low": low, "gain_high": high})
    keys = ("dataset", "method", "outcome", "scale", "threshold")
    return Expected("decisions", keys, rows, "counts at each threshold")


def risks(data: Dataset, folds: list[Fold]) -> Expected:
    """Quantiles of the risk of cases with and without an outcome."""
    rows = []
    for method in data.methods if folds else ():
        for t, outcome in enumerate(data.outcomes):
            for scale in SCALES:
                for name, sign in (("with", 1), ("without", 0)):
                    found = {
                        q: [_quantile(fold, fold.p[method, scale], t, sign, share) for fold in folds] for q, share in SHARES.items()
                    }
                    row: dict[str, Any] = {
                        "dataset": data.name,
                        "method": method,
                        "outcome": outcome,
                        "scale": scale,
                        "cases": name,
                    }
                    rows.append(row | {q: math.fsum(values) / len(folds) for q, values in found.items()})
    return Expected("risks", ("dataset", "method", "outcome", "scale", "cases"), rows, "sorted risks")


def _quantile(fold: Fold, p: np.ndarray, t: int, sign: int, share: float) -> float:
    inside = fold.y[t] == sign
    patients = len(set(fold.patient[inside].tolist()))
    if patients < LEAST or min(share, 1 - share) * patients < 1 - 1e-9:
        return NAN
    return math.fsum(quantile(one[t][inside], share) for one in p) / len(p)


def top(data: Dataset, folds: list[Fold], intervals: bool) -> Expected:
    """The twentieth at highest risk."""
    rows = []
    weights = _weights(data, folds, intervals) if folds else []
    for method in data.methods if folds else ():
        found = np.zeros((len(data.outcomes), 2, weights[0].shape[1]))
        for fold, w in zip(folds, weights, strict=True):
            for t, y in enumerate(fold.y):
                found[t] += np.mean([_highest(y, p[t], w) for p in fold.p[method, "raw"]], axis=0) / len(folds)
        shares = [data.counts[outcome][2] for outcome in data.outcomes]
        told = [(o, shares[t], found[t], data.few("auprc", o)) for t, o in enumerate(data.outcomes)]
        told.append((AVERAGE, math.fsum(shares) / len(shares), found.mean(axis=0), False))
        for target, share, values, few in told:
            row: dict[str, Any] = {"dataset": data.name, "method": method, "outcome": target, "prevalence": share}
            rows.append(row | _told(values, few, intervals))
    return Expected("top", ("dataset", "method", "outcome"), rows, "levels of risk; draws")


def _weights(data: Dataset, folds: list[Fold], intervals: bool) -> list[np.ndarray]:
    """Of each fold's cases: 1, then how often they are drawn."""
    number = seed(data.seed, data.name, "", 0, "bootstrap/top")
    everyone = np.concatenate([fold.patient for fold in folds])
    ones = [np.ones((len(fold.patient), 1)) for fold in folds]
    if not intervals:
        return ones
    return [np.hstack([one, drawn(everyone, fold.patient, number, FEWER)]) for one, fold in zip(ones, folds, strict=True)]


def _highest(y: np.ndarray, p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sensitivity and positive predictive value, (2, weightings): levels of equal risk are taken whole from above while there is
    room for them, the last in part."""
    known = ~np.isnan(y)
    w, positive = weights[known], weights[known] * (y[known] == 1)[:, None]
    room = TOP * w.sum(axis=0)
    wanted, hit = room.copy(), np.zeros_like(room)
    order = np.argsort(-p[known], kind="stable")
    levels = np.split(order, np.flatnonzero(np.diff(p[known][order]) != 0) + 1)
    for level in levels:
        size = w[level].sum(axis=0)
        taken = np.minimum(size, room)
        hit += np.divide(taken, size, out=np.zeros_like(size), where=size > 0) * positive[level].sum(axis=0)
        room -= taken
        if not room.any():
            break
    total = positive.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total > 0, np.stack([hit / total, hit / wanted]), NAN)


def _told(values: np.ndarray, few: bool, intervals: bool) -> dict[str, Any]:
    row: dict[str, Any] = {}
    low, high = NONE
    for name, one in zip(("sensitivity", "ppv"), values, strict=True):
        low, high = NONE if few or not intervals else around(float(one[0]), one[1:])
        low, high = (max(low, 0.0), min(high, 1.0)) if low == low else NONE
        row |= {name: float(one[0]), f"{name}_low": low, f"{name}_high": high}
    # The more are found among those looked at, the fewer must be looked at for one that is found.
    row |= {"evaluated_per_found": _inverse(row["ppv"]), "evaluated_low": _inverse(high), "evaluated_high": _inverse(low)}
    if not intervals and not few:
        row |= {f"{name}_{end}": LEFT_OUT for name in ("sensitivity", "ppv", "evaluated") for end in ("low", "high")}
    return row


def _inverse(share: float) -> float:
    return 1 / share if share > 0 else NAN
