"""Cell: one dataset, one method, one fold: tune, fit with S seeds, predict, record."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.disk import append_line
from bench.protocol.plan import Cell
from bench.protocol.seeds import seed
from bench.protocol.study import USUAL
from bench.running.device import described
from bench.running.diagnosed import diagnose
from bench.running.final import Predicted, final_fits
from bench.running.notes import Notes
from bench.running.precision import kept
from bench.running.recorded import Cost, Sides, frame, meta, missing_frame
from bench.running.thinned import thinned
from bench.running.tuning import Task, Tuned, tune
from datasets import MODALITIES, Cohort, cache
from methods.base import Run
from methods.registry import Entry, entry
from methods.scores import SELECTION


def run_cell(cell: Cell, device: str, progress: Callable[[str], None], inputs: Path | None = None) -> None:
    """Runs a cell and moves its record to its place; goes on from trials of an interrupted run of the same key. `inputs`: where the
    cells of a run keep what they read alike.

    Methods see train and valid with outcomes and test without; test outcomes are read only after all predictions are made.
    """
    protocol, method = cell.settings["protocol"], cell.settings["method"]
    found = entry(cell.settings["name"])
    folder = cell.place.begin(cell.key)
    (folder / "log.jsonl").unlink(missing_ok=True)
    sides = _open(cell, found)
    cost = Cost()
    arithmetic = protocol.get("arithmetic", USUAL["arithmetic"])
    base = Run(
        device=device,
        loss=protocol["loss"],
        arithmetic=arithmetic,
        text_encoder=protocol["text_encoder"],
        score=SELECTION[protocol["selection"]],
        shared={},
        folder=inputs,
    )
    notes = Notes(protocol["text_encoder"], device, (sides.train, sides.valid, sides.test))
    if found.family == "neural":
        notes.prepare(progress)
    outcomes = tuple(cell.settings["outcomes"])
    groups: list[tuple[str | None, tuple[str, ...]]] = [(o, (o,)) for o in outcomes] if found.per_outcome else [(None, outcomes)]
    tuned: dict[str | None, Tuned] = {}
    predicted: list[Predicted] = []
    for name, members in groups:
        task = Task(
            build=found.build,
            fixed=cell.settings["set"],
            train=sides.train.only(*members),
            valid=sides.valid.only(*members),
            trials=protocol["trials"],
            seeds=partial(_seed, cell, name),
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
        predicted.append(final_fits(task, tuned[name], sides, protocol, partial(_log, folder, name), cost))
    _record(cell, found, tuned, predicted, sides, cost, notes.described(), described(device, arithmetic))
    progress(f"{method}: done")


def _record(
    cell: Cell,
    found: Entry,
    tuned: Mapping[str | None, Tuned],
    predicted: Sequence[Predicted],
    sides: Sides,
    cost: Cost,
    notes: Mapping[str, Any],
    device: Mapping[str, Any],
) -> None:
    """Reads the test outcomes, now that all predictions are made, and writes the cell's record."""
    protocol = cell.settings["protocol"]
    precision, defaults = protocol.get("precision", "full"), [part.default for part in predicted if part.default is not None]
    outcomes, seeds = tuple(cell.settings["outcomes"]), range(protocol["seeds"])
    truth = cache.read(cell.cohort).only(*outcomes)
    diagnosed = None
    if protocol["diagnostics"] != "none":
        began = time.perf_counter()
        diagnosed = _diagnosed(cell, predicted, sides, truth) | {"unable": _unable(predicted)}
        cost.diagnose_seconds += time.perf_counter() - began
    cell.place.finish(
        meta(cell, found, protocol, tuned, cost, sides, device) | dict(notes),
        kept(frame(sides, truth, [[part.final[s] for part in predicted] for s in seeds]), precision),
        None if len(defaults) < len(predicted) else kept(frame(sides, truth, [defaults]), precision),
        None if diagnosed is None else kept(_missing(sides, truth, predicted, seeds), precision),
        diagnosed,
    )


def _missing(sides: Sides, truth: Cohort, predicted: Sequence[Predicted], seeds: range) -> pd.DataFrame:
    return missing_frame(sides, truth, [[part.missing[s].p for part in predicted] for s in seeds])


def _diagnosed(cell: Cell, predicted: Sequence[Predicted], sides: Sides, truth: Cohort) -> dict[str, Any]:
    """What the parts of the first fit hold; empty for methods that are fitted for one outcome at a time."""
    if len(predicted) > 1:
        return {}
    rows = sides.train_rows, sides.test_rows
    file = cell.place.folder / "factors.parquet"
    factors = pd.read_parquet(file).set_index("row") if file.is_file() else None
    y = truth.outcomes.iloc[rows[0]], truth.outcomes.iloc[rows[1]]
    return diagnose(predicted[0].parts, y, None if factors is None else (factors.loc[rows[0]], factors.loc[rows[1]]))


def _unable(predicted: Sequence[Predicted]) -> dict[str, str]:
    """Modalities that the method could not do without in some fit, and the exception that says so."""
    return {modality: error for part in predicted for missing in part.missing for modality, error in missing.unable.items()}


def _tell(progress: Callable[[str], None], step: str, trials: int, number: int) -> None:
    progress(f"{step}trial {number} of {trials}")


def _open(cell: Cell, found: Entry) -> Sides:
    cohort = cache.read(cell.cohort).only(*cell.settings["outcomes"])
    if "reference" not in found.card:
        cohort = cohort.without_reference()
    allowed = set(cell.settings["protocol"]["modalities"]) & set(found.modalities) - set(cell.settings.get("without", ()))
    cohort = cohort.without(*(m for m in MODALITIES if m not in allowed))
    sides = pd.read_parquet(cell.split)
    rows: dict[str, np.ndarray] = {
        str(side): part["row"].to_numpy() for side, part in sides[sides["fold"] == cell.settings["fold"]].groupby("side")
    }
    train = cohort.take(rows["train"])
    if "known" in cell.settings:
        train = thinned(train, cell.settings["known"], partial(_thinned_by, cell))
    return Sides(
        train=train,
        valid=cohort.take(rows["valid"]),
        test=cohort.take(rows["test"]).hide_outcomes(),
        train_rows=rows["train"],
        valid_rows=rows["valid"],
        test_rows=rows["test"],
    )


def _seed(cell: Cell, outcome: str | None, purpose: str, number: int) -> int:
    settings = cell.settings
    purpose = f"{purpose}/{outcome}" if outcome else purpose
    return seed(settings["protocol"]["seed"], settings["dataset"], settings["method"], settings["fold"], purpose, number)


def _thinned_by(cell: Cell, outcome: str) -> int:
    """The seed of what is left of an outcome: the same for every method, whose trials would else differ in luck."""
    settings = cell.settings
    return seed(settings["protocol"]["seed"], settings["dataset"], "", settings["fold"], f"known/{outcome}")


def _log(folder: Path, outcome: str | None, fit: int, record: Mapping[str, Any]) -> None:
    append_line(folder / "log.jsonl", {"outcome": outcome, "fit": fit, **record})
