"""Cost: what each method's cells took, beside what they reached."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from bench.evaluation.incomplete import OK
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import AVERAGE, Scores
from bench.store import DatasetRecord

SUMS = ("tune_seconds", "fit_seconds", "predict_seconds", "trials", "pruned", "fits")
COLUMNS = ("dataset", "method", "family", *SUMS, "parameters", "peak_memory_mb", "auc", "auprc", "status")


def cost_table(record: DatasetRecord, scores: Scores) -> pd.DataFrame:
    """One line a method: seconds, trials and fits summed over its folds; parameters of one fit (all outcomes), mean over folds.

    `peak_memory_mb`: the highest of its processes, MiB. `auc`, `auprc`: average over outcomes. An incomplete method has no numbers.
    """
    lines = []
    for label, method in record.plan["methods"].items():
        line: dict[str, Any] = {"dataset": record.name, "method": label, "family": method["family"]}
        if label in scores.incomplete:
            line["status"] = scores.incomplete[label].status
        else:
            costs = [cell.meta["cost"] for (name, _), cell in sorted(record.cells.items()) if name == label]
            line |= {name: sum(_number(cost, name) for cost in costs) for name in SUMS}
            line["parameters"] = sum(_number(cost, "size") for cost in costs) / len(costs)
            line["peak_memory_mb"] = max(_number(cost, "peak_memory_mb") for cost in costs)
            r, t = scores.rows.index(label), scores.targets.index(AVERAGE)
            line |= {metric: scores.points[m, r, t] for m, metric in enumerate(METRICS)} | {"status": OK}
        lines.append(line)
    return pd.DataFrame(lines, columns=list(COLUMNS))


def _number(cost: dict[str, Any], name: str) -> float:
    value = cost.get(name)
    return math.nan if value is None else float(value)
