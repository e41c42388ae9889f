"""Main table in long form: one line a method and target, with references and incomplete methods among them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from bench.evaluation.incomplete import OK, REFERENCE
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import AVERAGE, COMPONENTS, DEFAULT, Scores
from bench.evaluation.statistics import percentile
from bench.store import DatasetRecord

COLUMNS = (
    "dataset",
    "method",
    "outcome",
    "prevalence",
    "n_test",
    "n_positive",
    *("auc", "auc_low", "auc_high"),
    *("auprc", "auprc_low", "auprc_high"),
    "status",
)


def main_table(record: DatasetRecord, scores: Scores) -> pd.DataFrame:
    """COLUMNS, in the order of the plan: methods, their ensembles, references. Status is ok, failed, not run or reference.

    A method without all of its cells has no numbers: it is `failed` where one of them failed, else `not run`. `prevalence` of an
    average is the mean over its outcomes; averages have no counts. Scores are in [0, 1].
    """
    shown = [row for row in scores.rows if not row.endswith(DEFAULT)]
    labels = [*record.plan["methods"], *(row for row in shown if row not in scores.methods)]
    lines = [_line(record, scores, label, target) for label in labels for target in scores.targets]
    for name, points in _references(record, scores).items():
        for t, target in enumerate(scores.targets):
            values = {metric: points[m, t] for m, metric in enumerate(METRICS)}
            lines.append({**_shared(record, scores, name, target), **values, "status": REFERENCE})
    table = pd.DataFrame(lines, columns=list(COLUMNS))
    return table.astype({"n_test": "Int64", "n_positive": "Int64"})


def _line(record: DatasetRecord, scores: Scores, label: str, target: str) -> dict[str, Any]:
    line = _shared(record, scores, label, target)
    if label not in scores.rows:
        return {**line, "status": scores.incomplete[label].status}
    r, t = scores.rows.index(label), scores.targets.index(target)
    for m, metric in enumerate(METRICS):
        line[metric] = scores.points[m, r, t]
        if not scores.too_few(metric, target):
            interval = percentile(scores.draws[m, r, t])
            line |= {f"{metric}_low": interval.low, f"{metric}_high": interval.high}
    return {**line, "status": OK}


def _shared(record: DatasetRecord, scores: Scores, label: str, target: str) -> dict[str, Any]:
    line: dict[str, Any] = {"dataset": record.name, "method": label, "outcome": target}
    if target in scores.counts:
        found = scores.counts[target]
        return {**line, "prevalence": found.prevalence, "n_test": found.cases, "n_positive": found.positive}
    return {**line, "prevalence": float(_averaged(record, scores, _prevalences(scores))[scores.targets.index(target)])}


def _prevalences(scores: Scores) -> list[float]:
    return [scores.counts[o].prevalence if o in scores.counts else math.nan for o in scores.outcomes]


def _references(record: DatasetRecord, scores: Scores) -> dict[str, np.ndarray]:
    """Reference rows: name → (METRICS, targets), mean over folds; NaN where a fold or outcome is not known."""
    prevalences = _prevalences(scores)
    chance = [0.5 if not math.isnan(share) else math.nan for share in prevalences]
    rows = {"prevalence": np.stack([_averaged(record, scores, chance), _averaged(record, scores, prevalences)])}
    for name, known in (record.cohort.get("references") or {}).items():
        by_metric = [[_over_folds(known.get(o, ()), metric, record.plan["folds"]) for o in scores.outcomes] for metric in METRICS]
        rows[name] = np.stack([_averaged(record, scores, values) for values in by_metric])
    return rows


def _over_folds(known: Sequence[Mapping[str, Any]], metric: str, folds: int) -> float:
    by_fold = {entry["fold"]: entry.get(metric) for entry in known}
    values = [by_fold.get(fold) for fold in range(folds)]
    return float(np.mean([math.nan if value is None else value for value in values]))


def _averaged(record: DatasetRecord, scores: Scores, values: Sequence[float]) -> np.ndarray:
    """Values by outcome, followed by their averages in the order of the targets."""
    by_outcome = dict(zip(scores.outcomes, values, strict=True))
    nested = set(record.cohort["card"].get("nested") or {})
    sets = {AVERAGE: scores.outcomes, COMPONENTS: tuple(o for o in scores.outcomes if o not in nested)}
    averages = [float(np.mean([by_outcome[o] for o in sets[target]])) for target in scores.targets[len(scores.outcomes) :]]
    return np.array([*values, *averages])
