"""Journal: the trials of a study as Optuna studies, in a file that Optuna and its dashboard read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import BaseJournalBackend, JournalFileBackend
from optuna.trial import FrozenTrial

from bench.running.tuning import frozen
from bench.trials import CellTrials
from datasets.errors import Refused

# Who wrote a line of the journal. Optuna would name its own process, so that the same trials gave other bytes each time.
WRITER = "clinical-mtl-bench"
ALL = "all"


class _Gathered(BaseJournalBackend):
    """Operations kept in memory, so that the file is written in one step."""

    def __init__(self) -> None:
        self.operations: list[dict[str, Any]] = []

    def read_logs(self, log_number_from: int) -> list[dict[str, Any]]:
        return self.operations[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        self.operations += logs


def write(cells: Iterable[CellTrials], path: Path) -> tuple[int, int]:
    """Writes the journal anew, in one step; gives the numbers of Optuna studies and of trials. The same trials give the same bytes.

    Refuses a file that holds anything else than a journal written here, a place that cannot be written, and cells without a trial.
    """
    _refuse_stranger(path)
    gathered = _Gathered()
    storage = JournalStorage(gathered)
    trials = bring_up(storage, cells)
    if not trials:
        raise Refused(
            "no trial of this study has ended yet, so that there is nothing to show. Wait for the first, or run the study."
        )
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        JournalFileBackend(str(draft)).append_logs([operation | {"worker_id": WRITER} for operation in gathered.operations])
        draft.replace(path)
    except OSError as error:
        raise Refused(f"--out {path}: cannot be written ({error.strerror}). Give another file.") from error
    return len(storage.get_all_studies()), trials


def opened(path: Path) -> JournalStorage:
    """The journal as Optuna's storage."""
    return JournalStorage(JournalFileBackend(str(path)))


def bring_up(storage: BaseStorage, cells: Iterable[CellTrials]) -> int:
    """Adds what the storage lacks of these cells: one Optuna study a cell, or an outcome of it where each is tuned on its own,
    named `<dataset>/<method>/fold-<k>[/<outcome>]`. Gives the number of trials added.

    What is higher is better, also of `log_loss`, which is turned. A study's attributes say what its values are, whether its cell is
    done and which trial was chosen; a trial's, how many seconds and epochs it took, what was fixed, and where a loss became NaN
    (diverged).
    """
    added, known = 0, set(optuna.get_all_study_names(storage))
    for cell in cells:
        for outcome in dict.fromkeys(line["outcome"] for line in cell.trials):
            name = f"{cell.dataset}/{cell.method}/fold-{cell.fold}{f'/{outcome}' if outcome else ''}"
            # Asked to create what is there, a journal would note the attempt each time.
            if name not in known:
                optuna.create_study(storage=storage, study_name=name, direction="maximize")
            study = optuna.load_study(storage=storage, study_name=name)
            place = storage.get_study_id_from_name(name)
            lines = [line for line in cell.trials if line["outcome"] == outcome]
            for line in lines[storage.get_n_trials(place) :]:
                storage.create_new_trial(place, _as_trial(line))
                added += 1
            chosen = cell.chosen.get(outcome or ALL)
            said: dict[str, Any] = {"value": cell.selection, "cell": cell.state}
            said |= {} if chosen is None else {"chosen_trial": chosen}
            for key, value in said.items():
                if study.user_attrs.get(key) != value:
                    study.set_user_attr(key, value)
    return added


def _as_trial(line: Mapping[str, Any]) -> FrozenTrial:
    trial = frozen(line)
    # Records of before do not say when a trial began; none is made up.
    began = datetime.fromisoformat(line["began"]) if "began" in line else None
    trial.datetime_start = began
    trial.datetime_complete = None if began is None else began + timedelta(seconds=line["seconds"])
    fixed = {key: value for key, value in line["settings"].items() if key not in line["params"]}
    said = {"seconds": round(line["seconds"], 3), "epochs": len(line["steps"]) or None, "fixed": fixed or None}
    said |= {"default": True if line["number"] == 0 else None, "diverged": True if line["state"] == "diverged" else None}
    trial.user_attrs = {key: value for key, value in said.items() if value is not None}
    return trial


def _refuse_stranger(path: Path) -> None:
    """Refuses to put a journal in the place of what was not written here."""
    if not path.exists():
        return
    try:
        with path.open("rb") as file:
            first = file.readline()
        ours = not first or json.loads(first).get("worker_id") == WRITER
    except (OSError, ValueError, AttributeError):
        ours = False
    if not ours:
        raise Refused(f"--out {path}: holds something that is not a journal of trials written here. Move it, or give another file.")
