"""Fitting: a cell's method tuned and fitted with S seeds, behind the fence, and all its predictions handed over."""

from __future__ import annotations

import os
import sys
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
from bench.running.handed import hand_out, hand_over, handed_out
from bench.running.notes import Notes
from bench.running.recorded import Cost, Sides, meta, rows
from bench.running.thinned import thinned
from bench.running.tuning import Task, Tuned, tune
from datasets import MODALITIES, Cohort, cache
from methods.base import Run
from methods.registry import Entry, entry
from methods.scores import SELECTION
from methods.text_models.named import WORDS

ROOT = Path(__file__).parents[2]
# Where a run writes unless told otherwise: records of earlier ones tell outcomes too.
RESULTS = Path("results")
# Where methods keep what a text model made of notes, below the cache's home.
TEXT_MODELS = "text-models"


@dataclass(frozen=True)
class Place:
    """Where a cell is fitted. `inputs`: where the cells of a run keep what they read alike. `work`: a folder for what is temporary,
    where there is a fence: once its own cohort is open, this process can read no record and no cohort. `load`: makes the method
    known, after that."""

    device: str
    inputs: Path | None = None
    work: Path | None = None
    load: Callable[[], object] = bool


def begin_cell(cell: Cell) -> None:
    """Makes a cell's partial folder and leaves there what it may know of outcomes, so that who fits it reads no other; goes
    on from trials of an interrupted run with its key."""
    outcomes = cache.outcomes_of(cell.cohort)[list(cell.settings["outcomes"])]
    hand_out(cell.place.begin(cell.key), outcomes, rows(cell)["test"])


def fit_cell(cell: Cell, place: Place, progress: Callable[[str], None]) -> None:
    """Fits a cell that has begun and leaves in its partial folder what its record is made of.

    Methods see train and valid with outcomes and test without.
    """
    protocol, device, folder = cell.settings["protocol"], place.device, cell.place.partial
    sides = _open(cell)
    if place.work is not None:
        _close(cell, place)
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
    told = meta(cell, found, protocol, tuned, cost, sides, described(device, arithmetic))
    hand_over(folder, told | notes.described(), predicted)


def _open(cell: Cell) -> Sides:
    cohort, where = cache.read(cell.cohort, handed_out(cell.place.partial, cell.settings["outcomes"])), rows(cell)
    train = cohort.take(where["train"])
    if "known" in cell.settings:
        train = thinned(train, cell.settings["known"], partial(_thinned_by, cell))
    return Sides(train=train, valid=cohort.take(where["valid"]), test=cohort.take(where["test"]).hide_outcomes())


def _read_by(found: Entry, cohort: Cohort, cell: Cell) -> Cohort:
    """What of a cohort the method is given."""
    allowed = set(cell.settings["protocol"]["modalities"]) & set(found.modalities) - set(cell.settings.get("without", ()))
    given = cohort.without(*(m for m in MODALITIES if m not in allowed))
    return given if "reference" in found.card else given.without_reference()


def closed(cell: Cell) -> list[Path]:
    """What tells the outcomes of test: all records, all local forms of cohorts, and the files that this one was made from."""
    return [cell.place.folder.parents[1], RESULTS, cache.cache_home(), cell.cohort, *cache.sources(cell.cohort)]


def _close(cell: Cell, place: Place) -> None:
    assert place.work is not None
    shut, temporary = [path.resolve() for path in closed(cell)], Path(tempfile.gettempdir()).resolve()
    if any(path.is_relative_to(temporary) or temporary.is_relative_to(path) for path in shut):
        # Else what is written there from now on could not be read again.
        os.environ["TMPDIR"] = tempfile.tempdir = str(place.work)
    # Whatever is closed may stand above them.
    code = (sys.prefix, sys.base_prefix, *(str(ROOT / room) for room in ("bench", "methods", "datasets")), *cell.plugins)
    kept = [] if place.inputs is None else [place.inputs]
    if cell.settings["protocol"]["text_encoder"] != WORDS:
        models = cache.cache_home() / TEXT_MODELS
        models.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept.append(models)
    enclose(shut, [cell.place.partial, place.work, *kept, *map(Path, code)])


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
