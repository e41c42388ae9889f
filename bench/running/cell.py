"""Cell: one dataset, one method, one fold: tune, fit with S seeds, predict, record."""

from __future__ import annotations

import platform
import resource
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.protocol.plan import Cell
from bench.protocol.seeds import seed
from bench.running.notes import Notes
from bench.running.tuning import PRUNER, SAMPLER, Task, Tuned, tune
from bench.store import PREDICTION_COLUMNS, append_line
from datasets import MODALITIES, Cohort, cache
from methods.base import Method, Run
from methods.contract.checked import predict
from methods.registry import Entry, entry
from methods.scores import SELECTION

VERSIONS = (
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
class _Sides:
    train: Cohort
    valid: Cohort
    test: Cohort
    valid_rows: np.ndarray
    test_rows: np.ndarray


@dataclass
class _Cost:
    tune_seconds: float = 0.0
    fit_seconds: float = 0.0
    predict_seconds: float = 0.0
    trials: int = 0
    pruned: int = 0
    diverged: int = 0
    fits: int = 0
    size: int | None = None


def run_cell(cell: Cell, device: str, progress: Callable[[str], None]) -> None:
    """Runs a cell and moves its record to its place; goes on from trials of an interrupted run of the same key.

    Methods see train and valid with outcomes and test without; test outcomes are read only after all predictions are made.
    """
    protocol, method = cell.settings["protocol"], cell.settings["method"]
    found = entry(cell.settings["name"])
    folder = cell.place.begin(cell.key)
    (folder / "log.jsonl").unlink(missing_ok=True)
    sides = _open(cell, found)
    cost = _Cost()
    base = Run(
        device=device,
        loss=protocol["loss"],
        text_encoder=protocol["text_encoder"],
        score=SELECTION[protocol["selection"]],
        shared={},
    )
    notes = Notes(protocol["text_encoder"], device, (sides.train, sides.valid, sides.test))
    if found.family == "neural":
        notes.prepare(progress)
    outcomes = tuple(cell.settings["outcomes"])
    groups: list[tuple[str | None, tuple[str, ...]]] = [(o, (o,)) for o in outcomes] if found.per_outcome else [(None, outcomes)]
    tuned: dict[str | None, Tuned] = {}
    parts: list[_Predicted] = []
    for name, members in groups:
        seeds = partial(_seed, cell, name)
        task = Task(
            build=found.build,
            fixed=cell.settings["set"],
            train=sides.train.only(*members),
            valid=sides.valid.only(*members),
            trials=protocol["trials"],
            seeds=seeds,
            run=base,
            outcome=name,
        )
        step = f"{name}: " if name else ""
        progress(f"{step}tuning")
        tuned[name] = tune(task, folder / "trials.jsonl", partial(_tell, progress, step, task.trials))
        for line in tuned[name].trials:
            cost.tune_seconds += line["seconds"]
            cost.trials += 1
            cost.fits += 1
            cost.pruned += line["state"] == "pruned"
            cost.diverged += line["state"] == "diverged"
        progress(f"{step}final fits")
        parts.append(_final(task, tuned[name], sides, protocol["seeds"], partial(_log, folder, name), cost))
    truth = cache.read(cell.cohort)
    record = partial(_frame, sides, truth, outcomes)
    cell.place.finish(
        _meta(cell, found, protocol, tuned, cost, sides) | notes.described(),
        record([[part.final[s] for part in parts] for s in range(protocol["seeds"])]),
        record([[part.default for part in parts]]),
    )
    progress(f"{method}: done")


@dataclass(frozen=True)
class _Predicted:
    """Probabilities of the final fits and of the untuned defaults, each as (valid, test) of (cases, outcomes)."""

    final: tuple[tuple[np.ndarray, np.ndarray], ...]
    default: tuple[np.ndarray, np.ndarray]


def _tell(progress: Callable[[str], None], step: str, trials: int, number: int) -> None:
    progress(f"{step}trial {number} of {trials}")


def _open(cell: Cell, found: Entry) -> _Sides:
    cohort = cache.read(cell.cohort).only(*cell.settings["outcomes"])
    if "reference" not in found.card:
        cohort = cohort.without_reference()
    allowed = set(cell.settings["protocol"]["modalities"]) & set(found.modalities) - set(cell.settings.get("without", ()))
    cohort = cohort.without(*(m for m in MODALITIES if m not in allowed))
    sides = pd.read_parquet(cell.split)
    rows = {side: part["row"].to_numpy() for side, part in sides[sides["fold"] == cell.settings["fold"]].groupby("side")}
    return _Sides(
        train=cohort.take(rows["train"]),
        valid=cohort.take(rows["valid"]),
        test=cohort.take(rows["test"]).hide_outcomes(),
        valid_rows=rows["valid"],
        test_rows=rows["test"],
    )


def _seed(cell: Cell, outcome: str | None, purpose: str, number: int) -> int:
    settings = cell.settings
    purpose = f"{purpose}/{outcome}" if outcome else purpose
    return seed(settings["protocol"]["seed"], settings["dataset"], settings["method"], settings["fold"], purpose, number)


def _log(folder: Path, outcome: str | None, fit: int, record: Mapping[str, Any]) -> None:
    append_line(folder / "log.jsonl", {"outcome": outcome, "fit": fit, **record})


def _final(
    task: Task, tuned: Tuned, sides: _Sides, seeds: int, log: Callable[[int, Mapping[str, Any]], None], cost: _Cost
) -> _Predicted:
    """Fits the chosen parameters with every seed, and the defaults with the first; predicts valid and test."""

    def fitted(params: Mapping[str, Any], number: int, keep_log: bool) -> Method:
        began = time.perf_counter()
        run = replace(task.run, seed=task.seeds("final", number))
        if keep_log:
            run = replace(run, log=partial(log, number))
        method = task.build(**params).fit(task.train, task.valid, run)
        cost.fit_seconds += time.perf_counter() - began
        cost.fits += 1
        return method

    def predicted(method: Method) -> tuple[np.ndarray, np.ndarray]:
        began = time.perf_counter()
        outcomes = len(task.train.outcome_names)
        both = predict(method, task.valid, outcomes), predict(method, sides.test, outcomes)
        cost.predict_seconds += time.perf_counter() - began
        return both

    final = []
    for number in range(seeds):
        method = fitted(tuned.params, number, keep_log=True)
        final.append(predicted(method))
        if number == 0 and (size := method.size()) is not None:
            cost.size = (cost.size or 0) + size
    default = final[0] if tuned.number == 0 else predicted(fitted(tuned.trials[0]["settings"], 0, keep_log=False))
    return _Predicted(tuple(final), default)


def _frame(
    sides: _Sides, truth: Cohort, outcomes: tuple[str, ...], seeds: list[list[tuple[np.ndarray, np.ndarray]]]
) -> pd.DataFrame:
    """Long form of predictions: PREDICTION_COLUMNS."""
    frames = []
    for number, parts in enumerate(seeds):
        for place, (side, rows) in enumerate((("valid", sides.valid_rows), ("test", sides.test_rows))):
            p = np.hstack([part[place] for part in parts])
            y = truth.outcomes.iloc[rows]
            for t, outcome in enumerate(outcomes):
                columns = {
                    "row": rows.astype(np.int64),
                    "patient": truth.patient[rows].astype(np.int64),
                    "side": side,
                    "outcome": outcome,
                    "seed": number,
                    "y": y[outcome].to_numpy(np.float32),
                    "p": p[:, t],
                }
                frames.append(pd.DataFrame(columns)[list(PREDICTION_COLUMNS)])
    return pd.concat(frames, ignore_index=True)


def _meta(
    cell: Cell, found: Entry, protocol: Mapping[str, Any], tuned: Mapping[str | None, Tuned], cost: _Cost, sides: _Sides
) -> dict[str, Any]:
    return {
        "schema": 1,
        "key": cell.key,
        **cell.settings,
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
        "versions": _versions(),
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
