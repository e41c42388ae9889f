"""Subgroups: how well each method predicts within an age band, a sex, a centre."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.evaluation.around import Around, around, normal
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import AVERAGE, LEAST_POSITIVES, Scores
from bench.evaluation.statistics import NONE, Interval
from bench.evaluation.tested import Fold, tested
from bench.protocol.seeds import seed
from bench.store import DatasetRecord

COLUMNS = ("dataset", "method", "by", "group", "outcome", "metric", "patients", "n_test", "n_positive", "score", "low", "high")
# Groups of fewer patients are withheld, as a score of a few could give one of them away.
LEAST_PATIENTS = 5
# The groups of one column that are shown, largest first; the others are counted as withheld.
MOST = 12


@dataclass(frozen=True)
class _Group:
    """One subgroup: metrics (METRICS, methods, outcomes), their draws, and its tested cases and positives by outcome."""

    points: np.ndarray
    draws: np.ndarray
    cases: np.ndarray
    positive: np.ndarray


def subgroups(record: DatasetRecord, scores: Scores) -> pd.DataFrame:
    """COLUMNS, one line a method, subgroup, target and metric, on the test cases of the subgroup alone.

    Mean over seeds, then over the folds that hold both classes in it. 95 % intervals unadjusted, over patients alone; AUPRC of
    under LEAST_POSITIVES positives gets none. Counts are over all folds. A subgroup of under LEAST_PATIENTS tested patients is
    withheld, and so is an outcome that fewer of its cases have, or have not.
    """
    read = tested(record)
    if record.groups.empty or not scores.methods or len(read.folds) < record.plan["folds"]:
        return pd.DataFrame(columns=list(COLUMNS))
    words, lines = record.groups.set_index("row"), []
    for by in words:
        named = {number: words[by].loc[fold.row].to_numpy() for number, fold in read.folds.items()}
        sizes = pd.Series(np.concatenate(list(named.values()))).value_counts()
        for group in sizes.index[:MOST]:
            # A fold may hold none of it: each centre of a split by centre is tested in one.
            within = [
                (fold, named[number] == group, number) for number, fold in read.folds.items() if (named[number] == group).any()
            ]
            patients = {int(code) for fold, inside, _ in within for code in fold.patient[inside]}
            if len(patients) >= LEAST_PATIENTS:
                place = (record.name, str(by), str(group), len(patients))
                lines += _lines(place, scores, _group(record, read.methods, within))
    table = pd.DataFrame(lines, columns=list(COLUMNS))
    return table.astype(dict.fromkeys(("patients", "n_test", "n_positive"), "Int64"))


def _group(record: DatasetRecord, methods: tuple[str, ...], within: list[tuple[Fold, np.ndarray, int]]) -> _Group:
    parts = []
    for fold, inside, number in within:
        p = np.stack([fold.tuned[method][..., inside] for method in methods])
        drawn = seed(record.plan["protocol"]["seed"], record.name, "", number, "bootstrap/subgroups")
        found = around(fold.y[:, inside], p.reshape(-1, *p.shape[2:]), fold.patient[inside], drawn)
        parts.append(
            Around(
                found.points.reshape(len(METRICS), *p.shape[:2], -1).mean(axis=2),
                found.draws.reshape(len(METRICS), *p.shape[:3], -1).mean(axis=2),
            )
        )
    y = [fold.y[:, inside] for fold, inside, _ in within]
    with warnings.catch_warnings():
        # A group that no fold holds both classes of has no score.
        warnings.simplefilter("ignore", RuntimeWarning)
        points = np.nanmean([part.points for part in parts], axis=0)
        draws = np.nanmean([part.draws for part in parts], axis=0)
    return _Group(points, draws, *(np.sum([found(one).sum(axis=1) for one in y], axis=0) for found in (_known, _positive)))


def _known(y: np.ndarray) -> np.ndarray:
    return ~np.isnan(y)


def _positive(y: np.ndarray) -> np.ndarray:
    return y == 1


def _lines(place: tuple[str, str, str, int], scores: Scores, group: _Group) -> list[tuple[object, ...]]:
    dataset, by, name, patients = place
    told = (group.positive >= LEAST_PATIENTS) & (group.cases - group.positive >= LEAST_PATIENTS)
    lines: list[tuple[object, ...]] = []
    for r, method in enumerate(scores.methods):
        for m, metric in enumerate(METRICS):
            for t, outcome in enumerate(scores.outcomes):
                if told[t]:
                    counts = int(group.cases[t]), int(group.positive[t])
                    few = metric == "auprc" and counts[1] < LEAST_POSITIVES
                    around_it = NONE if few else normal(group.points[m, r, t], group.draws[m, r, t])
                    value = float(group.points[m, r, t])
                    lines.append((dataset, method, by, name, outcome, metric, patients, *counts, value, *_bounds(around_it)))
            if told.all():
                value, draws = float(group.points[m, r].mean()), group.draws[m, r].mean(axis=0)
                few = metric == "auprc" and int(group.positive.min()) < LEAST_POSITIVES
                around_it = NONE if few else normal(value, draws)
                lines.append((dataset, method, by, name, AVERAGE, metric, patients, None, None, value, *_bounds(around_it)))
    return lines


def _bounds(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high
