"""Recorded: what a finished cell is written down as."""

from __future__ import annotations

import platform
import resource
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import pandas as pd

from bench.protocol.plan import Cell
from bench.running.tuning import PRUNER, SAMPLER, Tuned
from bench.store import MISSING_COLUMNS, PREDICTION_COLUMNS
from datasets import Cohort
from methods.registry import Entry

VERSIONS = (
    "clinical-mtl-bench",
    "torch",
    "xgboost",
    "lightgbm",
    "catboost",
    "pandas",
    "numpy",
    "scikit-learn",
    "optuna",
    "torchjd",
    "tabm",
    "rtdl_revisiting_models",
    "tabpfn",
    "tabicl",
    "wordllama",
    "transformers",
)


@dataclass(frozen=True)
class Sides:
    """A cell's cohorts, test without outcomes."""

    train: Cohort
    valid: Cohort
    test: Cohort


def rows(cell: Cell) -> dict[str, np.ndarray]:
    """The rows of the dataset that each side of a cell's fold holds."""
    sides = pd.read_parquet(cell.split)
    fold = sides[sides["fold"] == cell.settings["fold"]]
    return {str(side): part["row"].to_numpy() for side, part in fold.groupby("side")}


@dataclass
class Cost:
    """What a cell took: seconds, trials, fits; `size`: fitted parameters of one fit for all outcomes."""

    tune_seconds: float = 0.0
    fit_seconds: float = 0.0
    predict_seconds: float = 0.0
    diagnose_seconds: float = 0.0
    trials: int = 0
    pruned: int = 0
    diverged: int = 0
    fits: int = 0
    size: int | None = None


def frame(where: Mapping[str, np.ndarray], truth: Cohort, seeds: Sequence[Sequence[tuple[np.ndarray, np.ndarray]]]) -> pd.DataFrame:
    """Long form of predictions, PREDICTION_COLUMNS: for each seed and group of outcomes p of (valid, test) at `rows`."""
    frames = []
    for number, groups in enumerate(seeds):
        for place, (side, rows) in enumerate((("valid", where["valid"]), ("test", where["test"]))):
            p = np.hstack([group[place] for group in groups])
            frames += [one.assign(side=side, seed=number) for one in _by_outcome(truth, rows, p)]
    return pd.concat(frames, ignore_index=True)[list(PREDICTION_COLUMNS)]


def missing_frame(test: np.ndarray, truth: Cohort, seeds: Sequence[Sequence[Mapping[str, np.ndarray]]]) -> pd.DataFrame:
    """Long form of test predictions where a modality is missing, MISSING_COLUMNS: for each seed and group of outcomes the
    probabilities by that modality."""
    frames = [pd.DataFrame(columns=list(MISSING_COLUMNS))]
    for number, groups in enumerate(seeds):
        # A modality that one outcome's model could not do without is left out for all.
        for modality in (name for name in groups[0] if all(name in group for group in groups)):
            p = np.hstack([group[modality] for group in groups])
            frames += [one.assign(missing=modality, seed=number) for one in _by_outcome(truth, test, p)]
    return pd.concat(frames[1:] or frames, ignore_index=True)[list(MISSING_COLUMNS)]


def _by_outcome(truth: Cohort, rows: np.ndarray, p: np.ndarray) -> list[pd.DataFrame]:
    y, patient = truth.outcomes.iloc[rows], truth.patient[rows].astype(np.int64)
    columns = {"row": rows.astype(np.int64), "patient": patient}
    return [
        pd.DataFrame(columns | {"outcome": outcome, "y": y[outcome].to_numpy(np.float32), "p": p[:, t]})
        for t, outcome in enumerate(truth.outcome_names)
    ]


def meta(
    cell: Cell,
    found: Entry,
    protocol: Mapping[str, Any],
    tuned: Mapping[str | None, Tuned],
    cost: Cost,
    sides: Sides,
    device: Mapping[str, Any],
) -> dict[str, Any]:
    """The content of cell.json: what was done, with what, and what it took; `device` as `described` gives it."""
    return {
        "schema": 1,
        "key": cell.key,
        **cell.settings,
        "origin": dict(cell.origin),
        "family": found.family,
        "twin": found.twin,
        "modalities": list(sides.train.modalities),
        "per_outcome": found.per_outcome,
        "params": {name or "all": dict(result.params) for name, result in tuned.items()},
        "chosen_trial": {name or "all": result.number for name, result in tuned.items()},
        "cost": {**vars(cost), "peak_memory_mb": _peak_memory_mb()},
        "seeds": list(range(protocol["seeds"])),
        "sampler": {"name": "TPESampler", **SAMPLER},
        "pruner": {"name": "MedianPruner", **PRUNER},
        "cases": {"train": len(sides.train), "valid": len(sides.valid), "test": len(sides.test)},
        "computed_on": dict(device),
        "versions": _versions() | ({"gpu": device["gpu"]} if "gpu" in device else {}),
    }


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in VERSIONS:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _peak_memory_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 if sys.platform.startswith("linux") else 1024**2), 1)
