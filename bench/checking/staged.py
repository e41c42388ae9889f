"""Staged: a method under check as a cell of a run, with all on disk that a run has there, and by a worker of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.compact import write_table
from bench.damage import read_table
from bench.place import CellPlace
from bench.protocol.fingerprint import cell_key, source_hash
from bench.protocol.plan import Cell
from bench.protocol.split import split_hash
from bench.protocol.study import read_study
from bench.running.executors.local import Local
from datasets import Cohort, cache
from datasets.cohort import whole
from methods.contract.broken import ContractBrokenError
from methods.contract.probe import Probe
from methods.registry import Entry

STUDY = "quick"
# One trial and one final fit are two fits, of which the second is asked for valid and for test.
BUDGET: Mapping[str, Any] = {"trials": 1, "seeds": 1, "diagnostics": "none", "defaults": False, "patients": None}
NEIGHBOUR = "logistic"


def altered(probe: Probe) -> Probe:
    """The probe with the outcomes of test turned round, and with others in place of the later half of its patients."""
    test = probe.test
    half = len(test) // 2
    stay, come = np.arange(half), np.arange(len(test) - half) % half
    patient = np.concatenate([test.patient[stay], test.patient.max() + 1 + test.patient[come]])
    others = replace(test.take(np.concatenate([stay, come])), patient=patient)
    return replace(probe, test=replace(others, outcomes=test.outcomes.rsub(1)))


def ended(
    probes: Sequence[Probe], entry: Entry, settings: Mapping[str, Any], files: Sequence[str], home: Path
) -> list[pd.DataFrame]:
    """What a run of the method on each probe predicts for valid and test, side by side; raises ContractBrokenError where its cell
    fails. `files`: plug-ins. `home`: an empty folder."""

    def end(place: Path, probe: Probe) -> pd.DataFrame:
        cell = _cell(place, probe, entry, settings, files)
        outcome = Local(1, environment={**os.environ, "CLINICAL_MTL_CACHE": str(place / "cache")}).submit(cell, _unheard)
        if outcome.status != "done":
            raise ContractBrokenError(f"its cell fails in a run: {outcome.reason}.")
        return read_table(cell.place.done / "predictions.parquet")

    with ThreadPoolExecutor(len(probes)) as pool:
        return list(pool.map(end, [home / str(number) for number in range(len(probes))], probes))


def _cell(home: Path, probe: Probe, entry: Entry, settings: Mapping[str, Any], files: Sequence[str]) -> Cell:
    """The one cell of a study in a folder: cohort, split and a neighbour that is done, where a run would have them."""
    outcomes = tuple(dict.fromkeys((*probe.few, *probe.coins)))[:3]
    cohort = whole(side.only(*outcomes) for side in (probe.train, probe.valid, probe.test))
    name = cohort.card.name
    folder, local = home / "results" / STUDY / name, home / "cache" / f"{name}-{split_hash(_sides(probe))[:16]}"
    cache.write([cohort], local)
    folder.mkdir(parents=True)
    write_table(folder / "split.parquet", _sides(probe))
    protocol = read_study(STUDY).protocol.model_copy(update=dict(BUDGET))
    told = {
        "dataset": name,
        "protocol": protocol.said(),
        "cohort_hash": cache.stored_hash(local),
        "split_hash": split_hash(_sides(probe)),
        "outcomes": list(outcomes),
        "method": entry.name,
        "name": entry.name,
        "set": dict(settings),
        "fold": 0,
    }
    _neighbour(folder, probe, cohort)
    return Cell(
        place=CellPlace(folder, entry.name, 0),
        key=cell_key(told, source_hash(entry.sources)),
        train=len(probe.train),
        effort=1.0,
        settings=told,
        cohort=local,
        split=folder / "split.parquet",
        plugins=tuple(files),
        origin={"name": name, "set": {}, "patients": None, "known": None},
    )


def _sides(probe: Probe) -> pd.DataFrame:
    """The split: row, patient, fold, side."""
    sides = {"train": probe.train, "valid": probe.valid, "test": probe.test}
    return pd.DataFrame(
        {
            "row": np.arange(sum(map(len, sides.values()))),
            "patient": np.concatenate([side.patient for side in sides.values()]),
            "fold": 0,
            "side": [name for name, side in sides.items() for _ in range(len(side))],
        }
    )


def _neighbour(folder: Path, probe: Probe, cohort: Cohort) -> None:
    """The record of another method, which tells the outcomes of test, as one that was run before does; and the true factors of a
    synthetic cohort, as which they stand here."""
    place = CellPlace(folder, f"{NEIGHBOUR}_before", 0)
    place.begin("before")
    sides = _sides(probe).iloc[len(probe.train) :]
    lines = [
        pd.DataFrame(
            {
                "row": sides["row"],
                "patient": sides["patient"].astype(np.int64),
                "side": sides["side"],
                "outcome": str(name),
                "seed": 0,
                "y": y.to_numpy()[sides["row"]],
                "p": 0.5,
            }
        )
        for name, y in cohort.outcomes.items()
    ]
    place.finish({"key": "before", "method": place.method, "fold": 0}, pd.concat(lines, ignore_index=True), None)
    write_table(folder / "factors.parquet", cohort.outcomes.assign(row=np.arange(len(cohort))))


def _unheard(_: str) -> None:
    """A step of which nobody hears."""
