"""Trials: what was tried in every planned cell of a study, whether the cell has ended or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.disk import read_json, read_lines
from bench.place import CellPlace
from bench.store import planned, study_plans

DONE, FAILED, RUNNING = "done", "failed", "in progress"


@dataclass(frozen=True)
class CellTrials:
    """Trials of one cell in the order in which they ended; those of a method that is tuned per outcome name their outcome.

    `state`: done, failed (it may be being tried again) or in progress (also where a run was stopped). `selection`: what chooses a
    trial. `chosen`: the number of the chosen trial by outcome, `all` where they are tuned together; empty until the cell is done.
    """

    dataset: str
    method: str
    fold: int
    state: str
    selection: str
    trials: tuple[Mapping[str, Any], ...]
    chosen: Mapping[str, int]


def read_trials(results: Path, study: str) -> Iterator[CellTrials]:
    """Each planned cell that has ended a trial under the plan as it is now, in the order of the plan; also while a run goes on, of
    which no file is changed. Refuses a study without a record."""
    for folder, plan in study_plans(results, study):
        for method, fold, key in planned(plan):
            state, lines, chosen = _ended(CellPlace(folder, method, fold), key)
            if lines:
                selection = plan["protocol"]["selection"]
                yield CellTrials(folder.name, method, fold, state, selection, tuple(lines), chosen)


def _ended(place: CellPlace, key: str) -> tuple[str, list[dict[str, Any]], Mapping[str, int]]:
    # The unfinished cell first: where it ends meanwhile, its trials lie in the finished one.
    mark = place.partial / "key"
    ours = mark.is_file() and mark.read_text(encoding="utf-8") == key
    lines = read_lines(place.partial / "trials.jsonl", mend=False) if ours else []
    if place.status(key) == "done":
        chosen = read_json(place.done / "cell.json").get("chosen_trial", {})
        return DONE, read_lines(place.done / "trials.jsonl", mend=False), chosen
    return FAILED if place.failed.is_file() else RUNNING, lines, {}
