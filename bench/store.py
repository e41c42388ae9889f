"""The only door to `results/`: records of a study on disk; those of single cells by way of `place.py`.

    results/<study>/run.json                   what the run at work, or the last one, said of itself
    results/<study>/<dataset>/plan.json        what was to be done: protocol, methods by label, folds, outcomes, left out
    results/<study>/<dataset>/cohort.json      who was in it: card, counts, prevalences, references such as the oracle
    results/<study>/<dataset>/split.parquet    row, patient, fold, side
    results/<study>/<dataset>/groups.parquet   row and its subgroups in words; factors.parquet: a synthetic cohort's truth
    results/<study>/<dataset>/<method>/fold-<k>/predictions.parquet, default.parquet, missing.parquet, diagnosed.json,
                                                                   trials.jsonl, log.jsonl, cell.json
    results/<study>/<dataset>/<method>/fold-<k>.failed.json

A cell's folder appears whole, by rename. While it is fitted its trials and log lie in `.fold-<k>.partial/`, where a method can
write; its record is made in `.fold-<k>.record/`, where none can read. What is found broken is kept beside its place, as
`<name>.broken-<n>`.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from bench.damage import Damage, of_cell, of_json, of_plan, of_sealed, read_table
from bench.disk import read_json, read_lines
from bench.place import CellPlace, first_fit
from datasets import Refused

PREDICTION_COLUMNS = ("row", "patient", "side", "outcome", "seed", "y", "p")
# Test predictions where one modality was missing for every case.
MISSING_COLUMNS = ("row", "patient", "missing", "outcome", "seed", "y", "p")


@dataclass(frozen=True)
class CellRecord:
    """One finished cell: `meta` is its cell.json; `predictions` and `default` have PREDICTION_COLUMNS (y null = unknown).

    `default` is empty where the study asked for no defaults. `missing`: MISSING_COLUMNS; `diagnosed`: what its parts hold; both
    empty where the study asked for no diagnostics. `log`: what its final fits logged while they trained.
    """

    dataset: str
    method: str
    fold: int
    meta: Mapping[str, Any]
    predictions: pd.DataFrame
    default: pd.DataFrame
    missing: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(MISSING_COLUMNS)))
    diagnosed: Mapping[str, Any] = field(default_factory=dict)
    log: tuple[Mapping[str, Any], ...] = ()


class Cells(Mapping[tuple[str, int], CellRecord]):
    """Finished cells that are read each time they are asked for: what a grid of datasets holds is more than memory does."""

    def __init__(self, places: Mapping[tuple[str, int], CellPlace], checked: bool = True) -> None:
        self._places = places
        self._checked = checked

    def __getitem__(self, cell: tuple[str, int]) -> CellRecord:
        return _read_cell(self._places[cell], self._checked)

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


@dataclass(frozen=True, eq=False)
class DatasetRecord:
    """What is stored of one dataset of a study; `cells`, `failed`, `missing` are keyed by (method label, fold), and the cells of a
    point of a grid are read when asked for. `groups`: row and its subgroups in words, without columns where none are known."""

    name: str
    plan: Mapping[str, Any]
    cohort: Mapping[str, Any]
    cells: Mapping[tuple[str, int], CellRecord]
    failed: Mapping[tuple[str, int], Mapping[str, Any]]
    missing: tuple[tuple[str, int], ...]
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True)
class StudyRecord:
    """Everything stored of one study."""

    name: str
    datasets: tuple[DatasetRecord, ...]


@contextmanager
def study_lock(results: Path, study: str) -> Iterator[None]:
    """Holds a study for one run; refuses while another run holds it, or where nothing can be written."""
    folder = results / study
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".lock").open("w")
    except OSError as error:
        raise Refused(f"--results {results}: cannot be written ({error.strerror}).") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(f"study '{study}' in {results} is being run by another process. Wait for it, or use --results.") from None
        yield


def study_plans(results: Path, study: str) -> list[tuple[Path, dict[str, Any]]]:
    """Folder and plan of each dataset of a study; refuses a study without a record."""
    if Path(study).name != study:
        raise Refused(f"study '{study}': a study is named, not a path. Say in which folder it lies with --results.")
    files = sorted((results / study).glob("*/plan.json"))
    if not files:
        raise Refused(f"no results of study '{study}' in {results}. Run it first: python -m bench run {study}")
    for file in files:
        refuse_broken(of_plan(file))
    return [(file.parent, read_json(file)) for file in files]


def refuse_broken(found: Damage | None) -> None:
    """Refuses a stored file with which something is wrong."""
    if found:
        raise Refused(f"{found}. Run the study again: a run sets it aside and makes it anew, with the cell that it belongs to.")


def read_study(results: Path, study: str, checked: bool = True) -> StudyRecord:
    """Reads all finished and failed cells of a study; refuses a study without a record, and a record that is not as it was written
    unless it is not `checked`."""
    return StudyRecord(study, tuple(read_dataset(folder, checked) for folder, _ in study_plans(results, study)))


def read_dataset(folder: Path, checked: bool = True) -> DatasetRecord:
    """Reads what is stored of one dataset of a study."""
    refuse_broken(of_json(folder / "cohort.json", ["card"]))
    plan, cohort = read_json(folder / "plan.json"), read_json(folder / "cohort.json")
    done: dict[tuple[str, int], CellPlace] = {}
    failed: dict[tuple[str, int], Mapping[str, Any]] = {}
    missing: list[tuple[str, int]] = []
    for method, fold, key in planned(plan):
        place = CellPlace(folder, method, fold)
        status = place.status(key)
        if status == "done":
            done[method, fold] = place
        elif status == "broken":
            refuse_broken(of_cell(place.done))
        elif status == "failed":
            refuse_broken(of_sealed(place.failed, ["exception"]))
            failed[method, fold] = read_json(place.failed)
        else:
            missing.append((method, fold))
    cells = Cells(done, checked) if "grid" in plan else {cell: _read_cell(place, checked) for cell, place in done.items()}
    groups = folder / "groups.parquet"
    found = read_table(groups) if groups.is_file() else pd.DataFrame()
    return DatasetRecord(folder.name, plan, cohort, cells, failed, tuple(missing), found)


def planned(plan: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
    """Method label, fold and key of each planned cell."""
    for label, method in plan["methods"].items():
        for fold, key in enumerate(method["keys"]):
            yield label, fold, key


def _read_cell(place: CellPlace, checked: bool) -> CellRecord:
    if checked:
        refuse_broken(of_cell(place.done))
    meta = read_json(place.done / "cell.json")
    predictions = read_table(place.done / "predictions.parquet")
    default = predictions.iloc[:0]
    if (place.done / "default.parquet").is_file():
        default = read_table(place.done / "default.parquet")
        default = first_fit(predictions) if default.empty else default
    missing, diagnosed = place.done / "missing.parquet", place.done / "diagnosed.json"
    return CellRecord(
        place.folder.name,
        place.method,
        place.fold,
        meta,
        predictions,
        default,
        missing=read_table(missing) if missing.is_file() else pd.DataFrame(columns=list(MISSING_COLUMNS)),
        diagnosed=read_json(diagnosed) if diagnosed.is_file() else {},
        log=tuple(read_lines(place.done / "log.jsonl")),
    )
