"""Tested: the test predictions of one dataset as arrays, methods side by side on the same cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.evaluation.incomplete import Incomplete, incomplete
from bench.evaluation.once import once
from bench.store import CellRecord, DatasetRecord
from datasets.errors import Refused


@dataclass(frozen=True)
class Fold:
    """Test cases of one fold. `row`, `patient` (cases,); `y` (outcomes, cases), NaN = unknown.

    `tuned` and `default`: method label → p (seeds, outcomes, cases); none in `default` where the study asked for no defaults.
    """

    row: np.ndarray
    patient: np.ndarray
    y: np.ndarray
    tuned: Mapping[str, np.ndarray]
    default: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Tested:
    """All folds that have a finished cell. `methods` are those whose every cell is done; the others are in `incomplete`."""

    outcomes: tuple[str, ...]
    methods: tuple[str, ...]
    incomplete: Mapping[str, Incomplete]
    folds: Mapping[int, Fold]
    seeds: int


@once
def tested(record: DatasetRecord) -> Tested:
    """Reads the test side of all finished cells; refuses records whose cells disagree on cases or outcomes."""
    outcomes = tuple(record.plan["outcomes"])
    lacking = incomplete(record)
    methods = tuple(label for label in record.plan["methods"] if label not in lacking)
    folds = {}
    for number in range(record.plan["folds"]):
        cells = [cell for (_, fold), cell in record.cells.items() if fold == number]
        if cells:
            folds[number] = _fold(cells, outcomes)
    seeds = {p.shape[0] for fold in folds.values() for label, p in fold.tuned.items() if label in methods}
    if len(seeds) > 1:
        raise Refused(f"results of dataset '{record.name}': its cells hold {sorted(seeds)} seeds; one number was expected.")
    return Tested(outcomes, methods, lacking, folds, max(seeds, default=0))


@dataclass(frozen=True)
class _Side:
    row: np.ndarray
    patient: np.ndarray
    y: np.ndarray
    p: np.ndarray


def _fold(cells: list[CellRecord], outcomes: tuple[str, ...]) -> Fold:
    tuned: dict[str, np.ndarray] = {}
    default: dict[str, np.ndarray] = {}
    first: _Side | None = None
    for cell in cells:
        for into, frame in ((tuned, cell.predictions), (default, cell.default)):
            if frame is cell.default and frame.empty:
                continue
            side = _side(cell, frame, outcomes)
            first = first or side
            same = (np.array_equal(getattr(side, name), getattr(first, name), equal_nan=True) for name in ("row", "patient", "y"))
            if not all(same):
                raise Refused(f"{_name(cell)}: test cases differ from those of {_name(cells[0])}. Run the study again.")
            into[cell.method] = side.p
    assert first is not None
    return Fold(first.row, first.patient, first.y, tuned, default)


def _side(cell: CellRecord, frame: pd.DataFrame, outcomes: tuple[str, ...]) -> _Side:
    test = frame[frame["side"] == "test"]
    place = pd.Index(outcomes).get_indexer(pd.Index(test["outcome"]))
    row, seed = test["row"].to_numpy(), test["seed"].to_numpy()
    order = np.lexsort((row, place, seed))
    shape = (len(np.unique(seed)), len(outcomes), len(np.unique(row)))
    whole = len(test) == np.prod(shape) > 0 and (place >= 0).all()
    if whole:
        rows, places = row[order].reshape(shape), place[order].reshape(shape)
        whole = bool((rows == rows[0, 0]).all() and (places == np.arange(len(outcomes))[:, None]).all())
    if not whole:
        raise Refused(f"{_name(cell)}: test predictions are not one per case, outcome and seed.")
    y = test["y"].to_numpy(np.float64)[order].reshape(shape)
    p = test["p"].to_numpy(np.float64)[order].reshape(shape)
    if not np.isfinite(p).all():
        raise Refused(f"{_name(cell)}: a test prediction is not a number.")
    return _Side(rows[0, 0], test["patient"].to_numpy()[order].reshape(shape)[0, 0], y[0], p)


def _name(cell: CellRecord) -> str:
    return f"{cell.dataset}/{cell.method}/fold-{cell.fold}"
