"""Conflict: how the outcomes' gradients agreed on the shared parameters while a method trained."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from bench.store import DatasetRecord

PAIR_COLUMNS = ("dataset", "method", "outcome", "other", "steps", "cosine", "conflict_rate", "magnitude_similarity")
OUTCOME_COLUMNS = ("dataset", "method", "outcome", "steps", "norm", "weight", "conflict_rate")
LAYER_COLUMNS = ("dataset", "method", "layer", "steps", "cosine", "conflict_rate")
AHEAD_COLUMNS = ("dataset", "method", "outcome", "other", "steps", "affinity")
CURVATURE_COLUMNS = ("dataset", "method", "outcome", "steps", "curvature")
_LAYER = "layers/"


def agreement(gram: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cosines cos φ_ij, and magnitude similarities 2‖g_i‖‖g_j‖ / (‖g_i‖² + ‖g_j‖²), of gradients with this Gram matrix (outcomes,
    outcomes) (Yu et al. 2020, definitions 1 and 2); NaN where a gradient is zero."""
    squared = np.diag(gram)
    lengths = np.sqrt(np.outer(squared, squared))
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = np.where(lengths > 0, gram / lengths, np.nan)
        similarity = np.where(lengths > 0, 2 * lengths / (squared[:, None] + squared), np.nan)
    return cosine, similarity


def steps(record: DatasetRecord) -> dict[str, list[Mapping[str, Any]]]:
    """The logged steps of each method's final fits, in all folds, in the order of the plan; methods that logged none are not
    there."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for method in record.plan["methods"]:
        lines = [line for (label, _), cell in sorted(record.cells.items()) if label == method for line in cell.log]
        if logged := [line for line in lines if line.get("kind") == "gradients"]:
            found[method] = logged
    return found


def conflict(record: DatasetRecord) -> pd.DataFrame:
    """PAIR_COLUMNS, one line a method and pair of outcomes: means over all logged steps whose batch knew both.

    `conflict_rate`: share of these steps with cos φ < 0. A method that shares nothing has no line.
    """
    lines = []
    for method, logged in steps(record).items():
        seen: dict[tuple[str, str], list[tuple[float, float]]] = {}
        for step in logged:
            cosine, similarity = agreement(np.array(step["gram"]))
            for (i, one), (j, other) in combinations(enumerate(step["outcomes"]), 2):
                seen.setdefault((one, other), []).append((cosine[i, j], similarity[i, j]))
        for pair, values in seen.items():
            kept = np.array([value for value in values if not np.isnan(value[0])]).reshape(-1, 2)
            if len(kept):
                means = kept[:, 0].mean(), (kept[:, 0] < 0).mean(), kept[:, 1].mean()
                lines.append((record.name, method, *pair, len(kept), *map(float, means)))
    return pd.DataFrame(lines, columns=list(PAIR_COLUMNS))


def gradients(record: DatasetRecord) -> pd.DataFrame:
    """OUTCOME_COLUMNS, one line a method and outcome: means over the logged steps whose batch knew it.

    `norm`: ‖g_t‖ of its unweighted loss; `weight`: its share of the step's weights; `conflict_rate`: share of (step, other outcome)
    with cos φ < 0.
    """
    lines = []
    for method, logged in steps(record).items():
        seen: dict[str, list[tuple[float, float]]] = {}
        met: dict[str, list[float]] = {}
        for step in logged:
            gram, weights = np.array(step["gram"]), np.array(step["weights"])
            cosine, _ = agreement(gram)
            whole = np.abs(weights).sum()
            for i, outcome in enumerate(step["outcomes"]):
                seen.setdefault(outcome, []).append((np.sqrt(gram[i, i]), weights[i] / whole if whole else np.nan))
                met.setdefault(outcome, []).extend(cosine[i, [j for j in range(len(gram)) if j != i]])
        for outcome, values in seen.items():
            norm, weight = np.nanmean(np.array(values), axis=0)
            others = np.array([value for value in met[outcome] if not np.isnan(value)])
            rate = float((others < 0).mean()) if len(others) else np.nan
            lines.append((record.name, method, outcome, len(values), float(norm), float(weight), rate))
    return pd.DataFrame(lines, columns=list(OUTCOME_COLUMNS))


def layers(record: DatasetRecord) -> pd.DataFrame:
    """LAYER_COLUMNS, one line a method and shared layer: means over logged steps and pairs of outcomes (Recon, Shi et al. 2023,
    section 3); only where the study asked for full diagnostics."""
    lines = []
    for method, logged in steps(record).items():
        seen: dict[str, list[float]] = {}
        for step in logged:
            for name, gram in step.items():
                if name.startswith(_LAYER):
                    cosine, _ = agreement(np.array(gram))
                    upper = cosine[np.triu_indices(len(cosine), 1)]
                    seen.setdefault(name.removeprefix(_LAYER), []).extend(upper[~np.isnan(upper)])
        for layer, values in seen.items():
            if values:
                found = np.array(values)
                lines.append((record.name, method, layer, len(logged), float(found.mean()), float((found < 0).mean())))
    return pd.DataFrame(lines, columns=list(LAYER_COLUMNS))


def affinity(record: DatasetRecord) -> pd.DataFrame:
    """AHEAD_COLUMNS, one line a method and ordered pair: mean Z_{i→j} over the logged steps (Fifty et al. 2021, eq. 1): what a step
    for `outcome` alone brings `other`; positive helps. Only where the study asked for full diagnostics."""
    lines = []
    for method, logged in steps(record).items():
        seen: dict[tuple[str, str], list[float]] = {}
        for step in logged:
            for one, row in zip(step["outcomes"], step.get("affinity", ()), strict=False):
                for other, value in zip(step["outcomes"], row, strict=True):
                    if other != one:
                        seen.setdefault((one, other), []).append(value)
        lines += [(record.name, method, *pair, len(values), float(np.mean(values))) for pair, values in seen.items()]
    return pd.DataFrame(lines, columns=list(AHEAD_COLUMNS))


def curvature(record: DatasetRecord) -> pd.DataFrame:
    """CURVATURE_COLUMNS, one line a method and outcome: mean curvature of its loss along the updates, as the look-ahead logs it;
    only where the study asked for full diagnostics."""
    lines = []
    for method, logged in steps(record).items():
        seen: dict[str, list[float]] = {}
        for step in logged:
            for outcome, value in zip(step["outcomes"], step.get("curvature", ()), strict=False):
                seen.setdefault(outcome, []).append(value)
        lines += [(record.name, method, outcome, len(values), float(np.mean(values))) for outcome, values in seen.items()]
    return pd.DataFrame(lines, columns=list(CURVATURE_COLUMNS))
