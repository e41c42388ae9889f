"""Records of a grid that nobody ran, in which every AUC is set to the last pair."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.disk import write_json
from bench.place import CellPlace
from bench.protocol.crossed import point_label
from bench.store import PREDICTION_COLUMNS, StudyRecord, read_study

OUTCOMES = ("any", "kidney")
POSITIVE, NEGATIVE = 25, 40
# Concordant pairs of 1,000: a step of an AUC.
PAIRS = POSITIVE * NEGATIVE

Auc = Callable[[str, Mapping[str, Any], int], float | None]


def risks(auc: float) -> np.ndarray:
    """Risks of POSITIVE, then of NEGATIVE cases with exactly this AUC, in steps of 1 / PAIRS."""
    pairs = round(auc * PAIRS)
    below = np.full(POSITIVE, pairs // POSITIVE)
    below[: pairs % POSITIVE] += 1
    ties_broken = np.linspace(0, 0.1, POSITIVE)
    return np.concatenate([(below - 0.5 + ties_broken), np.arange(NEGATIVE)]) / (2 * NEGATIVE) + 0.1


def write_grid(
    results: Path,
    auc: Auc,
    axes: Mapping[str, Sequence[Any]],
    draws: int = 2,
    methods: Sequence[str] = ("single_task", "mmoe"),
    study: str = "invented",
    label: str = "g",
) -> StudyRecord:
    """Writes a study of one grid through the store and reads it: `auc(method, point, draw)` on every outcome, None = failed,
    NaN = not run."""
    for values in product(*axes.values()):
        point = dict(zip(axes, values, strict=True))
        for draw in range(draws):
            _write_dataset(results / study, label, point, draw, auc, methods)
    return read_study(results, study)


def _write_dataset(home: Path, label: str, point: dict[str, Any], draw: int, auc: Auc, methods: Sequence[str]) -> None:
    folder = home / point_label(label, {**point, "replicate": draw})
    protocol = {"folds": 1, "repeats": 1, "trials": 2, "seeds": 1, "seed": 0, "split": "official", "selection": "auc_auprc"}
    write_json(
        folder / "plan.json",
        {
            "schema": 1,
            "study": home.name,
            "dataset": folder.name,
            "protocol": protocol | {"loss": "bce", "modalities": ["tabular"]},
            "cohort_hash": "c0ffee" * 8,
            "split_hash": "beef" * 16,
            "outcomes": list(OUTCOMES),
            "grid": {"label": label, "axes": point, "draw": draw},
            "taken": "all",
            "left_out": {},
            "folds": 1,
            "methods": {method: _method(method) for method in methods},
        },
    )
    card = {"name": "surgical", "title": "An invented world", "citation": "Nobody 2024", "synthetic": True, "nested": {}}
    write_json(folder / "cohort.json", {"card": card, "cases": 65, "patients": 65, "cases_used": 65})
    for method in methods:
        place = CellPlace(folder, method, 0)
        found = auc(method, point, draw)
        if found is None:
            place.fail({"key": method, "exception": "MemoryError", "said": None, "frames": ["net.py:3 in fit"]})
            continue
        if math.isnan(found):
            continue
        place.begin(method)
        place.finish({"key": method, "method": method, **_meta()}, pd.concat(list(_frames(found)))[list(PREDICTION_COLUMNS)], None)


def _method(method: str) -> dict[str, Any]:
    twin = None if method in ("single_task", "logistic") else "single_task"
    shared = {"name": method, "set": {}, "family": "neural", "per_outcome": False, "modalities": ["tabular"], "summary": ""}
    return {**shared, "twin": twin, "keys": [method]}


def _meta() -> dict[str, Any]:
    return {"cases": {"train": 75, "valid": 25, "test": POSITIVE + NEGATIVE}, "versions": {"python": "3.11"}}


def _frames(auc: float) -> Iterator[pd.DataFrame]:
    rows = np.arange(POSITIVE + NEGATIVE)
    y = (rows < POSITIVE).astype(np.float32)
    for outcome in OUTCOMES:
        yield pd.DataFrame({"row": rows, "patient": rows, "side": "test", "outcome": outcome, "seed": 0, "y": y, "p": risks(auc)})
