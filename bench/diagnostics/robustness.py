"""Robustness: what a fitted method loses where a modality is missing for every test case."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.evaluation.around import Around, around, mean, normal
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import AVERAGE, Scores
from bench.evaluation.tested import Fold, tested
from bench.protocol.seeds import seed
from bench.store import CellRecord, DatasetRecord
from datasets import MODALITIES
from datasets.errors import Refused

COLUMNS = ("dataset", "method", "missing", "outcome", "metric", "whole", "without", "loss", "low", "high")


def robustness(record: DatasetRecord, scores: Scores) -> pd.DataFrame:
    """COLUMNS, one line a method, missing modality, target and metric: `loss` = score with all modalities − score without.

    The same fitted models, mean over seeds, then folds; the score of a method with all modalities is that of the main table. 95 %
    intervals: paired, unadjusted, over patients alone. Methods that read one modality, or whose study asked for no diagnostics,
    have no line.
    """
    lines = []
    read = tested(record)
    for method in scores.methods:
        cells = [record.cells[method, fold] for fold in range(record.plan["folds"])]
        seen = [set(cell.missing["missing"].unique()) for cell in cells]
        gone = [modality for modality in MODALITIES if all(modality in one for one in seen)]
        if not gone:
            continue
        parts = [_fold(cell, read.folds[cell.fold], gone, _seed(record, cell.fold)) for cell in cells]
        found = mean(parts)
        for m, metric in enumerate(METRICS):
            for r, modality in enumerate(gone, start=1):
                for t, target in enumerate((*read.outcomes, AVERAGE)):
                    whole, without = (_target(found.points[m, row], t) for row in (0, r))
                    draws = _target(found.draws[m, 0] - found.draws[m, r], t)
                    around_it = normal(whole - without, draws)
                    if scores.too_few(metric, target):
                        around_it = normal(np.nan, draws)
                    place = (record.name, method, modality, target, metric)
                    lines.append((*place, whole, without, whole - without, around_it.low, around_it.high))
    return pd.DataFrame(lines, columns=list(COLUMNS))


def unable(record: DatasetRecord) -> dict[str, dict[str, str]]:
    """Methods that could not predict without a modality: by method, the exception by modality."""
    found: dict[str, dict[str, str]] = {}
    for (method, _), cell in sorted(record.cells.items()):
        if said := cell.diagnosed.get("unable"):
            found.setdefault(method, {}).update(said)
    return found


def _target(values: np.ndarray, t: int) -> np.ndarray:
    """One outcome of (outcomes, …), or their mean."""
    return values[t] if t < len(values) else values.mean(axis=0)


def _seed(record: DatasetRecord, fold: int) -> int:
    return seed(record.plan["protocol"]["seed"], record.name, "", fold, "bootstrap/missing")


def _fold(cell: CellRecord, fold: Fold, gone: list[str], number: int) -> Around:
    """Rows: with all modalities, then without each; each the mean over seeds."""
    whole = fold.tuned[cell.method]
    p = np.stack([whole, *(_without(cell, fold, modality, len(whole)) for modality in gone)])
    found = around(fold.y, p.reshape(-1, *p.shape[2:]), fold.patient, number)
    shape = len(METRICS), len(p), len(whole)
    return Around(
        found.points.reshape(*shape, *found.points.shape[2:]).mean(axis=2),
        found.draws.reshape(*shape, *found.draws.shape[2:]).mean(axis=2),
    )


def _without(cell: CellRecord, fold: Fold, modality: str, seeds: int) -> np.ndarray:
    """p (seeds, outcomes, cases) where a modality was missing, cases in the order of the fold."""
    frame = cell.missing[cell.missing["missing"] == modality]
    outcomes = cell.meta["outcomes"]
    place = pd.Index(outcomes).get_indexer(pd.Index(frame["outcome"]))
    order = np.lexsort((frame["row"], place, frame["seed"]))
    shape = seeds, len(outcomes), len(fold.row)
    if len(frame) != np.prod(shape) or not (frame["row"].to_numpy()[order].reshape(shape) == fold.row).all():
        raise Refused(f"{cell.dataset}/{cell.method}/fold-{cell.fold}: predictions without {modality} are not one per test case.")
    return frame["p"].to_numpy(np.float64)[order].reshape(shape)
