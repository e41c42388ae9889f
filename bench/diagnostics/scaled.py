"""Scaled: test risks of every method as predicted, and after Platt scaling on valid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.diagnostics.recalibration import applied, platt
from bench.evaluation.once import once
from bench.evaluation.tested import Tested, tested
from bench.store import CellRecord, DatasetRecord
from datasets.errors import Refused

RAW, PLATT = "raw", "platt"
SCALES = (RAW, PLATT)


@dataclass(frozen=True)
class Scaled:
    """Test cases of one fold: `patient` (cases,); `y` (outcomes, cases), NaN = unknown; `p`: complete method → (SCALES, seeds,
    outcomes, cases)."""

    patient: np.ndarray
    y: np.ndarray
    p: Mapping[str, np.ndarray]


@once
def scaled(record: DatasetRecord) -> list[Scaled]:
    """Every fold, none without a complete method. Each seed of each cell is scaled by its own predictions on valid, outcome by
    outcome; refuses cells whose valid predictions are not one per case, outcome and seed, or know nothing of an outcome."""
    read = tested(record)
    return [_fold(record, read, number) for number in sorted(read.folds)] if read.methods else []


def _fold(record: DatasetRecord, read: Tested, number: int) -> Scaled:
    fold, found = read.folds[number], {}
    for method in read.methods:
        p = fold.tuned[method]
        y, valid = _valid(record.cells[method, number], read.outcomes, len(p))
        moved = [[applied(platt(y[t], valid[s, t]), p[s, t]) for t in range(len(y))] for s in range(len(p))]
        found[method] = np.stack([p, np.array(moved)])
    return Scaled(fold.patient, fold.y, found)


def _valid(cell: CellRecord, outcomes: tuple[str, ...], seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes (outcomes, cases) and risks (seeds, outcomes, cases) of valid."""
    name = f"{cell.dataset}/{cell.method}/fold-{cell.fold}"
    valid = cell.predictions[cell.predictions["side"] == "valid"]
    place = pd.Index(outcomes).get_indexer(pd.Index(valid["outcome"]))
    order = np.lexsort((valid["row"], place, valid["seed"]))
    shape = seeds, len(outcomes), valid["row"].nunique()
    whole = len(valid) == np.prod(shape) > 0 and (place >= 0).all()
    if whole:
        rows, places = valid["row"].to_numpy()[order].reshape(shape), place[order].reshape(shape)
        whole = bool((rows == rows[0, 0]).all() and (places == np.arange(len(outcomes))[:, None]).all())
    if not whole:
        raise Refused(f"{name}: valid predictions are not one per case, outcome and seed. Run the study again.")
    y = valid["y"].to_numpy(np.float64)[order].reshape(shape)[0]
    p = valid["p"].to_numpy(np.float64)[order].reshape(shape)
    if not np.isfinite(p).all():
        raise Refused(f"{name}: a valid prediction is not a number. Run the study again.")
    unknown = [outcome for outcome, known in zip(outcomes, ~np.isnan(y), strict=True) if not known.any()]
    if unknown:
        raise Refused(f"{name}: no valid case has a known {unknown[0]}; one is needed to scale by. Leave the outcome out.")
    return y, p
