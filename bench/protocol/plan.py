"""Plan: a study as cells, with the cohort, split and outcomes of each dataset fixed before anything is fitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bench.place import CellPlace
from bench.protocol.checked import warned
from bench.protocol.crossed import DRAW
from bench.protocol.fingerprint import cell_key, source_hash
from bench.protocol.kept import keep
from bench.protocol.labels import DatasetLabel, MethodLabel, Point
from bench.protocol.named import named, unnamed
from bench.protocol.prepared import Prepared, prepare
from bench.protocol.settings import refuse_settings
from bench.protocol.study import Study
from datasets import MODALITIES, Cohort, Refused
from methods.registry import Entry, entry


@dataclass(frozen=True)
class Cell:
    """The unit of work: one dataset label, one method label, one fold; `settings` is all that decides its predictions.

    `origin`: the dataset's own name and what was set of it. `train`: training cases. `effort`: roughly how long the cell takes, in
    fits of hard sharing on 1,000 training cases.
    """

    place: CellPlace
    key: str
    train: int
    effort: float
    settings: Mapping[str, Any]
    cohort: Path
    split: Path
    plugins: tuple[str, ...]
    origin: Mapping[str, Any]


@dataclass(frozen=True)
class DatasetPlan:
    """One dataset of a study, ready to run: `taken` says how many cases, `left_out` why each outcome is not in it,
    `methods_left_out` why each method has nothing to read here or nothing to leave out, `warnings` what its check found."""

    label: DatasetLabel
    folder: Path
    taken: str
    outcomes: tuple[str, ...]
    left_out: Mapping[str, str]
    methods_left_out: Mapping[str, str]
    warnings: tuple[str, ...]
    cells: tuple[Cell, ...]


def plan(
    study: Study, methods: Sequence[MethodLabel], home: Path, results: Path, plugins: Sequence[str]
) -> tuple[DatasetPlan, ...]:
    """Fixes cohort, split and cells of every dataset, and writes them down; refuses a study that cannot be run."""
    for label in study.datasets:
        refuse_settings(label)
    ready = [prepare(study, label, home) for label in study.datasets]
    # The same sources for every label and dataset: they are read once a plan.
    hashed = cache(source_hash)
    return tuple(_written(study, methods, prepared, results, plugins, hashed) for prepared in ready)


def origin(label: DatasetLabel) -> dict[str, Any]:
    """Which dataset a label stands for, and what was set of it: enough to prepare it again."""
    from datasets.folder import is_folder, path_of

    name = str(path_of(label.name).resolve()) if is_folder(label.name) else label.name
    return {"name": name, "set": label.set, "patients": label.patients, "known": label.known}


def rounds(protocol: Mapping[str, Any]) -> int:
    """How often a cell fits its method: trials, final fits, and the default."""
    return int(protocol["trials"]) + int(protocol["seeds"]) + bool(protocol.get("defaults", True))


def _written(
    study: Study,
    methods: Sequence[MethodLabel],
    ready: Prepared,
    results: Path,
    plugins: Sequence[str],
    hashed: Callable[[tuple[str, ...]], str],
) -> DatasetPlan:
    folder = results / study.name / ready.label.label
    known = 1.0 if ready.label.known is None else float(ready.label.known)
    shared = {
        "dataset": ready.label.label,
        "protocol": study.protocol.said(),
        "cohort_hash": ready.cohort_hash,
        "split_hash": ready.split_hash,
        "outcomes": list(ready.outcomes),
        # Only where there is something to say, so that the keys of all other cells stay what they were.
        **({"known": known} if known < 1 else {}),
    }
    offered = tuple(m for m in ready.cohort.modalities if m in study.protocol.modalities)
    cells, described = [], {}
    left_out = {label.label: why for label in methods if (why := _unread(label, ready.cohort, offered))}
    if len(left_out) == len(methods):
        raise Refused("; ".join(f"method '{label}': {why}" for label, why in left_out.items()) + ". No method is left.")
    train = ready.sides[ready.sides["side"] == "train"].groupby("fold").size()
    for label in methods:
        if label.label in left_out:
            continue
        found = entry(label.name)
        if label.set:
            # Parameters by outcome that are made for another number of outcomes are refused here.
            found.build(**label.set).defaults(len(ready.outcomes))
        without = [m for m in MODALITIES if m in label.without]
        seen = [m for m in offered if m in found.modalities and m not in without]
        if not seen:
            reads, offers = ", ".join(found.modalities), ", ".join(offered)
            raise Refused(
                f"method '{label.label}' reads {reads}; '{ready.label.label}' offers {offers}. Leave it out of --methods."
            )
        source, read = hashed(found.sources), named(found, ready.cohort)
        outside = found.outside(**label.set)
        keys = []
        for fold in range(study.protocol.folds * study.protocol.repeats):
            settings = {**shared, "method": label.label, "name": label.name, "set": label.set, "fold": fold}
            settings |= {"without": without} if without else {}
            settings |= {"card": read} if read else {}
            settings |= {"outside": outside} if outside else {}
            key = cell_key(settings, source)
            place = CellPlace(folder, label.label, fold)
            cases = int(train.loc[fold])
            effort = found.effort * rounds(study.protocol.said()) * cases / 1000
            files = ready.local, folder / "split.parquet", tuple(plugins)
            cells.append(Cell(place, key, cases, effort, settings, *files, origin(ready.label)))
            keys.append(key)
        described[label.label] = {
            "name": label.name,
            "set": label.set,
            "without": without,
            "family": found.family,
            "group": found.group,
            "twin": _twin(found, label, methods),
            "per_outcome": found.per_outcome,
            "modalities": seen,
            "summary": found.summary,
            "keys": keys,
        }
    missing = {label.label: why for label in study.methods if label.optional and (why := entry(label.name).absent(**label.set))}
    record = {
        "schema": 1,
        "study": study.name,
        **shared,
        **_place(ready.label),
        "set": ready.label.set,
        "taken": ready.taken,
        "left_out": dict(ready.left_out),
        "methods_left_out": missing | left_out,
        "folds": study.protocol.folds * study.protocol.repeats,
        "methods": described,
        "baseline": study.baseline,
        "published": [row.model_dump(mode="json") for row in study.published],
    }
    warnings = warned(ready)
    keep(folder, record, ready, warnings)
    return DatasetPlan(ready.label, folder, ready.taken, ready.outcomes, ready.left_out, left_out, warnings or (), tuple(cells))


def _place(label: DatasetLabel) -> dict[str, Any]:
    """Where in a grid a dataset lies, so that reports need no study file: the grid's label, the values of its axes, and which draw
    of the point it is; nothing for a dataset of no grid."""
    if not isinstance(label, Point):
        return {}
    axes = {key: value for key, value in label.values.items() if key != DRAW}
    return {"grid": {"label": label.entry, "axes": axes, "draw": label.values.get(DRAW, 0)}}


def _unread(label: MethodLabel, cohort: Cohort, offered: Sequence[str]) -> str | None:
    """Why a method has nothing to read in a cohort: a field of its card that says nothing, or no modality left; or why it would
    read what it reads anyway: none of the modalities that it is to leave out is there."""
    method, card = entry(label.name), cohort.card
    if why := unnamed(method, cohort, [m for m in offered if m not in label.without]):
        return why
    reads = {m for m in offered if m in method.modalities}
    if label.without and reads:
        if not reads & set(label.without):
            return f"'{card.name}' offers no {' and no '.join(label.without)} that could be left out"
        if reads <= set(label.without):
            return f"without {', '.join(label.without)} nothing of '{card.name}' is left to read"
    return None


def _twin(method: Entry, label: MethodLabel, methods: Sequence[MethodLabel]) -> str | None:
    """The label of a method's twin in the study, which reads what it reads; where there is none, the twin's name."""
    alike = [other for other in methods if other.name == method.twin and not other.set]
    return next((other.label for other in alike if set(other.without) == set(label.without)), method.twin)
