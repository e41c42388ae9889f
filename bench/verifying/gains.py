"""Gains: differences of each method to its twin and to the study's baseline."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from bench.verifying.expected import LEFT_OUT, Expected
from bench.verifying.laws import NAN, error, holm, over_folds, percentiles, seen, two_sided
from bench.verifying.main import RANKS
from bench.verifying.predicted import METRICS, Dataset
from bench.verifying.scores import Scores

TWIN_WORDS, BASELINE_WORDS = ("helped", "harmed"), ("better", "worse")
KEYS = ("dataset", "method", "outcome", "metric")
INTERVAL = ("low", "high", "p", "visible")


def twins(data: Dataset) -> dict[str, str]:
    """Which complete method is held against which: its twin's label, else the only entry of that name, both complete, both without
    the same modalities."""
    methods = data.record.plan["methods"]
    found = {}
    for label, method in methods.items():
        name = method.get("twin")
        # One model an outcome shares nothing.
        if name is None or method["per_outcome"] or name in (label, method["name"]) or label not in data.methods:
            continue
        named = [name] if name in methods else [other for other in methods if methods[other]["name"] == name]
        alike = [o for o in named if set(methods[o].get("without", ())) == set(method.get("without", ()))]
        named = alike or named
        if len(named) == 1 and alike and named[0] in data.methods:
            found[label] = named[0]
    return found


def transfer(data: Dataset, scores: Scores) -> Expected:
    """Gains against the twin."""
    return Expected("transfer", KEYS, _differences(data, scores, twins(data), ("twin", "gain"), TWIN_WORDS), RANKS)


def baseline(data: Dataset, scores: Scores) -> Expected:
    """Differences to the study's baseline."""
    label = data.record.plan.get("baseline")
    others = {m: str(label) for m in data.methods if m != label} if label in data.methods else {}
    return Expected("baseline", KEYS, _differences(data, scores, others, ("baseline", "difference"), BASELINE_WORDS), RANKS)


def test_to_train(data: Dataset) -> float:
    """Cases of test by cases of train, in the first fold."""
    if not data.methods:
        return NAN
    sizes = data.record.cells[data.methods[0], 0].meta["cases"]
    return float(sizes["test"] / sizes["train"])


def _differences(
    data: Dataset, scores: Scores, against: Mapping[str, str], names: tuple[str, str], words: tuple[str, str]
) -> list[dict[str, Any]]:
    """One row a method, target and metric; `names` of the columns that hold the other method and the difference, `words` of the
    verdicts up and down."""
    rows = []
    ratio = test_to_train(data)
    for m, metric in enumerate(METRICS):
        families: dict[str, list[dict[str, Any]]] = {}
        for method, other in against.items():
            for t, target in enumerate(data.targets):
                value = scores.point(method, metric, t) - scores.point(other, metric, t)
                row: dict[str, Any] = {"dataset": data.name, "method": method, names[0]: other, "outcome": target}
                row |= {"metric": metric, names[1]: value, **_interval(data, scores, method, other, m, t, value)}
                folds = NAN, NAN, NAN
                if not data.few(metric, target):
                    folds = over_folds((scores.folds[method][m, t] - scores.folds[other][m, t]).tolist(), ratio)
                row |= dict(zip(("methods_low", "methods_high", "methods_p_holm"), folds, strict=True))
                families.setdefault("" if target in data.outcomes else target, []).append(row)
        for family in families.values():
            _corrected(family, names[1], words)
            rows += family
    return rows


def _interval(data: Dataset, scores: Scores, method: str, other: str, m: int, t: int, value: float) -> dict[str, Any]:
    if data.few(METRICS[m], data.targets[t]):
        return dict.fromkeys(INTERVAL, NAN)
    if not scores.draws:
        return dict.fromkeys(INTERVAL, LEFT_OUT)
    draws = scores.draws[method][m, t] - scores.draws[other][m, t]
    spread = error(draws)
    low, high = percentiles(draws)
    return {"low": low, "high": high, "p": two_sided(value, spread), "visible": seen(spread)}


def _corrected(family: list[dict[str, Any]], difference: str, words: tuple[str, str]) -> None:
    """Holm within a family, and the verdicts."""
    quick = any(row["p"] is LEFT_OUT for row in family)
    adjusted = holm([NAN if row["p"] is LEFT_OUT else row["p"] for row in family])
    by_folds = holm([row["methods_p_holm"] for row in family])
    for row, p, methods_p in zip(family, adjusted, by_folds, strict=True):
        row["methods_p_holm"] = methods_p
        few = row["p"] is not LEFT_OUT and row["p"] != row["p"]
        row["p_holm"] = LEFT_OUT if quick and not few else p
        row["verdict"] = LEFT_OUT if quick and not few else _verdict(row[difference], p, words)


def _verdict(value: float, p: float, words: tuple[str, str]) -> str:
    if math.isnan(p):
        return "too few positives"
    if p >= 0.05:
        return "no clear difference"
    return words[0] if value > 0 else words[1]


def delta_m(data: Dataset, scores: Scores) -> Expected:
    """Mean relative difference to the twin in percent, lower is better."""
    rows = []
    for m, metric in enumerate(METRICS):
        for method, twin in twins(data).items():
            number = len(data.outcomes)
            pairs = [(scores.point(method, metric, t), scores.point(twin, metric, t)) for t in range(number)]
            value = -100 / number * math.fsum(mine / other - 1 for mine, other in pairs)
            low: Any = NAN
            high: Any = NAN
            if not any(data.few(metric, outcome) for outcome in data.outcomes):
                low, high = _delta(scores, method, twin, m, number) if scores.draws else (LEFT_OUT, LEFT_OUT)
            row = {"dataset": data.name, "method": method, "twin": twin, "metric": metric}
            rows.append(row | {"delta_m": value, "low": low, "high": high})
    return Expected("delta_m", ("dataset", "method", "metric"), rows, RANKS)


def _delta(scores: Scores, method: str, twin: str, m: int, outcomes: int) -> tuple[Any, Any]:
    ratio = np.zeros(scores.draws[method].shape[-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        for t in range(outcomes):
            ratio += scores.draws[method][m, t] / scores.draws[twin][m, t] - 1
    return percentiles(-100 * ratio / outcomes)
