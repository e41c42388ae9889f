"""Mended: what is broken in a study's folder, set aside before a run, so that it is made anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from bench.damage import Damage, keep_aside, of_cell, of_plan, of_sealed, of_trials
from bench.protocol.plan import Cell
from bench.running.sign import FILE


def mend_study(study: Path) -> Iterator[str]:
    """Sets a study's broken plans and signs aside, and sweeps drafts that a killed run left; gives a line for each broken file."""
    # Only while the study is held by this run: a draft of another one would be at work.
    for pattern in (".*.json.*", "*/.*.json.*", "*/*/.*.json.*"):
        for draft in study.glob(pattern):
            draft.unlink()
    plans = ((file, of_plan(file)) for file in sorted(study.glob("*/plan.json")))
    sign = [(file, of_sealed(file, ["host", "running"])) for file in study.glob(FILE)]
    for _, found in [*plans, *sign]:
        if found:
            yield _aside(found, found.file, found.file.name) if found.file.is_file() else f"Broken: {found}."


def mend_cells(cells: Iterable[Cell]) -> Iterator[str]:
    """Sets broken records, trials and failures of these cells aside; gives a line for each."""
    for place in (cell.place for cell in cells):
        name = place.done.name
        if place.done.exists() and (found := of_cell(place.done)):
            yield _aside(found, place.done, name) + " Its cell is run again."
        if found := of_trials(place.partial / "trials.jsonl"):
            yield _aside(found, place.partial, name) + " Its trials are run again."
        if place.failed.is_file() and (found := of_sealed(place.failed, ["exception"])):
            yield _aside(found, place.failed, place.failed.name) + " Its cell is run again."


def _aside(found: Damage, path: Path, name: str) -> str:
    return f"Broken: {found}. Kept aside as {keep_aside(path, name).name}."
