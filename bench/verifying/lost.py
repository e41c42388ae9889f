"""Lost: scores where a modality is missing, and scores within subgroups."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.protocol.seeds import seed
from bench.verifying.expected import LEFT_OUT, Expected
from bench.verifying.laws import NAN, NONE, around
from bench.verifying.main import RANKS
from bench.verifying.predicted import AVERAGE, FEW, METRICS, Dataset, cases
from bench.verifying.resampled import FEWER, drawn, plain, refuse_unlike_sklearn, scored
from bench.verifying.scaled import LEAST

MODALITIES = ("tabular", "text", "series")
# The largest groups of one column, of which a report tells.
MOST = 12


def sampled(y: np.ndarray, p: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (METRICS, outcomes) and draws (METRICS, outcomes, resamples), mean over seeds; `y` (outcomes, cases), `p` (seeds,
    outcomes, cases), `weights` (cases, resamples)."""
    points = np.mean([[plain(t, q) for t, q in zip(y, one, strict=True)] for one in p], axis=0).T
    draws = np.zeros((len(METRICS), len(y), weights.shape[1]))
    for s, one in enumerate(p if weights.shape[1] else ()):
        for t, (truth, q) in enumerate(zip(y, one, strict=True)):
            values = scored(truth, q, weights)
            if s == t == 0:
                refuse_unlike_sklearn(truth, q, weights, values, 31 % weights.shape[1])
            draws[:, t] += values / len(p)
    return points, draws


def fewer(patient: np.ndarray, number: int, intervals: bool) -> np.ndarray:
    """Weights (cases, resamples) of what takes a standard error only; no resample where no intervals are asked for."""
    return drawn(patient, patient, number, FEWER if intervals else 0)


def robustness(data: Dataset, intervals: bool) -> Expected:
    """Score with all modalities less that without one."""
    rows = []
    numbers = [seed(data.seed, data.name, "", fold, "bootstrap/missing") for fold in range(data.folds)]
    for method in data.methods:
        cells = list(data.cells(method))
        gone = [m for m in MODALITIES if all((cell.missing["missing"] == m).any() for cell in cells)]
        if not gone:
            continue
        weights = [fewer(data.tests[f].patient, number, intervals) for f, number in enumerate(numbers)]
        whole = [sampled(data.tests[f].y, data.tuned[method, f].p, w) for f, w in enumerate(weights)]
        for modality in gone:
            without = []
            for cell, w in zip(cells, weights, strict=True):
                found = cases(cell.missing[cell.missing["missing"] == modality], data.outcomes)
                without.append(sampled(found.y, found.p, w))
            points, draws = (np.mean([[one[k] for one in side] for side in (whole, without)], axis=1) for k in (0, 1))
            for m, metric in enumerate(METRICS):
                for t, target in enumerate((*data.outcomes, AVERAGE)):
                    pick = slice(None) if target == AVERAGE else slice(t, t + 1)
                    before, after = (float(points[side, m, pick].mean()) for side in (0, 1))
                    spread = (draws[0, m, pick] - draws[1, m, pick]).mean(axis=0)
                    row: dict[str, Any] = {"dataset": data.name, "method": method, "missing": modality, "outcome": target}
                    row |= {"metric": metric, "whole": before, "without": after, "loss": before - after}
                    rows.append(row | _ends(before - after, spread, data.few(metric, target), intervals))
    return Expected("robustness", ("dataset", "method", "missing", "outcome", "metric"), rows, RANKS)


def _ends(value: float, draws: np.ndarray, few: bool, intervals: bool) -> dict[str, Any]:
    if few:
        low, high = NONE
        return {"low": low, "high": high}
    if not intervals:
        return {"low": LEFT_OUT, "high": LEFT_OUT}
    return dict(zip(("low", "high"), around(value, draws), strict=True))


def subgroups(data: Dataset, intervals: bool) -> Expected:
    """Scores on the cases of one subgroup alone."""
    rows: list[dict[str, Any]] = []
    groups = data.record.groups
    whole = len(groups) and data.methods and len(data.tests) == data.folds
    for by in [name for name in groups if name != "row"] if whole else ():
        named = dict(zip(groups["row"].tolist(), groups[by].tolist(), strict=True))
        words = {fold: [named[row] for row in test.row.tolist()] for fold, test in data.tests.items()}
        sizes: dict[str, int] = {}
        for word in (word for fold in words.values() for word in fold if isinstance(word, str)):
            sizes[word] = sizes.get(word, 0) + 1
        # The first seen of equally large ones comes first.
        for group in sorted(sizes, key=lambda group: -sizes[group])[:MOST]:
            inside = {fold: np.array([word == group for word in words[fold]]) for fold in words if group in words[fold]}
            patients = {int(one) for fold in inside for one in data.tests[fold].patient[inside[fold]]}
            if len(patients) >= LEAST:
                rows += _group(data, str(by), group, inside, len(patients), intervals)
    return Expected("subgroups", ("dataset", "method", "by", "group", "outcome", "metric"), rows, RANKS)


def _group(
    data: Dataset, by: str, group: str, inside: dict[int, np.ndarray], patients: int, intervals: bool
) -> Sequence[dict[str, Any]]:
    y = {fold: data.tests[fold].y[:, inside[fold]] for fold in inside}
    places = range(len(data.outcomes))
    positive = [sum(int((one[t] == 1).sum()) for one in y.values()) for t in places]
    negative = [sum(int((one[t] == 0).sum()) for one in y.values()) for t in places]
    told = [min(positive[t], negative[t]) >= LEAST for t in places]
    if not any(told):
        return []
    weights = {}
    for fold in inside:
        number = seed(data.seed, data.name, "", fold, "bootstrap/subgroups")
        weights[fold] = fewer(data.tests[fold].patient[inside[fold]], number, intervals)
    rows = []
    for method in data.methods:
        found = [sampled(y[f], data.tuned[method, f].p[..., inside[f]], weights[f]) for f in inside]
        points, draws = (_over_folds([one[k] for one in found]) for k in (0, 1))
        for m, metric in enumerate(METRICS):
            shown: list[tuple[str, Any, Any, float, np.ndarray, int]] = [
                (o, positive[t] + negative[t], positive[t], float(points[m, t]), draws[m, t], positive[t])
                for t, o in enumerate(data.outcomes)
                if told[t]
            ]
            if all(told):
                shown.append((AVERAGE, None, None, float(points[m].mean()), draws[m].mean(axis=0), min(positive)))
            for outcome, n_test, n_positive, value, spread, fewest in shown:
                row: dict[str, Any] = {"dataset": data.name, "method": method, "by": by, "group": group, "outcome": outcome}
                row |= {"metric": metric, "patients": patients, "n_test": n_test, "n_positive": n_positive, "score": value}
                few = metric == "auprc" and fewest < FEW
                rows.append(row | _ends(value, spread, few or value != value, intervals))
    return rows


def _over_folds(parts: list[np.ndarray]) -> np.ndarray:
    """Mean over the folds that have a number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmean(parts, axis=0)) if parts else np.array(NAN)
