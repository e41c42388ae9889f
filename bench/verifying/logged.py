"""Logged: means over what the final fits logged while they trained, step by step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from bench.verifying.expected import Expected
from bench.verifying.laws import NAN
from bench.verifying.predicted import Dataset

MEANS = "step by step"
LAYER = "layers/"
Step = Mapping[str, Any]


def logged(data: Dataset) -> dict[str, list[Step]]:
    """The logged steps of every method that logged any."""
    found: dict[str, list[Step]] = {}
    for method in data.record.plan["methods"]:
        steps = [line for cell in data.cells(method) for line in cell.log if line.get("kind") == "gradients"]
        if steps:
            found[method] = steps
    return found


def _cosine(gram: Any, i: int, j: int) -> float:
    """Cosine of two gradients; NaN where one is zero."""
    length = math.sqrt(gram[i][i] * gram[j][j])
    return gram[i][j] / length if length > 0 else NAN


def _mean(values: list[float]) -> float:
    kept = [value for value in values if value == value]
    return math.fsum(kept) / len(kept) if kept else NAN


def _negative(values: list[float]) -> float:
    """Share of the values, NaN not counted, that are below 0."""
    kept = [value for value in values if value == value]
    return sum(value < 0 for value in kept) / len(kept) if kept else NAN


def conflict(data: Dataset) -> Expected:
    """Pairs of outcomes."""
    rows = []
    for method, steps in logged(data).items():
        cosines: dict[tuple[str, str], list[float]] = {}
        alike: dict[tuple[str, str], list[float]] = {}
        for step in steps:
            gram, names = step["gram"], step["outcomes"]
            for i in range(len(names)):
                for j in range(i + 1, len(names)):
                    cosine = _cosine(gram, i, j)
                    if cosine == cosine:
                        cosines.setdefault((names[i], names[j]), []).append(cosine)
                        lengths = math.sqrt(gram[i][i]), math.sqrt(gram[j][j])
                        alike.setdefault((names[i], names[j]), []).append(2 * lengths[0] * lengths[1] / (gram[i][i] + gram[j][j]))
        for pair, values in cosines.items():
            row = {"dataset": data.name, "method": method, "outcome": pair[0], "other": pair[1], "steps": len(values)}
            row |= {"cosine": _mean(values), "conflict_rate": _negative(values), "magnitude_similarity": _mean(alike[pair])}
            rows.append(row)
    return Expected("conflict", ("dataset", "method", "outcome", "other"), rows, MEANS)


def gradients(data: Dataset) -> Expected:
    """Outcomes: length of the gradient, share of the weights, conflict with the others."""
    rows = []
    for method, steps in logged(data).items():
        for outcome in dict.fromkeys(name for step in steps for name in step["outcomes"]):
            norms, weights, cosines = [], [], []
            for step in (one for one in steps if outcome in one["outcomes"]):
                i = step["outcomes"].index(outcome)
                whole = math.fsum(map(abs, step["weights"]))
                norms.append(math.sqrt(step["gram"][i][i]))
                weights.append(step["weights"][i] / whole if whole else NAN)
                cosines += [_cosine(step["gram"], i, j) for j in range(len(step["gram"])) if j != i]
            row = {"dataset": data.name, "method": method, "outcome": outcome, "steps": len(norms)}
            rows.append(row | {"norm": _mean(norms), "weight": _mean(weights), "conflict_rate": _negative(cosines)})
    return Expected("gradients", ("dataset", "method", "outcome"), rows, MEANS)


def layers(data: Dataset) -> Expected:
    """Shared layers: over steps and pairs."""
    rows = []
    for method, steps in logged(data).items():
        found: dict[str, list[float]] = {}
        for step in steps:
            for name in (name for name in step if name.startswith(LAYER)):
                gram = step[name]
                pairs = [_cosine(gram, i, j) for i in range(len(gram)) for j in range(i + 1, len(gram))]
                found.setdefault(name[len(LAYER) :], []).extend(one for one in pairs if one == one)
        for layer, values in found.items():
            if values:
                row = {"dataset": data.name, "method": method, "layer": layer, "steps": len(steps)}
                rows.append(row | {"cosine": _mean(values), "conflict_rate": _negative(values)})
    return Expected("layers", ("dataset", "method", "layer"), rows, MEANS)


def affinity(data: Dataset) -> Expected:
    """Ordered pairs: what a step for one outcome brings another."""
    rows = []
    for method, steps in logged(data).items():
        found: dict[tuple[str, str], list[float]] = {}
        for step in (one for one in steps if "affinity" in one):
            for i, one in enumerate(step["outcomes"]):
                for j, other in enumerate(step["outcomes"]):
                    if i != j:
                        found.setdefault((one, other), []).append(step["affinity"][i][j])
        for (one, other), values in found.items():
            row = {"dataset": data.name, "method": method, "outcome": one, "other": other, "steps": len(values)}
            rows.append(row | {"affinity": math.fsum(values) / len(values)})
    return Expected("affinity", ("dataset", "method", "outcome", "other"), rows, MEANS)


def curvature(data: Dataset) -> Expected:
    """Outcomes: curvature of the loss along the updates."""
    rows = []
    for method, steps in logged(data).items():
        found: dict[str, list[float]] = {}
        for step in (one for one in steps if "curvature" in one):
            for outcome, value in zip(step["outcomes"], step["curvature"], strict=True):
                found.setdefault(outcome, []).append(value)
        for outcome, values in found.items():
            row = {"dataset": data.name, "method": method, "outcome": outcome, "steps": len(values)}
            rows.append(row | {"curvature": math.fsum(values) / len(values)})
    return Expected("curvature", ("dataset", "method", "outcome"), rows, MEANS)


def gap(data: Dataset, twins: Mapping[str, str]) -> Expected:
    """Held-out losses of a method and its twin at the lowest training loss that both reach."""
    rows = []
    for method, twin in twins.items():
        for outcome in data.outcomes:
            found = []
            for mine, other in zip(data.cells(method), data.cells(twin), strict=True):
                for fit in mine.meta["seeds"]:
                    curves = [_curve(cell.log, fit, outcome) for cell in (mine, other)]
                    if not all(curves):
                        continue
                    level = max(min(train for train, _ in curve) for curve in curves)
                    if all(curve[0][0] >= level for curve in curves):
                        found.append((level, *(_crossed(curve, level) for curve in curves)))
            if found:
                level, here, there = (math.fsum(one[k] for one in found) / len(found) for k in range(3))
                row = {"dataset": data.name, "method": method, "twin": twin, "outcome": outcome, "fits": len(found)}
                rows.append(row | {"train_loss": level, "valid_loss": here, "twin_valid_loss": there, "gap": here - there})
    return Expected("gap", ("dataset", "method", "outcome"), rows, "epoch by epoch")


def _curve(log: Any, fit: int, outcome: str) -> list[tuple[float, float]]:
    epochs = [line for line in log if line.get("kind") == "epoch" and line["fit"] == fit]
    return [(one["train_loss"][outcome], one["valid_loss"][outcome]) for one in epochs if outcome in one["train_loss"]]


def _crossed(curve: list[tuple[float, float]], level: float) -> float:
    """Held-out loss where the training loss first is as low as `level`, on the straight line from the epoch before."""
    last = next(n for n, (train, _) in enumerate(curve) if train <= level)
    if last == 0 or curve[last][0] == level:
        return curve[last][1]
    (t0, v0), (t1, v1) = curve[last - 1], curve[last]
    return v0 + (v1 - v0) * (t0 - level) / (t0 - t1)
