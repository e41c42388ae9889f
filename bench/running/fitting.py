"""Fitting: a cell's method tuned and fitted with S seeds, behind the fence, and all its predictions handed over."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.disk import append_line
from bench.protocol.plan import Cell
from bench.protocol.seeds import seed
from bench.protocol.study import USUAL
from bench.running.device import described
from bench.running.fence import enclose
from bench.running.final import Predicted, final_fits
from bench.running.handed import FOLDER, hand_over
from bench.running.notes import Notes
from bench.running.recorded import Cost, Sides, meta, rows
from bench.running.thinned import thinned
from bench.running.tuning import Task, Tuned, tune
from datasets import MODALITIES, Cohort, cache
from methods.base import Run
from methods.registry import Entry, entry
from methods.scores import SELECTION
from methods.text_models.named import WORDS

# Where a run writes unless told otherwise: records of earlier ones tell outcomes too.
RESULTS = Path("results")
# Where methods keep what a text model made of notes, below the cache's home.
TEXT_MODELS = "text-models"


@dataclass(frozen=True)
class Place:
    """Where a cell is fitted. `inputs`: where the cells of a run keep what they read alike. `fenced`: once its own cohort is open,
    this process can read no record and no cohort. `load`: makes the method known, after that."""

    device: str
    inputs: Path | None = None
    fenced: bool = False
    load: Callable[[], object] = bool


def fit_cell(cell: Cell, place: Place, progress: Callable[[str], None]) -> None:
    """Fits a cell and leaves in its partial folder what its record is made of; goes on from trials of an interrupted run with
    its key.

    Methods see train and valid with outcomes and test without.
    """
    protocol, device = cell.settings["protocol"], place.device
    folder = cell.place.begin(cell.key)
    (folder / "log.jsonl").unlink(missing_ok=True)
    sides = _open(cell)
    if place.fenced:
        _close(cell, place.inputs)
    place.load()
    found = entry(cell.settings["name"])
    sides = Sides(*(_read_by(found, side, cell) for side in (sides.train, sides.valid, sides.test)))
    cost = Cost()
    arithmetic = protocol.get("arithmetic", USUAL["arithmetic"])
    base = Run(
        device=device,
        loss=protocol["loss"],
        arithmetic=arithmetic,
        text_encoder=protocol["text_encoder"],
        score=SELECTION[protocol["selection"]],
        shared={},
        folder=place.inputs,
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
    told = meta(cell, found, protocol, tuned, cost, sides, described(device, arithmetic) | {"fence": place.fenced})
    hand_over(folder, told | notes.described(), predicted)


def _open(cell: Cell) -> Sides:
    cohort, where = cache.read(cell.cohort).only(*cell.settings["outcomes"]), rows(cell)
    train = cohort.take(where["train"])
    if "known" in cell.settings:
        train = thinned(train, cell.settings["known"], partial(_thinned_by, cell))
    return Sides(train=train, valid=cohort.take(where["valid"]), test=cohort.take(where["test"]).hide_outcomes())


def _read_by(found: Entry, cohort: Cohort, cell: Cell) -> Cohort:
    """What of a cohort the method is given."""
    allowed = set(cell.settings["protocol"]["modalities"]) & set(found.modalities) - set(cell.settings.get("without", ()))
    given = cohort.without(*(m for m in MODALITIES if m not in allowed))
    return given if "reference" in found.card else given.without_reference()


def _close(cell: Cell, inputs: Path | None) -> None:
    """Shuts away what tells the outcomes of test: all records but what this cell writes, all local forms of cohorts, and the files
    that this one was made from."""
    # What was read of them to part the cohort is held by nobody any more.
    gc.collect()
    models = cache.cache_home() / TEXT_MODELS
    if cell.settings["protocol"]["text_encoder"] != WORDS:
        models.mkdir(parents=True, exist_ok=True, mode=0o700)
    closed = [cell.place.folder.parents[1], RESULTS, cache.cache_home(), cell.cohort, *cache.sources(cell.cohort)]
    kept = [] if inputs is None else [inputs]
    if any(path.resolve().is_relative_to(Path(tempfile.gettempdir()).resolve()) for path in closed):
        # Else what is written there from now on could not be read again.
        own = cell.place.partial / FOLDER
        own.mkdir()
        os.environ["TMPDIR"] = tempfile.tempdir = str(own)
    enclose(closed, [cell.place.partial, models, *kept])


def _tell(progress: Callable[[str], None], step: str, trials: int, number: int) -> None:
    progress(f"{step}trial {number} of {trials}")


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
