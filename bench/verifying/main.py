"""Main: the tables of scores, costs, defaults, contradictions between nested outcomes, and what others published."""

from __future__ import annotations

import math
from typing import Any

from bench.verifying.expected import LEFT_OUT, Expected
from bench.verifying.laws import NAN, percentiles
from bench.verifying.predicted import AVERAGE, METRICS, Dataset
from bench.verifying.scores import DEFAULT, ENSEMBLE, Scores

POINTS = "scikit-learn"
RANKS = "scikit-learn; draws by ranks"


def main(data: Dataset, scores: Scores) -> Expected:
    """Every method, ensemble and reference."""
    rows = []
    shown = [row for row in scores.folds if not row.endswith(DEFAULT)]
    ensembles = [row for row in shown if row.endswith(ENSEMBLE) and row.removesuffix(ENSEMBLE) in data.methods]
    for label in [*data.record.plan["methods"], *ensembles]:
        for t, target in enumerate(data.targets):
            row = _counts(data, label, target) | {"status": "ok" if label in scores.folds else data.status(label)}
            for metric in METRICS:
                low, high, value = NAN, NAN, NAN
                if label in scores.folds:
                    value = scores.point(label, metric, t)
                    low, high = interval(data, scores, label, metric, t)
                row |= {metric: value, f"{metric}_low": low, f"{metric}_high": high}
            rows.append(row)
    return Expected("main", ("dataset", "method", "outcome", "status"), [*rows, *_references(data)], RANKS)


def interval(data: Dataset, scores: Scores, row: str, metric: str, t: int) -> tuple[Any, Any]:
    """Percentiles of a row's draws."""
    if data.few(metric, data.targets[t]):
        return NAN, NAN
    return percentiles(scores.draws[row][METRICS.index(metric), t]) if scores.draws else (LEFT_OUT, LEFT_OUT)


def _counts(data: Dataset, label: str, target: str) -> dict[str, Any]:
    row: dict[str, Any] = {"dataset": data.name, "method": label, "outcome": target, "n_test": None, "n_positive": None}
    if target in data.counts:
        cases, positive, share = data.counts[target]
        return row | {"n_test": cases, "n_positive": positive, "prevalence": share}
    return row | {"prevalence": _average(data, target, {o: count[2] for o, count in data.counts.items()})}


def _average(data: Dataset, target: str, by_outcome: dict[str, float]) -> float:
    """The value of a target: an outcome's own, else the mean over the outcomes that it averages."""
    if target in data.outcomes:
        return by_outcome.get(target, NAN)
    over = data.outcomes if target == AVERAGE else data.components
    return math.fsum(by_outcome.get(o, NAN) for o in over) / len(over)


def _references(data: Dataset) -> list[dict[str, Any]]:
    """Guessing, and what is known of the truth."""
    shares = {o: count[2] for o, count in data.counts.items()}
    named = {"prevalence": {"auc": {o: 0.5 for o, share in shares.items() if share == share}, "auprc": shares}}
    for name, known in (data.record.cohort.get("references") or {}).items():
        named[name] = {metric: {o: _over_folds(data, known.get(o, ()), metric) for o in data.outcomes} for metric in METRICS}
    rows = []
    for name, metrics in named.items():
        for target in data.targets:
            row = _counts(data, name, target) | {"status": "reference"}
            for metric in METRICS:
                row |= {metric: _average(data, target, metrics[metric]), f"{metric}_low": NAN, f"{metric}_high": NAN}
            rows.append(row)
    return rows


def _over_folds(data: Dataset, known: Any, metric: str) -> float:
    values = {entry["fold"]: entry.get(metric) for entry in known}
    found = [values.get(fold) for fold in range(data.folds)]
    kept = [float(value) for value in found if value is not None]
    return math.fsum(kept) / len(kept) if len(kept) == len(found) else NAN


def cost(data: Dataset, scores: Scores) -> Expected:
    """What each method took, summed over its cells."""
    rows = []
    sums = ("tune_seconds", "fit_seconds", "predict_seconds", "trials", "pruned", "fits")
    for label, method in data.record.plan["methods"].items():
        row: dict[str, Any] = {"dataset": data.name, "method": label, "family": method["family"], "status": data.status(label)}
        row |= dict.fromkeys((*sums, "parameters", "peak_memory_mb", *METRICS))
        if label in data.methods:
            costs = [cell.meta["cost"] for cell in data.cells(label)]
            row |= {name: math.fsum(_number(one, name) for one in costs) for name in sums}
            row["parameters"] = math.fsum(_number(one, "size") for one in costs) / len(costs)
            row["peak_memory_mb"] = max(_number(one, "peak_memory_mb") for one in costs)
            row |= {metric: scores.point(label, metric, data.targets.index(AVERAGE)) for metric in METRICS} | {"status": "ok"}
        rows.append(row)
    return Expected("cost", ("dataset", "method"), rows, f"sums; {POINTS}")


def _number(cost: dict[str, Any], name: str) -> float:
    return NAN if cost.get(name) is None else float(cost[name])


def default(data: Dataset, scores: Scores) -> Expected:
    """Trial 0 against the tuned method."""
    rows = []
    for label in data.record.plan["methods"]:
        for m, metric in enumerate(METRICS):
            for t, target in enumerate(data.targets):
                row: dict[str, Any] = {"dataset": data.name, "method": label, "outcome": target, "metric": metric}
                row |= dict.fromkeys(("default", "tuned", "gain", "low", "high")) | {"status": data.status(label)}
                if label in data.methods:
                    before, after = (scores.point(one, metric, t) for one in (label + DEFAULT, label))
                    low: Any = LEFT_OUT if not scores.draws else NAN
                    high = low
                    if data.few(metric, target):
                        low = high = NAN
                    elif scores.draws:
                        low, high = percentiles(scores.draws[label][m, t] - scores.draws[label + DEFAULT][m, t])
                    row |= {"default": before, "tuned": after, "gain": after - before, "low": low, "high": high, "status": "ok"}
                rows.append(row)
    return Expected("default", ("dataset", "method", "outcome", "metric"), rows, RANKS)


def nested(data: Dataset) -> Expected:
    """How often the composite gets less risk than what it holds, case by case."""
    rows = []
    for composite, components in (data.record.cohort["card"].get("nested") or {}).items():
        inside = [o for o in components if o in data.outcomes]
        if composite not in data.outcomes or not inside:
            continue
        for method in data.methods:
            shares = []
            for fold in range(data.folds):
                for p in data.tuned[method, fold].p:
                    parts = [p[data.outcomes.index(o)] for o in inside]
                    below = sum(any(part[n] > whole for part in parts) for n, whole in enumerate(p[data.outcomes.index(composite)]))
                    shares.append(below / p.shape[1])
            share = math.fsum(_mean_of_equal(shares, data.folds)) / data.folds
            row = {"dataset": data.name, "method": method, "composite": composite}
            rows.append(row | {"components": " ".join(inside), "share": share})
    return Expected("nested", ("dataset", "method", "composite"), rows, "case by case")


def _mean_of_equal(values: list[float], parts: int) -> list[float]:
    """The mean of each of so many equal runs of values."""
    size = len(values) // parts
    return [math.fsum(values[start * size : (start + 1) * size]) / size for start in range(parts)]


def published(data: Dataset) -> Expected:
    """What the study names of others, as its plan says it."""
    rows = [dict(row) for row in data.record.plan.get("published") or []]
    for row in rows:
        row |= {metric: None if row.get(metric) is None else float(row[metric]) for metric in METRICS}
    return Expected("published", ("row", "cohort", "source", "note"), rows, "plan.json")
