"""Defaults: what tuning gained each method over its documented default parameters."""

from __future__ import annotations

import math

import pandas as pd

from bench.evaluation.differences import difference
from bench.evaluation.incomplete import OK
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import DEFAULT, Scores
from bench.store import DatasetRecord

COLUMNS = ("dataset", "method", "outcome", "metric", "default", "tuned", "gain", "low", "high", "status")


def default_table(record: DatasetRecord, scores: Scores) -> pd.DataFrame:
    """One line a method, metric and target: trial 0 with one seed, the tuned method as in the main table, tuned − default.

    `low`, `high`: paired 95 % interval, unadjusted.
    """
    lines: list[tuple[object, ...]] = []
    for label in record.plan["methods"]:
        for m, metric in enumerate(METRICS):
            for t, target in enumerate(scores.targets):
                place = (record.name, label, target, metric)
                if label not in scores.methods:
                    lines.append((*place, *[math.nan] * 5, scores.incomplete[label].status))
                    continue
                before, after = (scores.points[m, scores.rows.index(row), t] for row in (label + DEFAULT, label))
                gain = difference(scores, metric, label, label + DEFAULT, target)
                lines.append((*place, before, after, gain.value, gain.interval.low, gain.interval.high, OK))
    return pd.DataFrame(lines, columns=list(COLUMNS))
